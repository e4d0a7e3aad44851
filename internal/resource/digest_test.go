package resource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// digestPlans are plans with all that a digest has to look at.
func digestPlans() []Plan {
	instance := &Resource{
		Identifier:       Identifier{Type: "database.instance", ID: "n1-\"1\""},
		Executor:         Executor{Type: ExecutorHost, ID: "host-1"},
		Attributes:       json.RawMessage(` { "port": 5432.0, "name": "\u00e4\/\u0001", "big": 9007199254740993, "a": [1.50, null] } `),
		Dependencies:     []Identifier{{"dir", "z"}, {"dir", "a"}},
		TypeDependencies: []Type{"network"},
		DiffIgnore:       []string{"/connection_info", "/~1"},
		ResourceVersion:  "1",
		NeedsRecreate:    true,
		PendingDeletion:  true,
		Error:            "no\tspace",
	}
	bare := &Resource{Identifier: Identifier{"dir", "a"}, Executor: Executor{Type: ExecutorAny}}
	return []Plan{
		{Phases: []Phase{
			{Events: []Event{{
				Type: EventUpdate, Resource: instance, Reason: ReasonDependencyUpdated,
				Diff: []jsontext.Operation{
					{Op: "replace", Path: "/port", Value: json.RawMessage(` 5432.00 `)},
					{Op: "move", Path: "/x", From: "/y"},
				},
				CausedBy: []Identifier{{"dir", "a"}},
			}}},
			{Events: []Event{
				{Type: EventDelete, Resource: bare, Reason: ReasonNotDesired},
				{Type: EventRefresh, Resource: bare},
			}},
		}},
		{Phases: []Phase{}},
	}
}

// digestText is what is hashed for digestPlans, in lines that are joined without anything between them.
var digestText = strings.Join([]string{
	`[[[{"caused_by":["dir::a"],`,
	`"diff":[{"from":"","op":"replace","path":"/port","value":5432},{"from":"/y","op":"move","path":"/x","value":null}],`,
	`"reason":"dependency_updated",`,
	`"resource":{"attributes":{"a":[15e-1,null],"big":9007199254740993,"name":"ä/\u0001","port":5432},`,
	`"dependencies":["dir::z","dir::a"],"diff_ignore":["/connection_info","/~1"],"error":"no\tspace",`,
	`"executor":{"id":"host-1","type":"host"},"identifier":"database.instance::n1-\"1\"",`,
	`"needs_recreate":true,"pending_deletion":true,"resource_version":"1","type_dependencies":["network"]},`,
	`"type":"update"}],`,
	`[{"caused_by":[],"diff":[],"reason":"not_desired",`,
	`"resource":{"attributes":{},"dependencies":[],"diff_ignore":[],"error":"",`,
	`"executor":{"id":"","type":"any"},"identifier":"dir::a",`,
	`"needs_recreate":false,"pending_deletion":false,"resource_version":"","type_dependencies":[]},`,
	`"type":"delete"},`,
	`{"caused_by":[],"diff":[],"reason":"",`,
	`"resource":{"attributes":{},"dependencies":[],"diff_ignore":[],"error":"",`,
	`"executor":{"id":"","type":"any"},"identifier":"dir::a",`,
	`"needs_recreate":false,"pending_deletion":false,"resource_version":"","type_dependencies":[]},`,
	`"type":"refresh"}]],[]]`,
}, "")

// digestOf is the digest of a text.
func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestWordsOfAForget(t *testing.T) {
	bare := &Resource{Identifier: Identifier{"dir", "a"}, Executor: Executor{Type: ExecutorAny}}
	forget := []Plan{{Phases: []Phase{{Events: []Event{{Type: EventForget, Resource: bare, Reason: ReasonHostLost}}}}}}
	text := `[[[{"caused_by":[],"diff":[],"reason":"host_lost",` +
		`"resource":{"attributes":{},"dependencies":[],"diff_ignore":[],"error":"",` +
		`"executor":{"id":"","type":"any"},"identifier":"dir::a",` +
		`"needs_recreate":false,"pending_deletion":false,"resource_version":"","type_dependencies":[]},"type":"forget"}]]]`
	if got := digest(forget); got != digestOf(text) {
		t.Errorf("the digest is %s, not %s", got, digestOf(text))
	}
}

