package verify_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// misled makes the last plan lead to another end, which the judge is told, too.
func (m *mutant) misled(change func(end *resource.State)) {
	m.t.Helper()
	last := len(m.plans) - 1
	ways := []*resource.State{m.end}
	var starts []resource.Identifier
	if last > 0 && slices.ContainsFunc(execution.Events(m.plans[last-1]), func(e resource.Event) bool {
		return e.Type == resource.EventDelete && e.Resource.Identifier.Type == database.TypeRolesSource
	}) {
		for _, e := range execution.Events(m.plans[last]) {
			starts = append(starts, e.Resource.Identifier)
		}
		last--
	}
	m.plans = m.plans[:max(last, 0)]
	change(m.end)
	if len(starts) > 0 { // services, where a node has joined
		before := m.end.Clone()
		for _, id := range starts {
			before.Remove(id)
		}
		ways = []*resource.State{before, m.end}
	}
	rest, err := resource.PlanAll(nil, execution.After(m.start, m.plans...), resource.PlanOptions{}, ways...)
	if err != nil {
		m.t.Fatal(err)
	}
	m.plans = append(m.plans, rest...)
}

var requestCases = []wrong{
	{
		rule: verify.RuleEndMissing, name: "a monitor", story: creating,
		mutate: func(m *mutant) {
			m.misled(func(end *resource.State) { end.Remove(database.MonitorInstanceIdentifier("n2-a")) })
		},
		says: "end_missing: monitor.instance::n2-a is wanted, and not there in the end",
	},
	{
		rule: verify.RuleEndDiffers, name: "a disabled subscription", story: changing,
		mutate: func(m *mutant) {
			m.misled(func(end *resource.State) {
				end.Add(database.Subscription{Link: link("n2", "n1"), Disabled: true}.Resource())
			})
		},
		says: "end_differs: database.subscription::n2:n1:app has other attributes in the end than wanted",
	},
	{
		rule: verify.RuleRequestDiffers, name: "the wrong primary", story: replicas,
		mutate: func(m *mutant) {
			m.edit("update database.node::n1", func(e *resource.Event) {
				e.Resource.Attributes = bytes.Replace(e.Resource.Attributes,
					[]byte(`"primary_instance_id":"n1-a"`), []byte(`"primary_instance_id":"n1-b"`), 1)
				for i := range m.plans { // all of its events are the same
					for k := range m.plans[i].Phases {
						for n := range m.plans[i].Phases[k].Events {
							if other := &m.plans[i].Phases[k].Events[n]; other.Resource.Identifier == e.Resource.Identifier {
								other.Resource = e.Resource
							}
						}
					}
				}
			})
		},
		says: "request_differs: database.node::n1 is put otherwise than it was asked for",
	},
	{
		rule: verify.RuleRequestDiffers, name: "another source", story: adding,
		mutate: func(m *mutant) { m.options.Desired.Nodes[3].Source = "n2" },
		says:   "request_differs plan 0 phase 1 event 0: database.roles_source::n4 names another source than was asked for",
	},
	elsewhere("create database.dump_roles::n1"),
	elsewhere("create database.roles_source::n4"),
	elsewhere("create database.postgres_database::n4:app"),
	elsewhere("create database.replication_slot::n2:n4:app"),
	elsewhere("create database.replication_slot_create::spk_app_n2_sub_n2_n4"),
	elsewhere("create database.subscription::n1:n4:app"),
	elsewhere("create database.sync_event::n2:n1:app"),
	elsewhere("create database.wait_for_sync_event::n2:n1:app"),
	elsewhere("create database.peer_catchup::n1:n2:app"),
	elsewhere("create database.lag_tracker_commit_ts::n2:n4:app"),
	elsewhere("create database.replication_slot_advance_from_cts::n2:n4:app"),
	elsewhere("create database.replication_origin_advance::n2:n4:app"),
	{
		rule: verify.RuleLeftover, name: "a dump of roles", story: removing,
		mutate: func(m *mutant) {
			m.misled(func(end *resource.State) { end.Add(database.DumpRoles{NodeName: "n1"}.Resource()) })
		},
		says: "leftover: database.dump_roles::n1 is not wanted, and there in the end",
	},
	{
		rule: verify.RuleNotForced, name: "nothing is done", story: forcing, mutate: func(m *mutant) { m.plans = nil },
	},
	{
		rule: verify.RuleNotForced, name: "one is left out", story: forcing,
		mutate: func(m *mutant) { m.drop("update host.network::shared") },
		says:   "not_forced: host.network::shared is to be updated whatever it is like, and has no event for that",
	},
	{
		rule: verify.RuleReason, name: "forced by nobody", story: forcing,
		mutate: func(m *mutant) {
			desired := *m.options.Desired
			desired.Force = false
			m.options.Desired = &desired
		},
	},
	{
		rule: verify.RuleNotRestored, name: "nothing is done", story: restoring,
		mutate: func(m *mutant) {
			m.start, m.plans = m.end.Clone(), nil
		},
		says: "not_restored: database.instance::n2-a is never created with what performs the restore of its node",
	},
	{
		rule: verify.RuleNotRestored, name: "without the backup", story: restoring,
		mutate:  func(m *mutant) { m.drop("create host.restore::n2", "delete host.restore::n2") },
		follows: verify.RuleMissingDependency,
	},
}

