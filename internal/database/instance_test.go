package database_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
)

func TestInstanceValidate(t *testing.T) {
	const secret = "hunter2"
	tests := map[string]struct {
		settings, connectionInfo string
		want                     *database.InstanceFieldError // nil: valid
	}{
		"nothing":                       {},
		"empty objects":                 {settings: `{}`, connectionInfo: `{}`},
		"own key inside another member": {settings: `{"outer":{"node_name":"x"}}`},
		"own key in other letters":      {settings: `{"Node_Name":"x","node_names":"x"}`},
		"settings with a reserved key": {
			settings: `{"zone":"a","node_name":"` + secret + `"}`,
			want:     &database.InstanceFieldError{InstanceID: "i1", Field: "settings", Key: "node_name"},
		},
		"reserved key in disguise": {
			settings: `{"host\u005fid":"` + secret + `"}`,
			want:     &database.InstanceFieldError{InstanceID: "i1", Field: "settings", Key: "host_id"},
		},
		"settings that are an array": {
			settings: `["` + secret + `"]`,
			want:     &database.InstanceFieldError{InstanceID: "i1", Field: "settings"},
		},
		"settings that are null": {
			settings: `null`,
			want:     &database.InstanceFieldError{InstanceID: "i1", Field: "settings"},
		},
		"settings that are not JSON": {
			settings: `{"password":` + secret,
			want:     &database.InstanceFieldError{InstanceID: "i1", Field: "settings"},
		},
		"connection info that is a string": {
			connectionInfo: `"` + secret + `"`,
			want:           &database.InstanceFieldError{InstanceID: "i1", Field: "connection_info"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			instance := database.Instance{
				Spec:           database.InstanceSpec{InstanceID: "i1", Settings: json.RawMessage(test.settings)},
				ConnectionInfo: json.RawMessage(test.connectionInfo),
			}
			err := instance.Validate(nil)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if r := instance.Resource(nil); !json.Valid(r.Attributes) {
					t.Errorf("not JSON: %s", r.Attributes)
				}
				return
			}
			var got *database.InstanceFieldError
			if !errors.As(err, &got) || *got != *test.want {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("a value is in the error: %v", err)
			}
		})
	}
}

// TestInstanceRefusesToLoseSettings: attributes without the settings would be a valid wish to take them
// away from a running server.
func TestInstanceRefusesToLoseSettings(t *testing.T) {
	defer func() {
		var want *database.InstanceFieldError
		if err, ok := recover().(error); !ok || !errors.As(err, &want) {
			t.Errorf("recovered %v, want an InstanceFieldError", err)
		}
	}()
	r := database.Instance{Spec: database.InstanceSpec{Settings: json.RawMessage(`[]`)}}.Resource(nil)
	t.Errorf("made %s", r.Attributes)
}
