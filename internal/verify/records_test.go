package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// What records of the catalog's types depend on is not compared, and may stay as start has it, also if they are put for
// another reason.
func TestOldDependenciesMayStay(t *testing.T) {
	monitor := database.MonitorInstanceIdentifier("n1-a")
	old := func(m *mutant, change func(r *resource.Resource)) {
		m.has(monitor, func(r *resource.Resource) {
			r.Dependencies = append(r.Dependencies, resource.Identifier{Type: "host.network", ID: "shared"})
			change(r)
		})
	}
	put := func(m *mutant, change func(e *resource.Event)) {
		m.edit("update monitor.instance::n1-a", func(e *resource.Event) {
			e.Resource.Dependencies = append(e.Resource.Dependencies, resource.Identifier{Type: "host.network", ID: "shared"})
			change(e)
		})
	}
	for name, c := range map[string]struct {
		do   func(m *mutant)
		want string
	}{
		"updated as it is":        {func(m *mutant) { old(m, func(*resource.Resource) {}); put(m, func(*resource.Event) {}) }, ""},
		"updated as it should be": {func(m *mutant) { old(m, func(*resource.Resource) {}) }, ""},
		"updated as it never was": {func(m *mutant) { put(m, func(*resource.Event) {}) }, "request_differs"},
		"made again": {func(m *mutant) {
			old(m, func(r *resource.Resource) { r.NeedsRecreate = true })
			put(m, func(e *resource.Event) {
				e.Type, e.Reason, e.CausedBy = resource.EventCreate, resource.ReasonNeedsRecreate, nil
			})
		}, "request_differs"},
	} {
		m := newMutant(t, changing)
		c.do(m)
		if found := names(m.judge()); found != c.want {
			t.Errorf("%s: %s, want %s", name, found, c.want)
		}
	}
}

// TestDependenciesAreRecorded: the caller's records have to say what is true of what they depend on, whatever else changes.
func TestDependenciesAreRecorded(t *testing.T) {
	front := resource.Identifier{Type: "host.service", ID: "front"}
	old := func(m *mutant, attributes string) *resource.Resource {
		r, _ := m.end.Get(front)
		r = r.Clone()
		r.Dependencies = []resource.Identifier{{Type: "host.network", ID: "shared"}}
		r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "old"}
		if attributes != "" {
			r.Attributes = []byte(attributes)
		}
		return r
	}
	put := func(m *mutant, r *resource.Resource) {
		m.edit("update host.service::front", func(e *resource.Event) { e.Resource = r })
	}
	for name, c := range map[string]struct {
		do   func(m *mutant)
		want string
	}{
		"no event on it": {func(m *mutant) { m.start.Add(old(m, "")); m.plans = nil }, "end_differs"},
		"updated as it is": {func(m *mutant) {
			failed := old(m, "")
			failed.Error = "it failed"
			m.start.Add(failed)
			put(m, old(m, ""))
			m.edit("update host.service::front", func(e *resource.Event) { e.Reason, e.Diff = resource.ReasonHasError, nil })
		}, "end_differs"},
		"updated with new attributes": {func(m *mutant) { m.start.Add(old(m, `{}`)); put(m, old(m, "")) }, "end_differs"},
		"updated as it never was":     {func(m *mutant) { put(m, old(m, "")) }, "end_differs"},
		"made again": {func(m *mutant) {
			gone := old(m, "")
			gone.NeedsRecreate = true
			m.start.Add(gone)
			put(m, old(m, ""))
			m.edit("update host.service::front", func(e *resource.Event) {
				e.Type, e.Reason, e.Diff = resource.EventCreate, resource.ReasonNeedsRecreate, nil
			})
		}, "end_differs"},
	} {
		m := newMutant(t, serving)
		c.do(m)
		if found := names(m.judge()); found != c.want {
			t.Errorf("%s: %q, want %q", name, found, c.want)
		}
	}
}

// otherRecords are what may be wrong with a record and is not compared in planning.
func otherRecords() map[string]func(r *resource.Resource) bool {
	hidden := func(text, other string) func(r *resource.Resource) bool {
		return func(r *resource.Resource) bool {
			before := r.Attributes
			r.Attributes = bytes.Replace(before, []byte(text), []byte(other), 1)
			return len(r.DiffIgnore) > 0 && !bytes.Equal(before, r.Attributes)
		}
	}
	return map[string]func(r *resource.Resource) bool{
		"no connection info": hidden(`"connection_info":{"host":"given"}`, `"connection_info":null`),
		"a replica that is its own primary": func(r *resource.Resource) bool {
			return strings.HasSuffix(r.Identifier.ID, "-b") &&
				hidden(`"primary_instance_id":"n1-a"`, `"primary_instance_id":"n1-b"`)(r)
		},
		"another primary":          hidden(`-a","primary_instance_id_updated_at"`, `-x","primary_instance_id_updated_at"`),
		"another primary of nodes": hidden(`-a"}`, `-b"}`),
		"another host": func(r *resource.Resource) bool {
			r.Executor = resource.Executor{Type: resource.ExecutorHost, ID: "old"}
			return true
		},
		"fewer dependencies": func(r *resource.Resource) bool {
			n := len(r.Dependencies)
			r.Dependencies = r.Dependencies[:max(n-1, 0)]
			return n > 0
		},
		"no types": func(r *resource.Resource) bool {
			n := len(r.TypeDependencies)
			r.TypeDependencies = nil
			return n > 0
		},
		"another version": func(r *resource.Resource) bool {
			r.ResourceVersion = "2"
			return true
		},
		"another version with other attributes": func(r *resource.Resource) bool {
			r.ResourceVersion, r.Attributes = "2", []byte(`{"wrong":1}`)
			return true
		},
		"more to ignore": func(r *resource.Resource) bool {
			r.DiffIgnore = append(r.DiffIgnore, "/wrong")
			return true
		},
	}
}

