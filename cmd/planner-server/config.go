package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3"
	"github.com/peterbourgon/ff/v3/ffyaml"
	"go.uber.org/zap/zapcore"

	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/server/admission"
	"github.com/pgplanner/pgplanner/internal/server/identity"
	"github.com/pgplanner/pgplanner/internal/server/listen"
)

// config is what the flags, the environment and the configuration file say.
type config struct {
	file string

	listen      []listen.Endpoint
	socketMode  fs.FileMode
	admin       string // empty: off
	pprof       bool
	reflection  bool
	verify      bool
	insecureNet bool

	tls       identity.TLSFiles
	policy    identity.Policy
	tokenFile string

	server      server.Config
	memoryRatio float64
	heapFloor   string // has no effect

	traceEndpoint string
	traceInsecure bool
	logLevel      zapcore.Level
	logFormat     string

	drainDelay, drainTimeout time.Duration
}

const envPrefix = "PLANNER"

// adminOff turns the admin listener off.
const adminOff = "off"

// errHelp says that help was asked for.
var errHelp = errors.New("help was asked for")

// newFlags defines the flags. Their values go to cfg, which holds the defaults afterwards.
func newFlags(cfg *config) *flag.FlagSet {
	fs := flag.NewFlagSet("planner-server", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints errors and help
	fs.StringVar(&cfg.file, "config", "", "`FILE` in YAML with flags as keys; the environment and flags win over it")
	listenFlags(fs, cfg)
	identityFlags(fs, cfg)
	limitFlags(fs, cfg)
	define(fs, &cfg.logLevel, "log-level", "info", parseLevel,
		"least `LEVEL` that is logged: debug, info, warn or error; calls are logged at info")
	define(fs, &cfg.logFormat, "log-format", formatJSON, parseFormat, "`FORMAT` of the log on standard error: json or console")
	fs.StringVar(&cfg.traceEndpoint, "trace-endpoint", "", "`HOST:PORT` of an OTLP gRPC collector that gets traces; empty: none")
	fs.BoolVar(&cfg.traceInsecure, "trace-insecure", false, "send traces without TLS")
	define(fs, &cfg.drainDelay, "drain-delay", "0s", parseDuration,
		"`DURATION` of going on to serve after SIGTERM with health at NOT_SERVING, so that load balancers notice")
	define(fs, &cfg.drainTimeout, "drain-timeout", "30s", parseDuration,
		"how long calls in flight may take to finish after that, as a `DURATION` such as 30s")
	return fs
}

func listenFlags(fs *flag.FlagSet, cfg *config) {
	defineList(fs, &cfg.listen, "listen", "tcp://127.0.0.1:7070", listen.Parse,
		"`ADDRESS` to serve on: HOST:PORT, tcp://HOST:PORT or unix:///PATH; port 0 takes a free one; may be repeated")
	define(fs, &cfg.socketMode, "socket-mode", "0600", parseMode, "`MODE` of unix sockets, in octal")
	define(fs, &cfg.admin, "admin-listen", "127.0.0.1:7071", parseAdmin,
		"`HOST:PORT` of the HTTP listener for /metrics, /healthz, /readyz and /version; off turns it off")
	fs.BoolVar(&cfg.pprof, "pprof", false, "serve /debug/pprof on the admin listener")
	fs.BoolVar(&cfg.reflection, "reflection", true, "serve reflection, so that grpcurl needs no files")
	fs.BoolVar(&cfg.verify, "verify", true, "judge every answer by the rules of planning before it is sent")
	fs.BoolVar(&cfg.insecureNet, "allow-unauthenticated-network", false,
		"serve addresses that other machines can reach without asking callers who they are")
}

func identityFlags(fs *flag.FlagSet, cfg *config) {
	fs.StringVar(&cfg.tls.CertFile, "tls-cert", "", "`FILE` with the server's certificate chain, PEM; TLS 1.3 for all TCP listeners")
	fs.StringVar(&cfg.tls.KeyFile, "tls-key", "", "`FILE` with its private key, PEM")
	fs.StringVar(&cfg.tls.ClientCAFile, "tls-client-ca", "", "`FILE` with the CAs of client certificates, PEM; asks callers for one")
	define(fs, &cfg.tls.RefreshInterval, "tls-refresh", "10s", parsePositive, "`DURATION` after which these files, and the tokens, are read again")
	defineList(fs, &cfg.policy.AllowedNames, "allow-client", "", parseName,
		"`NAME` that a client certificate may have: a DNS name or URI among its SANs; may be repeated; default all")
	fs.StringVar(&cfg.tokenFile, "token-file", "", "`FILE` with bearer tokens that are let in, one on each line")
	defineList(fs, &cfg.policy.AllowedUsers, "allow-uid", "", parseID, "user `ID` that may call over unix sockets; may be repeated; default all")
	defineList(fs, &cfg.policy.AllowedGroups, "allow-gid", "", parseID, "group `ID` that may call over unix sockets; may be repeated; default all")
}

func limitFlags(fs *flag.FlagSet, cfg *config) {
	l := &cfg.server.Limits
	number := func(to *int, name string, preset int, usage string) {
		define(fs, to, name, fmt.Sprint(preset), parseCount[int], usage)
	}
	bytes := func(to *int64, name string, preset int64, usage string) {
		define(fs, to, name, fmt.Sprint(preset), parseBytes, usage)
	}
	number(&cfg.server.MaxRequestBytes, "max-request-bytes", server.DefaultMaxRequestBytes, "largest request, in `BYTES`")
	number(&l.MaxResources, "max-resources", admission.DefaultMaxResources, "most resources in a request, a `NUMBER`")
	number(&l.MaxNodes, "max-nodes", admission.DefaultMaxNodes, "most nodes in a request, a `NUMBER`")
	number(&l.MaxJSONDepth, "max-json-depth", admission.DefaultMaxJSONDepth, "deepest nesting of attributes, a `NUMBER`")
	number(&l.MaxAttributeBytes, "max-attribute-bytes", admission.DefaultMaxAttributeBytes, "longest attributes of a resource, in `BYTES`")
	define(fs, &l.ConcurrentPlans, "max-concurrent-plans", "0", parseCountOrZero,
		"requests planned at a time, a `NUMBER`; 0: one for each processor, at least 2")
	number(&l.QueuedPlans, "max-queued-plans", admission.DefaultQueuedPlans, "requests that wait for their turn, a `NUMBER`")
	define(fs, &l.QueueTime, "queue-timeout", admission.DefaultQueueTime.String(), parsePositive, "longest wait for its turn, a `DURATION`")
	number(&l.SmallRequestBytes, "small-request-bytes", admission.DefaultSmallRequestBytes, "`BYTES` up to which a request has places of its own")
	bytes(&l.RequestBytesInFlight, "max-request-bytes-in-flight", admission.DefaultRequestBytesInFlight, "memory of all requests at a time, in `BYTES`")
	bytes(&l.RequestBytesArriving, "max-request-bytes-arriving", admission.DefaultRequestBytesArriving, "requests that are still arriving at a time, in `BYTES`")
	bytes(&l.ResponseBytesInFlight, "max-response-bytes-in-flight", admission.DefaultResponseBytesInFlight, "unsent answers at a time, in `BYTES`")
	number(&l.MaxConnections, "max-connections", admission.DefaultMaxConnections, "most connections, a `NUMBER`")
	define(fs, &cfg.server.MaxConcurrentStreams, "max-streams-per-connection", fmt.Sprint(server.DefaultMaxConcurrentStreams), parseCount[uint32],
		"most calls of a connection at a time, a `NUMBER`")
	define(fs, &cfg.server.MaxConnectionAge, "max-connection-age", "0s", parseDuration,
		"`DURATION` after which clients are asked to connect anew, while their calls go on; 0: never")
	define(fs, &l.CallTime, "call-timeout", admission.DefaultCallTime.String(), parsePositive, "longest call, a `DURATION`, whatever deadline its caller sets")
	define(fs, &l.SendTime, "send-timeout", admission.DefaultSendTime.String(), parsePositive, "longest wait for a caller to read a message, a `DURATION`")
	define(fs, &cfg.memoryRatio, "memory-limit-ratio", "0.9", parseRatio,
		"share of the container's memory after which garbage is collected harder, a `NUMBER`; 0: no limit")
	fs.StringVar(&cfg.heapFloor, "heap-floor-bytes", "", "deprecated, without effect: set the variable GOGC instead of `BYTES`")
}

// parse reads the configuration: flags first, then the environment, then the file. Unknown names and bad
// values are errors, wherever they stand.
func parse(args []string) (config, error) {
	var cfg config
	flags := newFlags(&cfg)
	err := ff.Parse(flags, args,
		ff.WithEnvVarPrefix(envPrefix), ff.WithEnvVarSplit(","),
		ff.WithConfigFileFlag("config"), ff.WithConfigFileParser(ffyaml.Parser))
	switch {
	case errors.Is(err, flag.ErrHelp):
		return cfg, errHelp
	case err != nil:
		return cfg, err
	case flags.NArg() > 0:
		return cfg, fmt.Errorf("unexpected argument %q: the commands are %s, %s, %s and %s, and come before all flags",
			flags.Arg(0), commandCheck, commandHealth, commandHelp, commandVersion)
	}
	return cfg, cfg.check()
}

// check refuses values that do not fit together.
func (c config) check() error {
	switch {
	case (c.tls.CertFile == "") != (c.tls.KeyFile == ""):
		return errors.New("tls-cert and tls-key go together")
	case c.tls.ClientCAFile != "" && c.tls.CertFile == "":
		return errors.New("tls-client-ca needs tls-cert and tls-key")
	case len(c.policy.AllowedNames) > 0 && c.tls.ClientCAFile == "":
		return errors.New("allow-client needs tls-client-ca")
	case c.server.Limits.RequestBytesArriving/2 < int64(c.server.MaxRequestBytes):
		return errors.New("max-request-bytes-arriving is to be at least twice max-request-bytes")
	}
	remote := slices.IndexFunc(c.listen, func(e listen.Endpoint) bool { return !e.Local() })
	if remote < 0 || c.insecureNet {
		return nil
	}
	where := c.listen[remote]
	switch {
	case c.tls.ClientCAFile == "" && c.tokenFile == "":
		return fmt.Errorf("other machines can reach %s: ask callers who they are with tls-client-ca or token-file, "+
			"or say allow-unauthenticated-network", where)
	case c.tls.CertFile == "":
		return fmt.Errorf("other machines can reach %s, and tokens would be sent in the clear: set tls-cert and tls-key, "+
			"or say allow-unauthenticated-network", where)
	}
	return nil
}

func parseAdmin(text string) (string, error) {
	if text == adminOff {
		return "", nil
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return "", errors.New("want HOST:PORT, or off")
	}
	return text, listen.CheckPort(text)
}

// envName is the environment variable of a flag.
func envName(name string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// helpText names every flag with its environment variable and default.
func helpText() string {
	var b strings.Builder
	b.WriteString(`planner-server plans changes of multi-node Postgres databases, over gRPC.

Usage: planner-server [flags]                serve until SIGTERM or SIGINT
       planner-server check-config [flags]   check the configuration, and the files it names, and exit
       planner-server health [flags]         ask the server that has this configuration whether it serves
       planner-server version                print the version and exit; so does --version
       planner-server help                   print this and exit; so does --help

Every flag can also be set by its environment variable (lists with commas in between) or as a key of the
configuration file. A flag wins over the environment, and that over the file.

`)
	newFlags(&config{}).VisitAll(func(f *flag.Flag) {
		placeholder, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "  --%s", f.Name)
		if placeholder != "" && placeholder != "value" {
			fmt.Fprintf(&b, " %s", placeholder)
		}
		fmt.Fprintf(&b, "\n        %s\n        ", usage)
		if f.DefValue != "" {
			fmt.Fprintf(&b, "default %s, ", f.DefValue)
		}
		fmt.Fprintf(&b, "environment %s\n", envName(f.Name))
	})
	b.WriteString(`
Exit codes: 0 after a clean stop, 1 if it could not serve or had to cut off calls, 2 for a bad configuration.
`)
	return b.String()
}
