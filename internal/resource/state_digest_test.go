package resource

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// digestState is a state with all that its digest has to look at.
func digestState() *State {
	return NewState(
		&Resource{
			Identifier:       Identifier{"database.instance", "n1-\"1\""},
			Executor:         Executor{Type: ExecutorHost, ID: "host-1"},
			Attributes:       json.RawMessage(` { "port": 5432.0, "primary": "a", "info": {"secret": 1, "host": "h"}, "list": [1, 2, 3] } `),
			Dependencies:     []Identifier{{"dir", "z"}, {"dir", "a"}, {"dir", "z"}},
			TypeDependencies: []Type{"network", "dir"},
			DiffIgnore:       []string{"/primary", "/list/1", "/info/secret", "/primary"},
			ResourceVersion:  "1",
			NeedsRecreate:    true,
			PendingDeletion:  true,
			Error:            "no\tspace",
		},
		&Resource{Identifier: Identifier{"dir", "a"}, Executor: Executor{Type: ExecutorAny}},
	)
}

// shownPrimary is what counts of an instance although it is ignored.
var shownPrimary = map[Type]string{"database.instance": "/primary"}

func stateDigest(t *testing.T, s *State) string {
	t.Helper()
	digest, err := StateDigest(nil, s, shownPrimary)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestStateDigestIsThatOfTheDocumentedText(t *testing.T) {
	text := strings.Join([]string{
		`[{"attributes":{"info":{"host":"h"},"list":[1,null,3],"port":5432,"primary":"a"},`,
		`"dependencies":["dir::a","dir::z"],"diff_ignore":["/info/secret","/list/1","/primary"],`,
		`"executor":{"id":"host-1","type":"host"},"has_error":true,"identifier":"database.instance::n1-\"1\"",`,
		`"needs_recreate":true,"pending_deletion":true,"resource_version":"1","type_dependencies":["dir","network"]},`,
		`{"attributes":{},"dependencies":[],"diff_ignore":[],`,
		`"executor":{"id":"","type":"any"},"has_error":false,"identifier":"dir::a",`,
		`"needs_recreate":false,"pending_deletion":false,"resource_version":"","type_dependencies":[]}]`,
	}, "")
	if got := stateDigest(t, digestState()); got != digestOf(text) {
		t.Errorf("the digest is %s, not %s", got, digestOf(text))
	}
	// The same by value: clients that have stored digests rely on it.
	const golden = "5982e3386074c3b31bb63659f92a6d8f02f615eeba03de6470a32df63f12e204"
	if got := stateDigest(t, digestState()); got != golden {
		t.Errorf("the digest is %s, not %s", got, golden)
	}
	if got := stateDigest(t, NewState()); got != digestOf("[]") {
		t.Errorf("the digest of an empty state is %s", got)
	}
}

func TestStateDigestDoesNotDependOnWhatDoesNotCount(t *testing.T) {
	want := stateDigest(t, digestState())
	for name, change := range map[string]func(*Resource){
		"the spelling of JSON": func(r *Resource) {
			r.Attributes = json.RawMessage(`{"info":{"host":"h"},"list":[1,7,3],"primary":"\u0061","port":5.432e3}`)
		},
		"the text of an error":      func(r *Resource) { r.Error = "another one" },
		"the order of dependencies": func(r *Resource) { slices.Reverse(r.Dependencies) },
		"a dependency named twice":  func(r *Resource) { r.Dependencies = []Identifier{{"dir", "a"}, {"dir", "z"}, {"dir", "a"}} },
		"the order of types":        func(r *Resource) { slices.Reverse(r.TypeDependencies) },
		"the order of pointers":     func(r *Resource) { slices.Reverse(r.DiffIgnore) },
		"a pointer named twice":     func(r *Resource) { r.DiffIgnore = append(r.DiffIgnore, "/list/1") },
		"a hidden value":            func(r *Resource) { replaceIn(r, `"secret": 1`, `"secret": {"x": [2]}`) },
		"that a value is hidden":    func(r *Resource) { replaceIn(r, `"secret": 1, `, ``) },
		"an element that is hidden": func(r *Resource) { replaceIn(r, `[1, 2, 3]`, `[1, {"x": 9}, 3]`) },
	} {
		s := digestState()
		r, _ := s.Get(Identifier{"database.instance", "n1-\"1\""})
		r = r.Clone()
		change(r)
		changed := NewState(&Resource{Identifier: Identifier{"dir", "a"}, Executor: Executor{Type: ExecutorAny}}, r) // in another order
		if got := stateDigest(t, changed); got != want {
			t.Errorf("it depends on %s", name)
		}
	}
}

func replaceIn(r *Resource, old, with string) {
	text := string(r.Attributes)
	if !strings.Contains(text, old) {
		panic(old)
	}
	r.Attributes = json.RawMessage(strings.Replace(text, old, with, 1))
}

// TestStateDigestSeesWhatCounts changes one field after the other, those added later included.
func TestStateDigestSeesWhatCounts(t *testing.T) {
	want := stateDigest(t, digestState())
	changes := map[string]func(*Resource){
		"Identifier":       func(r *Resource) { r.Identifier.ID = "n2" },
		"Executor":         func(r *Resource) { r.Executor.ID = "host-2" },
		"Executor.Type":    func(r *Resource) { r.Executor.Type = ExecutorPrimary },
		"Attributes":       func(r *Resource) { replaceIn(r, "5432", "5433") },
		"the primary":      func(r *Resource) { replaceIn(r, `"primary": "a"`, `"primary": "b"`) },
		"beside a hidden":  func(r *Resource) { replaceIn(r, `"host": "h"`, `"host": "i"`) },
		"a longer list":    func(r *Resource) { replaceIn(r, `2, 3]`, `2, 3, 4]`) },
		"Dependencies":     func(r *Resource) { r.Dependencies = r.Dependencies[1:2] },
		"TypeDependencies": func(r *Resource) { r.TypeDependencies = r.TypeDependencies[1:] },
		"DiffIgnore":       func(r *Resource) { r.DiffIgnore = r.DiffIgnore[:1] },
		"ResourceVersion":  func(r *Resource) { r.ResourceVersion = "2" },
		"NeedsRecreate":    func(r *Resource) { r.NeedsRecreate = false },
		"PendingDeletion":  func(r *Resource) { r.PendingDeletion = false },
		"Error":            func(r *Resource) { r.Error = "" },
	}
	for name, change := range changes {
		s := digestState()
		old, _ := s.Get(Identifier{"database.instance", "n1-\"1\""})
		r := old.Clone()
		change(r)
		s.Remove(old.Identifier)
		s.Add(r)
		if stateDigest(t, s) == want {
			t.Errorf("it does not see a change of %s", name)
		}
	}
	for i := range reflect.TypeFor[Resource]().NumField() {
		if name := reflect.TypeFor[Resource]().Field(i).Name; changes[name] == nil {
			t.Errorf("say what a change of %s does", name)
		}
	}
	for _, gone := range []Identifier{{"dir", "a"}, {"database.instance", "n1-\"1\""}} {
		s := digestState()
		s.Remove(gone)
		if stateDigest(t, s) == want {
			t.Errorf("it does not see that %s is gone", gone)
		}
	}
}