func TestDigestIsThatOfTheDocumentedText(t *testing.T) {
	if got := digest(digestPlans()); got != digestOf(digestText) {
		t.Errorf("the digest is %s, not %s", got, digestOf(digestText))
	}
	// The same by value: clients that have stored digests rely on it. Python says so too.
	const golden = "75e55b9fd436549dc955ce72a6cb78b4d3579aa163b5aae3d2fc52ed6632227f"
	if got := digest(digestPlans()); got != golden {
		t.Errorf("the digest is %s, not %s", got, golden)
	}
	for _, none := range [][]Plan{nil, {}} {
		if got := digest(none); got != digestOf("[]") {
			t.Errorf("the digest of no plans is %s", got)
		}
	}
}

// TestDigestOfTypesAsCauses: they stand behind the identifiers, so that plans without any keep their digest.
func TestDigestOfTypesAsCauses(t *testing.T) {
	for _, causes := range []struct {
		ids   []Identifier
		types []Type
		text  string
	}{
		{[]Identifier{{"dir", "a"}}, []Type{"file", "network"}, `["dir::a","file","network"]`},
		{nil, []Type{"network"}, `["network"]`},
		{[]Identifier{{"dir", "a"}, {"dir", "b"}}, nil, `["dir::a","dir::b"]`},
	} {
		plans := digestPlans()
		plans[0].Phases[0].Events[0].CausedBy, plans[0].Phases[0].Events[0].CausedByTypes = causes.ids, causes.types
		if text := strings.Replace(digestText, `["dir::a"]`, causes.text, 1); digest(plans) != digestOf(text) {
			t.Errorf("the digest is not that of %s", text)
		}
	}
}

func TestDigestDoesNotDependOnTheSpellingOfJSON(t *testing.T) {
	plans := digestPlans()
	event := &plans[0].Phases[0].Events[0]
	event.Resource.Attributes = json.RawMessage(`{"a":[15E-1,null],"big":9007199254740993,"name":"ä/\u0001","port":5.432e3}`)
	event.Diff[0].Value = json.RawMessage(`5432`)
	if digest(plans) != digestOf(digestText) {
		t.Error("it does")
	}
}

// TestDigestSeesEveryField changes one field after the other, those added later included.
func TestDigestSeesEveryField(t *testing.T) {
	var seen []string
	change := func(name string, v reflect.Value, digest func() string) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		first := digest()
		switch v.Kind() {
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Uint8:
			v.SetUint(v.Uint() ^ 1)
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				v.SetBytes([]byte(`{"changed":1}`))
			} else {
				more := reflect.New(v.Type().Elem()).Elem()
				if more.Type() == reflect.TypeFor[Event]() {
					more.Set(reflect.ValueOf(Event{Resource: &Resource{}}))
				}
				v.Set(reflect.Append(v, more))
			}
		default:
			t.Fatalf("teach the test to change %s", name)
		}
		if digest() == first {
			t.Errorf("a change of %s does not change the digest", name)
		}
		v.Set(before)
		seen = append(seen, name)
	}
	var walk func(name string, v reflect.Value, digest func() string)
	walk = func(name string, v reflect.Value, digest func() string) {
		switch v.Kind() {
		case reflect.Pointer:
			walk(name, v.Elem(), digest)
		case reflect.Struct:
			for i := range v.NumField() {
				walk(name+"."+v.Type().Field(i).Name, v.Field(i), digest)
			}
		default:
			change(name, v, digest)
			if v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
				for i := range v.Len() {
					walk(fmt.Sprintf("%s[%d]", name, i), v.Index(i), digest)
				}
			}
		}
	}
	plans := digestPlans()
	walk("plans", reflect.ValueOf(&plans).Elem(), func() string { return digest(plans) })
	for _, name := range []string{
		"plans[0].Phases[0].Events[0].Resource.Executor.Type", "plans[0].Phases[0].Events[0].Diff[0].Value",
		"plans[0].Phases[0].Events[0].CausedBy[0].ID", "plans[1].Phases",
	} {
		if !slices.Contains(seen, name) {
			t.Errorf("%s was not changed", name)
		}
	}
}