// TestOtherRecordsAreRefused has one record be another one, in all events and in what the planner says of the end.
func TestOtherRecordsAreRefused(t *testing.T) {
	tried := make(map[string]int)
	for _, s := range asked() {
		for _, all := range [][]*planner.NodeResources{s.start, s.wish.nodes} {
			for _, n := range all {
				n.InstanceResources[0].Instance.ConnectionInfo = []byte(`{"host":"given"}`)
			}
		}
		right := newMutant(t, s)
		put := make(map[resource.Identifier]bool)
		for _, at := range right.spots() {
			if id := right.at(at).Resource.Identifier; right.end.Has(id) {
				put[id] = true
			}
		}
		for name, change := range otherRecords() {
			for id := range put {
				m := right.copy()
				wanted, _ := m.end.Get(id)
				if wanted = wanted.Clone(); !change(wanted) {
					continue
				}
				tried[name]++
				m.end.Add(wanted)
				for _, at := range m.spots() {
					if m.at(at).Resource.Identifier == id && m.at(at).Type != resource.EventDelete {
						change(m.own(at))
					}
				}
				if !slices.ContainsFunc(m.judge(), func(v verify.Violation) bool { return v.Resources[0] == id }) {
					t.Errorf("%s: %v has %s, and that is not found", s.name, id, name)
				}
			}
		}
	}
	for name := range otherRecords() {
		if tried[name] < 3 {
			t.Errorf("tried %d times: %s", tried[name], name)
		}
	}
}

// removeDatabase removes the records of the database of a node, and of the links with another one.
func removeDatabase(s *resource.State, node, other string) {
	s.Remove(database.PostgresDatabaseIdentifier(node, "app"))
	for _, l := range []database.Link{link(node, other), link(other, node)} {
		s.Remove(database.SubscriptionIdentifier(l))
		s.Remove(database.ReplicationSlotIdentifier(l))
	}
}

// TestPrimaryIsDerived: of a node that does not exist yet the first instance is the primary, whatever is asked for; of one
// that does, the one that is recorded.
func TestPrimaryIsDerived(t *testing.T) {
	asking := func(primary string) []*planner.NodeResources {
		all := changed(nodes("n1:2", "n2:2"))
		all[0].PrimaryInstanceID = primary
		return all
	}
	record := func(r resource.Resource) *resource.Resource { return &r }
	for name, c := range map[string]struct {
		start func(s *resource.State)
		asks  string
		want  string
	}{
		"new":                         {func(s *resource.State) { replaceAll(s, resource.NewState()) }, "", "n1-a"},
		"new, another one is asked":   {func(s *resource.State) { replaceAll(s, resource.NewState()) }, "n1-b", "n1-a"},
		"there":                       {func(*resource.State) {}, "", "n1-a"},
		"there, another one is asked": {func(*resource.State) {}, "n1-b", "n1-a"},
		"after a failover": {func(s *resource.State) {
			s.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b"}, PrimaryInstanceID: "n1-b"}.Resource())
		}, "", "n1-b"},
		"not recorded, the second one is asked": {func(s *resource.State) { s.Remove(database.NodeIdentifier("n1")) }, "n1-b", "n1-b"},
		"joining": {func(s *resource.State) {
			s.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b"}, PrimaryInstanceID: "n1-b"}.Resource())
			s.Add(database.DumpRoles{NodeName: "n2"}.Resource())
			s.Add(database.RolesSource{NodeName: "n1", SourceNodeName: "n2"}.Resource())
		}, "n1-a", "n1-b"},
		"without a database beside a member": {func(s *resource.State) {
			removeDatabase(s, "n1", "n2")
			s.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b"}, PrimaryInstanceID: "n1-b"}.Resource())
		}, "n1-a", "n1-b"},
		"without a database, and the primary lost": {func(s *resource.State) {
			removeDatabase(s, "n1", "n2")
			s.Add(database.Node{Name: "n1", InstanceIDs: []string{"n1-a", "n1-b"}, PrimaryInstanceID: "n1-b"}.Resource())
			lost, _ := s.Get(database.InstanceIdentifier("n1-b"))
			lost = record(*lost)
			lost.NeedsRecreate = true
			s.Add(lost)
		}, "n1-b", "n1-a"},
	} {
		t.Run(name, func(t *testing.T) {
			start := databases.End(nodes("n1:2", "n2:2"))
			c.start(start)
			w := wish{nodes: asking(c.asks)}
			plans, violations, err := w.judge(start)
			if err != nil {
				t.Fatal(err)
			}
			expectNone(t, plans, violations)
			after := execution.After(start, plans...)
			node, _ := after.Get(database.NodeIdentifier("n1"))
			if primary, err := database.NodePrimaryInstanceID(nil, node); err != nil || primary != c.want {
				t.Fatalf("the primary is %q, %v", primary, err)
			}
			m := &mutant{t: t, start: start, plans: execution.CopyPlans(plans), end: after, options: w.options()}
			m.options.Replan = nil
			other := map[string]string{"n1-a": "n1-b", "n1-b": "n1-a"}[c.want]
			for _, at := range m.spots() {
				if id := m.at(at).Resource.Identifier; id.Type == database.TypeInstance && strings.HasPrefix(id.ID, "n1") {
					r := m.own(at)
					r.Attributes = bytes.Replace(r.Attributes,
						[]byte(`"primary_instance_id":"`+c.want), []byte(`"primary_instance_id":"`+other), 1)
				}
			}
			if found := names(m.judge()); found != "request_differs" {
				t.Errorf("%s as primary: %q", other, found)
			}
		})
	}
}