// misleading is a planner that takes something else for what was asked for: where its plans lead, and what it says of
// where they lead, agree.
type misleading struct {
	name string
	// change makes another end of the right one. It tells whether it can, and names what is wrong then.
	change func(end *resource.State, w wish) (wrong resource.Identifier, ok bool)
	// isFound tells that the judge finds something wrong even if it does not know what was asked for.
	isFound bool
}

func misleadings() []misleading {
	// two are the first and the last node.
	two := func(w wish) (first, last string) {
		all := w.all()
		return all[0].NodeName, all[len(all)-1].NodeName
	}
	without := func(end *resource.State, l database.Link) {
		end.Remove(database.ReplicationSlotIdentifier(l))
		end.Remove(database.SubscriptionIdentifier(l))
	}
	subscription := func(change func(*database.Subscription)) func(*resource.State, wish) (resource.Identifier, bool) {
		return func(end *resource.State, w wish) (resource.Identifier, bool) {
			first, last := two(w)
			s := database.Subscription{Link: link(last, first)}
			change(&s)
			end.Add(s.Resource())
			return database.SubscriptionIdentifier(s.Link), true
		}
	}
	edited := func(end *resource.State, id resource.Identifier, change func(*resource.Resource)) (resource.Identifier, bool) {
		found, ok := end.Get(id)
		if ok {
			found = found.Clone()
			change(found)
			end.Add(found)
		}
		return id, ok
	}
	own := func(t resource.Type, w wish) resource.Identifier {
		all := w.all()
		return resource.Identifier{Type: t, ID: databases.InstanceID(all[len(all)-1].NodeName, 0)}
	}
	return []misleading{
		{name: "a missing link", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			first, last := two(w)
			without(end, link(first, last))
			return database.SubscriptionIdentifier(link(first, last)), true
		}},
		{name: "links of one direction only", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			all := w.all()
			for i := range all {
				for k := range i {
					without(end, link(all[i].NodeName, all[k].NodeName))
				}
			}
			return database.ReplicationSlotIdentifier(link(all[1].NodeName, all[0].NodeName)), true
		}},
		{name: "no links at all", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			for _, a := range w.all() {
				for _, b := range w.all() {
					without(end, link(a.NodeName, b.NodeName))
				}
			}
			first, last := two(w)
			return database.SubscriptionIdentifier(link(first, last)), true
		}},
		{name: "a missing database", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			_, last := two(w)
			for _, n := range w.all() {
				without(end, link(n.NodeName, last))
				without(end, link(last, n.NodeName))
			}
			end.Remove(database.PostgresDatabaseIdentifier(last, "app"))
			return database.PostgresDatabaseIdentifier(last, "app"), true
		}},
		{name: "a missing monitor", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			id := database.MonitorInstanceIdentifier(own("", w).ID)
			end.Remove(id)
			return id, true
		}},
		{name: "a missing node", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			short := w
			short.restore, short.nodes = nil, w.all()[:len(w.all())-1]
			replaceAll(end, short.end())
			_, last := two(w)
			return database.NodeIdentifier(last), true
		}},
		{name: "an extra node", isFound: true, change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			long := w
			long.restore, long.nodes = nil, append(w.all(), newNode("n9", 1))
			replaceAll(end, long.end())
			return database.NodeIdentifier("n9"), true
		}},
		{name: "a missing instance", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			all := w.all()
			if len(all[0].InstanceResources) < 2 {
				return resource.Identifier{}, false
			}
			small := w
			small.restore, small.nodes = nil, slices.Clone(all)
			node := *all[0]
			node.InstanceResources = node.InstanceResources[:1]
			small.nodes[0] = &node
			replaceAll(end, small.end())
			return database.InstanceIdentifier(databases.InstanceID(node.NodeName, 1)), true
		}},
		{name: "another instance", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			return edited(end, database.InstanceIdentifier(own("", w).ID), func(r *resource.Resource) {
				r.Attributes = bytes.Replace(r.Attributes, []byte(`"port":543`), []byte(`"port":643`), 1)
			})
		}},
		{name: "a database of somebody else", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			_, last := two(w)
			return edited(end, database.PostgresDatabaseIdentifier(last, "app"), func(r *resource.Resource) {
				r.Attributes = bytes.Replace(r.Attributes, []byte(`"owner":"admin"`), []byte(`"owner":"other"`), 1)
			})
		}},
		{name: "a disabled subscription", isFound: true, change: subscription(func(s *database.Subscription) { s.Disabled = true })},
		{name: "a subscription that copies rows", isFound: true, change: subscription(func(s *database.Subscription) { s.SyncData = true })},
		{name: "a subscription that copies the schema", isFound: true, change: subscription(func(s *database.Subscription) { s.SyncStructure = true })},
		{name: "a subscription that ignores what it does", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			first, last := two(w)
			return edited(end, database.SubscriptionIdentifier(link(last, first)), func(r *resource.Resource) {
				r.Attributes = bytes.Replace(r.Attributes, []byte(last), []byte("n0"), 1)
			})
		}},
		{name: "a missing resource of the caller", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			end.Remove(own("host.proxy", w))
			return own("host.proxy", w), true
		}},
		{name: "another resource of the caller", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			return edited(end, own("host.directory", w), func(r *resource.Resource) { r.Attributes = []byte(`{"mode":"0777"}`) })
		}},
		{name: "a resource of the caller that is not compared", change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			return edited(end, own("host.backup", w), func(r *resource.Resource) {
				r.Attributes, r.DiffIgnore = []byte(`{"wrong":1}`), []string{"/wrong"}
			})
		}},
		{name: "a missing service", change: func(end *resource.State, _ wish) (resource.Identifier, bool) {
			id := resource.Identifier{Type: "host.service", ID: "front"}
			_, ok := end.Get(id)
			end.Remove(id)
			end.Remove(resource.Identifier{Type: "host.watch", ID: "front"})
			return id, ok
		}},
		{name: "a mark of a node that joins", isFound: true, change: func(end *resource.State, w wish) (resource.Identifier, bool) {
			first, last := two(w)
			end.Add(database.RolesSource{NodeName: last, SourceNodeName: first}.Resource())
			end.Add(database.DumpRoles{NodeName: first}.Resource())
			return database.RolesSourceIdentifier(last), true
		}},
	}
}