func TestDigestOfLargePlansIsStreamed(t *testing.T) {
	value := `"` + strings.Repeat("x", 3*digestExcess) + `"`
	text := `{"large":` + value + `}`
	r := &Resource{Identifier: Identifier{"dir", "a"}, Executor: Executor{Type: ExecutorAny}, Attributes: json.RawMessage(text)}
	event := Event{Type: EventCreate, Resource: r, Reason: ReasonDoesNotExist, Diff: []jsontext.Operation{{Op: "add", Path: "/large", Value: json.RawMessage(value)}}}
	const one = `{"caused_by":[],"diff":[{"from":"","op":"add","path":"/large","value":%s}],"reason":"does_not_exist",` +
		`"resource":{"attributes":%s,"dependencies":[],"diff_ignore":[],"error":"","executor":{"id":"","type":"any"},` +
		`"identifier":"dir::a","needs_recreate":false,"pending_deletion":false,"resource_version":"","type_dependencies":[]},` +
		`"type":"create"}`
	want := fmt.Sprintf("[[["+one+","+one+"]]]", value, text, value, text)
	if got := digest([]Plan{{Phases: []Phase{{Events: []Event{event, event}}}}}); got != digestOf(want) {
		t.Errorf("the digest is %s, not %s", got, digestOf(want))
	}
	// Many events that are small one by one.
	r.Attributes, event.Diff = json.RawMessage(`{}`), nil
	small := strings.Replace(fmt.Sprintf(one, "null", "{}"), `{"from":"","op":"add","path":"/large","value":null}`, "", 1)
	events := slices.Repeat([]Event{event}, 1000)
	want = "[[[" + strings.Join(slices.Repeat([]string{small}, 1000), ",") + "]]]"
	if got := digest([]Plan{{Phases: []Phase{{Events: events}}}}); got != digestOf(want) {
		t.Errorf("the digest of many events is %s, not %s", got, digestOf(want))
	}
}

func TestDigestOfInvalidAttributesIsThatOfTheirBytes(t *testing.T) {
	plan := func(attributes string) []Plan {
		r := &Resource{Identifier: Identifier{"dir", "a"}, Attributes: json.RawMessage(attributes)}
		return []Plan{{Phases: []Phase{{Events: []Event{{Type: EventCreate, Resource: r}}}}}}
	}
	if digest(plan("{")) == digest(plan("}")) {
		t.Error("different bytes have one digest")
	}
}

func BenchmarkDigest(b *testing.B) {
	r := &Resource{
		Identifier:      Identifier{"database.subscription", "n1:n2:app"},
		Executor:        Executor{Type: ExecutorPrimary, ID: "n2"},
		Attributes:      bytes.TrimSpace([]byte(`{"database_name":"app","disabled":false,"extra_dependencies":null,"provider_node":"n1","subscriber_node":"n2","sync_data":false}`)),
		Dependencies:    []Identifier{{"database.postgres_database", "n1:app"}, {"database.postgres_database", "n2:app"}},
		ResourceVersion: "1",
	}
	events := slices.Repeat([]Event{{Type: EventCreate, Resource: r, Reason: ReasonDoesNotExist}}, 1000)
	plans := []Plan{{Phases: []Phase{{Events: events}}}}
	b.ReportAllocs()
	for b.Loop() {
		digest(plans)
	}
}

func digest(plans []Plan) string {
	text, err := Digest(nil, plans)
	if err != nil {
		panic(err)
	}
	return text
}
