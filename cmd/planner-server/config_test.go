package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/pgplanner/pgplanner/internal/server/listen"
)

// presets are the defaults.
func presets(t *testing.T) config {
	t.Helper()
	cfg, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func tcp(address string) listen.Endpoint { return listen.Endpoint{Network: "tcp", Address: address} }

func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "planner.yaml")
	text := "listen: [127.0.0.1:3, 'unix:///run/p.sock']\nlog-level: warn\ndrain-timeout: 3s\nmax-nodes: 7\npprof: true\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile := func(c *config) {
		c.file = file
		c.listen = []listen.Endpoint{tcp("127.0.0.1:3"), {Network: "unix", Address: "/run/p.sock"}}
		c.logLevel, c.drainTimeout, c.server.Limits.MaxNodes, c.pprof = zapcore.WarnLevel, 3*time.Second, 7, true
	}
	for name, test := range map[string]struct {
		env    map[string]string
		args   []string
		change func(*config)
	}{
		"defaults": {nil, nil, func(*config) {}},
		"environment": {
			map[string]string{"PLANNER_LISTEN": "[::1]:0, unix:x", "PLANNER_LOG_LEVEL": "debug", "PLANNER_DRAIN_TIMEOUT": "1m"},
			nil,
			func(c *config) {
				c.listen = []listen.Endpoint{tcp("[::1]:0"), {Network: "unix", Address: "x"}}
				c.logLevel, c.drainTimeout = zapcore.DebugLevel, time.Minute
			},
		},
		"flags": {
			nil,
			[]string{"--listen=127.0.0.1:1", "--listen", "localhost:2", "-log-format", "console", "--reflection=false"},
			func(c *config) {
				c.listen = []listen.Endpoint{tcp("127.0.0.1:1"), tcp("localhost:2")}
				c.logFormat, c.reflection = "console", false
			},
		},
		"file":                      {nil, []string{"--config", file}, fromFile},
		"file from the environment": {map[string]string{"PLANNER_CONFIG": file}, nil, fromFile},
		"the environment wins over the file, flags over both": {
			map[string]string{"PLANNER_LOG_LEVEL": "error", "PLANNER_MAX_NODES": "8"},
			[]string{"--config", file, "--max-nodes", "9"},
			func(c *config) {
				fromFile(c)
				c.logLevel, c.server.Limits.MaxNodes = zapcore.ErrorLevel, 9
			},
		},
		"a flag with the default wins too": {
			map[string]string{"PLANNER_LOG_LEVEL": "error"}, []string{"--log-level", "info"}, func(*config) {},
		},
		"an empty variable counts as unset": {map[string]string{"PLANNER_LISTEN": ""}, nil, func(*config) {}},
		"the admin listener is off":         {nil, []string{"--admin-listen", "off"}, func(c *config) { c.admin = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			want := presets(t)
			for key, value := range test.env {
				t.Setenv(key, value)
			}
			got, err := parse(test.args)
			if err != nil {
				t.Fatal(err)
			}
			test.change(&want)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestNetworkNeedsIdentity shows that nothing that other machines can reach is served without asking who calls,
// unless a flag says so.
func TestNetworkNeedsIdentity(t *testing.T) {
	for args, want := range map[string]string{
		"--listen :7070": "other machines can reach tcp://:7070",
		"--listen 127.0.0.1:1 --listen 10.0.0.1:1":                                   "other machines can reach tcp://10.0.0.1:1",
		"--listen :7070 --tls-cert c --tls-key k":                                    "tls-client-ca or token-file",
		"--listen :7070 --token-file t":                                              "in the clear",
		"--listen :7070 --allow-unauthenticated-network":                             "",
		"--listen :7070 --tls-cert c --tls-key k --token-file t":                     "",
		"--listen :7070 --tls-cert c --tls-key k --tls-client-ca a --allow-client x": "",
		"--listen unix:p --listen 127.0.0.1:1 --listen [::1]:1 --listen localhost:1": "",
		"--tls-cert c":      "tls-cert and tls-key go together",
		"--tls-client-ca c": "needs tls-cert",
		"--tls-cert c --tls-key k --allow-client x": "needs tls-client-ca",
	} {
		_, err := parse(strings.Fields(args))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}

func TestFileRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"lisen: x":            `"lisen" not defined`,
		"log-level: loud":     "want debug, info, warn or error",
		"listen: [a]":         "is no address",
		"max-nodes: -1":       "want a number",
		"listen: {a: b}":      "not defined",
		"- no map":            "YAML",
		"pprof: perhaps":      "pprof",
		"socket-mode: '9'":    "octal",
		"socket-mode: 0660":   "in quotes",
		"socket-mode: 0600":   "in quotes",
		"socket-mode: 0777":   "in quotes",
		"socket-mode: '0060'": "owner",

		"max-request-bytes: 134217729": "at least twice max-request-bytes",
	} {
		file := filepath.Join(t.TempDir(), "planner.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := parse([]string{"--config", file}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := parse([]string{"--config", "/nowhere.yaml"}); err == nil {
		t.Error("took a file that is not there")
	}
}