// all are all nodes that are wished for, those to restore among them.
func (w wish) all() []*planner.NodeResources {
	return databases.Restored(w.nodes, w.restore)
}

// replaceAll makes a state hold what another one holds.
func replaceAll(s, other *resource.State) {
	for _, r := range s.Resources() {
		s.Remove(r.Identifier)
	}
	s.Merge(other)
}

// asked are wishes for two to four nodes from where there is nothing, from where all is there, from where one node is
// missing, and for a restore of the last node.
func asked() []story {
	var all []story
	for n := 2; n <= 4; n++ {
		names := []string{"n1:2"}
		for i := 2; i <= n; i++ {
			names = append(names, fmt.Sprintf("n%d", i))
		}
		front := []*planner.ServiceResources{service("front", `{}`)}
		all = append(all,
			story{name: fmt.Sprintf("create %d", n), wish: wish{nodes: nodes(names...), services: front}},
			story{name: fmt.Sprintf("nothing to do for %d", n), start: nodes(names...), with: front, wish: wish{nodes: nodes(names...), services: front}},
			story{name: fmt.Sprintf("add one to %d", n-1), start: nodes(names[:n-1]...), wish: wish{nodes: nodes(names...), services: front}},
			story{name: fmt.Sprintf("change %d", n), start: nodes(names...), wish: wish{nodes: changed(nodes(names...))}},
			story{name: fmt.Sprintf("restore one of %d", n), start: nodes(names...), wish: wish{
				nodes: nodes(names[:n-1]...), restore: []*planner.NodeRestoreResources{restored(fmt.Sprintf("n%d", n), 1)},
			}},
		)
	}
	return all
}

