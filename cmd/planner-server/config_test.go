package main

import (
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

func TestPrecedence(t *testing.T) {
	preset := config{listen: "127.0.0.1:7070", logLevel: zapcore.InfoLevel, logFormat: "json", drainTimeout: 30 * time.Second}
	tests := map[string]struct {
		env    map[string]string
		args   []string
		change func(*config)
	}{
		"defaults": {nil, nil, func(*config) {}},
		"environment": {
			map[string]string{
				"PLANNER_LISTEN": "[::1]:0", "PLANNER_LOG_LEVEL": "debug", "PLANNER_LOG_FORMAT": "console",
				"PLANNER_DRAIN_TIMEOUT": "1m",
			},
			nil,
			func(c *config) { *c = config{"[::1]:0", zapcore.DebugLevel, "console", time.Minute, false} },
		},
		"flags": {
			nil,
			[]string{"--listen=:1", "-log-level", "warn", "--log-format", "console", "--drain-timeout", "0s"},
			func(c *config) { *c = config{":1", zapcore.WarnLevel, "console", 0, false} },
		},
		"a flag wins over the environment": {
			map[string]string{"PLANNER_LISTEN": "h:1", "PLANNER_LOG_LEVEL": "error"},
			[]string{"--listen", "h:2"},
			func(c *config) { c.listen, c.logLevel = "h:2", zapcore.ErrorLevel },
		},
		"a flag with the default wins too": {
			map[string]string{"PLANNER_LOG_LEVEL": "error"},
			[]string{"--log-level", "info"},
			func(*config) {},
		},
		"a flag wins over nonsense in the environment": {
			map[string]string{"PLANNER_LISTEN": "nonsense"},
			[]string{"--listen", "h:2"},
			func(c *config) { c.listen = "h:2" },
		},
		"an empty variable counts as unset": {
			map[string]string{"PLANNER_LISTEN": ""}, nil, func(*config) {},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parse(test.args, func(name string) (string, bool) {
				value, ok := test.env[name]
				return value, ok
			})
			if err != nil {
				t.Fatal(err)
			}
			want := preset
			test.change(&want)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
