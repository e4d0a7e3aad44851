package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"
)

// config is what the flags and the environment say.
type config struct {
	listen       string
	logLevel     zapcore.Level
	logFormat    string
	drainTimeout time.Duration
	version      bool
}

// The log formats.
const (
	formatJSON    = "json"
	formatConsole = "console"
)

const envPrefix = "PLANNER_"

// lookupEnv is os.LookupEnv.
type lookupEnv func(string) (string, bool)

// errHelp says that help was asked for.
var errHelp = errors.New("help was asked for")

// newFlags defines the flags. Their values go to cfg, which holds the defaults afterwards.
func newFlags(cfg *config) *flag.FlagSet {
	fs := flag.NewFlagSet("planner-server", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints errors and help
	define(fs, &cfg.listen, "listen", "127.0.0.1:7070", parseListen,
		"address to serve on, as `HOST:PORT`; port 0 takes a free one, an empty host all interfaces")
	define(fs, &cfg.logLevel, "log-level", "info", parseLevel,
		"least `LEVEL` that is logged: debug, info, warn or error; calls are logged at info")
	define(fs, &cfg.logFormat, "log-format", formatJSON, parseFormat,
		"`FORMAT` of the log on standard error: json or console")
	define(fs, &cfg.drainTimeout, "drain-timeout", "30s", parseTimeout,
		"how long calls in flight may take to finish after SIGTERM or SIGINT, as a `DURATION` such as 30s")
	fs.BoolVar(&cfg.version, "version", false, "print the version and exit; has no environment variable")
	return fs
}

// parse reads flags, and for those that are not given, the environment. The error is errHelp, or says what is
// wrong and where.
func parse(args []string, env lookupEnv) (config, error) {
	var cfg config
	fs := newFlags(&cfg)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return cfg, errHelp
		}
		return cfg, err
	}
	if fs.NArg() > 0 {
		return cfg, fmt.Errorf("unexpected argument %q: there are only flags", fs.Arg(0))
	}
	if cfg.version {
		return cfg, nil
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var err error
	fs.VisitAll(func(f *flag.Flag) {
		name, has := envName(f.Name)
		if value, set := env(name); has && set && value != "" && !given[f.Name] && err == nil {
			if bad := f.Value.Set(value); bad != nil {
				err = fmt.Errorf("invalid value %q for environment variable %s: %w", value, name, bad)
			}
		}
	})
	return cfg, err
}

// envName is the environment variable of a flag. --version has none: deployments like to keep a version there.
func envName(name string) (string, bool) {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_")), name != "version"
}

// value is a flag whose text is parsed by a function.
type value[T any] struct {
	to    *T
	text  string
	parse func(string) (T, error)
}

func define[T any](fs *flag.FlagSet, to *T, name, preset string, parse func(string) (T, error), usage string) {
	v := &value[T]{to: to, parse: parse}
	if err := v.Set(preset); err != nil {
		panic(err) // a default that its own flag refuses
	}
	fs.Var(v, name, usage)
}

func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err == nil {
		*v.to, v.text = parsed, text
	}
	return err
}

func (v *value[T]) String() string { return v.text }

func parseListen(text string) (string, error) {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", errors.New("want HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", errors.New("want a port from 0 to 65535")
	}
	return text, nil
}

func parseLevel(text string) (zapcore.Level, error) {
	switch text {
	case "debug":
		return zapcore.DebugLevel, nil
	case "info":
		return zapcore.InfoLevel, nil
	case "warn":
		return zapcore.WarnLevel, nil
	case "error":
		return zapcore.ErrorLevel, nil
	}
	return 0, errors.New("want debug, info, warn or error")
}

func parseFormat(text string) (string, error) {
	if text != formatJSON && text != formatConsole {
		return "", errors.New("want json or console")
	}
	return text, nil
}

func parseTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("want a duration that is not negative, such as 30s")
	}
	return d, nil
}

// helpText names every flag with its environment variable and default.
func helpText() string {
	var cfg config
	var b strings.Builder
	b.WriteString(`planner-server plans changes of multi-node Postgres databases, over gRPC.

Usage: planner-server [flags]

Every flag can also be set by its environment variable; the flag wins.

`)
	newFlags(&cfg).VisitAll(func(f *flag.Flag) {
		placeholder, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "  --%s", f.Name)
		if placeholder != "" {
			fmt.Fprintf(&b, " %s", placeholder)
		}
		fmt.Fprintf(&b, "\n        %s\n", usage)
		if name, has := envName(f.Name); has {
			fmt.Fprintf(&b, "        default %s, environment %s\n", f.DefValue, name)
		}
	})
	b.WriteString(`  --help
        print this and exit

Exit codes: 0 after a clean stop, 1 if it could not serve or had to cut off calls, 2 for bad flags.
`)
	return b.String()
}