// TestMisleadingPlansAreRefused has the plans lead elsewhere than asked for, and the planner say that this is right. Who
// believes that finds nothing wrong; the judge, who knows what was asked for, names it.
func TestMisleadingPlansAreRefused(t *testing.T) {
	tried := make(map[string]int)
	for _, s := range asked() {
		for _, c := range misleadings() {
			t.Run(s.name+"/"+c.name, func(t *testing.T) {
				m := newMutant(t, s)
				right := execution.After(m.start, m.plans...)
				var id resource.Identifier
				ok := true
				m.misled(func(end *resource.State) { id, ok = c.change(end, s.wish) })
				if !ok {
					t.Skip("there is nothing of that")
				}
				want, isRight := right.Get(id)
				got, isThere := execution.After(m.start, m.plans...).Get(id)
				if isRight && isThere && bytes.Equal(want.Attributes, got.Attributes) && slices.Equal(want.Dependencies, got.Dependencies) {
					t.Skip("it does not come to bear")
				}
				tried[c.name]++
				found := m.judge()
				isNamed := func(v verify.Violation) bool {
					return v.Plan == verify.Nowhere && v.Resources[0] == id
				}
				if !slices.ContainsFunc(found, isNamed) && !(c.isFound && len(found) > 0) {
					t.Errorf("not named: %v, but %v, of\n%s", id, found, notation.Plans(m.plans))
				}
				m.options.Desired = nil
				if found := m.judge(); len(found) > 0 && !c.isFound {
					t.Errorf("found without knowing what was asked for: %v", found)
				}
			})
		}
	}
	for _, c := range misleadings() {
		if tried[c.name] == 0 {
			t.Errorf("never tried: %s", c.name)
		}
	}
}

// TestEndIsDerived: where nobody tells where the plans are to lead, the judge finds out from what was asked for.
func TestEndIsDerived(t *testing.T) {
	for _, s := range append(stories(), asked()...) {
		m := newMutant(t, s)
		m.end = nil
		if found := m.judge(); len(found) > 0 {
			t.Errorf("%s: %v", s.name, found)
		}
		m.plans = append(m.plans, resource.Plan{Phases: []resource.Phase{{Events: []resource.Event{{
			Type: resource.EventCreate, Resource: databases.Own("host.extra", "x", `{}`), Reason: resource.ReasonDoesNotExist,
		}}}}})
		if found := m.judge(); !slices.Contains(strings.Fields(names(found)), "leftover") {
			t.Errorf("%s, and something nobody asked for: %v", s.name, found)
		}
	}
}

// elsewhere has an event run on another node.
func elsewhere(event string) wrong {
	return wrong{
		rule: verify.RuleRequestDiffers, name: event + " elsewhere", story: adding,
		mutate: func(m *mutant) {
			m.edit(event, func(e *resource.Event) {
				e.Resource.Executor = resource.Executor{Type: resource.ExecutorPrimary, ID: "n3"}
			})
		},
	}
}
