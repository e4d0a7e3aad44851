package resource_test

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestPlanStepsTellsAStory(t *testing.T) {
	for name, c := range map[string]struct {
		start, groups, prompt, last, end string
		force                            bool
		want                             string
	}{
		"what one node's update changes for another node waits for that node": {
			start: `
				dir::shared {"size":1}
				instance::n1 -> dir::shared
				instance::n2 -> dir::shared`,
			groups: `
				dir::shared {"size":2}
				instance::n1 -> dir::shared
				=
				dir::shared {"size":2}
				instance::n2 -> dir::shared`,
			end: `
				dir::shared {"size":2}
				instance::n1 -> dir::shared
				instance::n2 -> dir::shared`,
			want: `
				update dir::shared has_diff <replace /size 2>
				update instance::n1 dependency_updated [dir::shared]

				update instance::n2 dependency_updated [dir::shared]`,
		},
		"what is prompt does not wait for the group that holds it": {
			start: `
				dir::shared {"size":1}
				instance::n1a -> dir::shared
				instance::n1b -> dir::shared
				node::n1 -> instance::n1a instance::n1b`,
			groups: `
				dir::shared {"size":2}
				instance::n1a -> dir::shared
				=
				instance::n1b -> dir::shared
				node::n1 -> instance::n1a instance::n1b`,
			prompt: `
				node::n1`,
			end: `
				dir::shared {"size":2}
				instance::n1a -> dir::shared
				instance::n1b -> dir::shared
				node::n1 -> instance::n1a instance::n1b`,
			want: `
				update dir::shared has_diff <replace /size 2>
				update instance::n1a dependency_updated [dir::shared]
				update node::n1 dependency_updated [instance::n1a]

				update instance::n1b dependency_updated [dir::shared]
				update node::n1 dependency_updated [instance::n1b]`,
		},
		"what comes last does not follow before the last step, unless a group holds it": {
			start: `
				a::1 {"v":1}
				b::1 -> a::1
				c::1 -> a::1
				d::1 -> b::1`,
			groups: `
				a::1 {"v":2}
				=
				c::1 -> a::1`,
			last: `
				b::1
				c::1`,
			end: `
				a::1 {"v":2}
				b::1 -> a::1
				c::1 -> a::1
				d::1 -> b::1`,
			want: `
				update a::1 has_diff <replace /v 2>

				update c::1 dependency_updated [a::1]

				update b::1 dependency_updated [a::1]
				update d::1 dependency_updated [b::1]`,
		},
		"a later step of the same group does not make anything wait": {
			start: `
				dir::shared {"size":1}
				instance::n1a -> dir::shared
				instance::n1b -> dir::shared`,
			groups: `
				dir::shared {"size":2}
				instance::n1a -> dir::shared
				-
				instance::n1b -> dir::shared`,
			end: `
				dir::shared {"size":2}
				instance::n1a -> dir::shared
				instance::n1b -> dir::shared`,
			want: `
				update dir::shared has_diff <replace /size 2>
				update instance::n1a dependency_updated [dir::shared], update instance::n1b dependency_updated [dir::shared]`,
		},
		"what waits remembers all causes, each once": {
			start: `
				dir::a {"size":1}
				dir::b {"size":1}
				dir::c {"size":1}
				instance::n -> dir::a dir::c *dir`,
			groups: `
				dir::b {"size":2}
				-
				dir::b {"size":3}
				=
				dir::a {"size":2}
				instance::n -> dir::a dir::c *dir`,
			end: `
				dir::a {"size":2}
				dir::b {"size":3}
				dir::c {"size":1}
				instance::n -> dir::a dir::c *dir`,
			want: `
				update dir::b has_diff <replace /size 2>

				update dir::b has_diff <replace /size 3>

				update dir::a has_diff <replace /size 2>
				update instance::n dependency_updated [dir::a *dir]`,
		},
		"what depends on something missing waits until it is there": {
			start: `
				a::1 {"size":1}
				b::1 -> c::missing
				d::1 -> a::1 b::1
				e::1 -> d::1`,
			groups: `
				a::1 {"size":2}
				=
				c::missing`,
			end: `
				a::1 {"size":2}
				c::missing
				b::1 -> c::missing
				d::1 -> a::1 b::1
				e::1 -> d::1`,
			want: `
				update a::1 has_diff <replace /size 2>

				create c::missing does_not_exist
				update b::1 dependency_updated [c::missing]
				update d::1 dependency_updated [a::1 b::1]
				update e::1 dependency_updated [d::1]`,
		},
		"what depends on something failed waits until that is mended, or for the last step": {
			start: `
				a::1 {"size":1}
				b::1 (error)
				b::2 (error)
				c::1 -> a::1 b::1
				c::2 -> a::1 b::2`,
			groups: `
				a::1 {"size":2}
				-
				b::1`,
			end: `
				a::1 {"size":2}
				b::1
				b::2
				c::1 -> a::1 b::1
				c::2 -> a::1 b::2`,
			want: `
				update a::1 has_diff <replace /size 2>

				update b::1 has_error
				update c::1 dependency_updated [a::1 b::1]

				update b::2 has_error
				update c::2 dependency_updated [a::1 b::2]`,
		},
		"what waits does not forget why, though it then depends on nothing": {
			start: `
				a::1 {"size":1}
				b::1 -> a::1
				c::1`,
			groups: `
				a::1 {"size":2}
				=
				b::1`,
			end: `
				a::1 {"size":2}
				b::1
				c::1`,
			want: `
				update a::1 has_diff <replace /size 2>

				update b::1 dependency_updated [a::1]`,
		},
		"a resource that failed is planned once: in the step that speaks of it": {
			start:  `a::1 (error)`,
			groups: "a::1\n=\na::1",
			end:    `a::1`,
			want:   `update a::1 has_error`,
		},
		"a resource that failed is planned once: in the step that reaches it": {
			start: `
				a::1 {"size":1}
				b::1 -> a::1 (error)`,
			groups: `a::1 {"size":2}`,
			end: `
				a::1 {"size":2}
				b::1 -> a::1`,
			want: `
				update a::1 has_diff <replace /size 2>
				update b::1 has_error`,
		},
		"a resource that failed is planned once: else in the last step": {
			start:  "a::1 (error) | b::1",
			groups: "b::1\n=\nb::1 | c::1",
			end:    "a::1 | b::1 | c::1",
			want:   "create c::1 does_not_exist\n\nupdate a::1 has_error",
		},
		"what has to be made again and stays is created where it belongs": {
			start:  `a::1 {"size":1} (recreate)`,
			groups: "b::1\n=\n" + `a::1 {"size":2}`,
			end:    "a::1 {\"size\":2} | b::1",
			want:   "create b::1 does_not_exist\n\ncreate a::1 does_not_exist",
		},
		"what has to be made again for a while only says so": {
			start:  `a::1 {"size":1} (recreate)`,
			groups: `a::1 {"size":2}`,
			end:    ``,
			want:   "create a::1 needs_recreate <replace /size 2>\n\ndelete a::1 not_desired",
		},
		"what is in no diff and not in the end is only deleted": {
			start:  "a::1 {\"size\":1} | b::1 -> a::1 (error) | c::1 -> b::1 (recreate)",
			groups: `a::1 {"size":2}`,
			end:    `a::1 {"size":2}`,
			want:   "update a::1 has_diff <replace /size 2>\n\ndelete c::1 not_desired\ndelete b::1 not_desired",
		},
		"what is in a diff lives until the end": {
			start:  "a::1 {\"size\":1} (pending) | b::1 -> a::1",
			groups: `a::1 {"size":2}`,
			end:    `c::1`,
			want:   "update a::1 has_diff <replace /size 2>\n\ncreate c::1 does_not_exist\ndelete b::1 not_desired\ndelete a::1 not_desired",
		},
		"start's own marks of pending deletion mean nothing": {
			start:  `a::1 {"size":1} (pending)`,
			groups: `b::1`,
			end:    "a::1 {\"size\":2} | b::1",
			want:   "create b::1 does_not_exist\n\nupdate a::1 has_diff <replace /size 2>",
		},
		"leftovers that miss something never block": {
			start:  "a::1 -> x::missing | b::1 -> a::1 y::missing",
			groups: `c::1`,
			end:    `c::1`,
			want:   "create c::1 does_not_exist\n\ndelete b::1 not_desired\ndelete a::1 not_desired",
		},
		"force update applies to the last step": {
			start:  "a::1 | b::1 -> a::1 | c::1",
			groups: `a::1`,
			end:    "a::1 | b::1 -> a::1 | d::1",
			force:  true,
			want:   "update a::1 force_update, create d::1 does_not_exist\nupdate b::1 force_update\ndelete c::1 not_desired",
		},
		"a diff that turns a chain around moves its layers": {
			start:  "a::1 | b::1 -> a::1 | c::1 -> b::1",
			groups: "a::1 {\"size\":1} -> c::1 | b::1 {\"size\":1} | c::1 {\"size\":1} -> b::1",
			end:    "a::1 {\"size\":1} -> c::1 | b::1 {\"size\":1} | c::1 {\"size\":1} -> b::1",
			want: `
				update b::1 has_diff <add /size 1>
				update c::1 dependency_updated [b::1] <add /size 1>
				update a::1 dependency_updated [c::1] <add /size 1>`,
		},
		"a diff with another dependency moves what stands above it": {
			start: "a::1 | b::1 | c::1 -> b::1 | d::1 -> a::1 c::1",
			groups: `
				a::1 {"size":1}
				b::1 -> a::1`,
			end: "a::1 {\"size\":1} | b::1 -> a::1 | c::1 -> b::1 | d::1 -> a::1 c::1",
			want: `
				update a::1 has_diff <add /size 1>
				update b::1 dependency_updated [a::1]
				update c::1 dependency_updated [b::1]
				update d::1 dependency_updated [a::1 c::1]`,
		},
		"a new resource of a type concerns what depends on the type": {
			start:  "a::1 -> *b | c::1 -> a::1",
			groups: `b::1`,
			end:    "a::1 -> *b | b::1 | c::1 -> a::1",
			want: `
				create b::1 does_not_exist
				update a::1 dependency_updated [*b]
				update c::1 dependency_updated [a::1]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			plans, err := resource.PlanSteps(nil, parseState(t, c.start),
				resource.PlanOptions{ForceUpdate: c.force},
				resource.Steps{Groups: parseGroups(t, c.groups), Prompt: parseState(t, c.prompt), Last: parseState(t, c.last), End: parseState(t, c.end)})
			checkStory(t, plans, err, c.want)
		})
	}
}

func TestConstraintsOrderTheLastStep(t *testing.T) {
	constraint := func(before, after string) []resource.Constraint {
		return []resource.Constraint{{Before: parseIdentifiers(t, before), After: parseIdentifiers(t, after)}}
	}
	for name, c := range map[string]struct {
		start, end       string
		creates, deletes []resource.Constraint
		want             string
	}{
		"creates wait for all of others, and what depends on them too": {
			end:     `a::1 | a::2 -> a::1 | b::1 | b::2 -> b::1 | c::1`,
			creates: constraint("a::1 a::2 x::missing", "b::1 x::missing"),
			want: `
				create a::1 does_not_exist, create c::1 does_not_exist
				create a::2 does_not_exist
				create b::1 does_not_exist
				create b::2 does_not_exist`,
		},
		"updates wait, and are not caused by what they wait for": {
			start:   `a::1 {"size":1} | b::1 {"size":1} | b::2`,
			end:     `a::1 {"size":2} | b::1 {"size":2} | b::2`,
			creates: constraint("a::1", "b::1 b::2"),
			want: `
				update a::1 has_diff <replace /size 2>
				update b::1 has_diff <replace /size 2>`,
		},
		"deletes wait for all of others, and what these depend on too": {
			start:   `a::1 | a::2 -> a::1 | b::1 | b::2 -> b::1 | c::1`,
			deletes: constraint("b::1 b::2", "a::1 a::2"),
			want: `
				delete b::2 not_desired, delete c::1 not_desired
				delete b::1 not_desired
				delete a::2 not_desired
				delete a::1 not_desired`,
		},
		"what stays counts in the order of deletes": {
			start:   `a::1 | b::1 | c::1 -> b::1`,
			end:     `b::1`,
			deletes: constraint("b::1", "a::1"),
			want: `
				delete c::1 not_desired
				delete a::1 not_desired`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			plans, err := resource.PlanSteps(nil, parseState(t, c.start), resource.PlanOptions{}, resource.Steps{
				End: parseState(t, c.end), Creates: c.creates, Deletes: c.deletes,
			})
			checkStory(t, plans, err, c.want)
		})
	}
	for want, c := range map[string]struct {
		deletes    bool
		constraint []resource.Constraint
	}{
		"dependencies form a cycle: a::1 -> b::1 -> a::1": {false, constraint("b::1", "a::1")},
		"dependencies form a cycle: b::1 -> c::1 -> b::1": {true, constraint("c::1", "a::2 b::1")},
		"dependencies form a cycle: d::1 -> d::1":         {true, constraint("d::1", "d::1")},
	} {
		state := parseState(t, "a::1 | a::2 | b::1 -> a::1 c::1 | c::1 -> a::1 | d::1")
		start, steps := resource.NewState(), resource.Steps{End: state, Creates: c.constraint}
		if c.deletes {
			start, steps = state, resource.Steps{End: resource.NewState(), Deletes: c.constraint}
		}
		plans, err := resource.PlanSteps(nil, start, resource.PlanOptions{}, steps)
		var cycle *resource.CycleError
		if !errors.As(err, &cycle) || err.Error() != want {
			t.Errorf("got %v and\n%s\nwant %s", err, story(plans), want)
		}
	}
}

// What waits for its deletion is above what a constraint deletes after it, and so is what depends on its type: the
// service has a phase of its own, although the update that it follows is in the first one.
func TestConstraintsRaiseWhatWaitsForItsDeletion(t *testing.T) {
	state := `node::1 {"size":2} | mark::1 -> node::1 | service::1 -> *node`
	plans, err := resource.PlanSteps(nil,
		parseState(t, strings.Replace(state, "2", "1", 1)+` | node::2 | mark::2 -> node::1`), resource.PlanOptions{},
		resource.Steps{
			Groups: parseGroups(t, `node::1 {"size":2}`),
			End:    parseState(t, state),
			Deletes: []resource.Constraint{{
				Before: parseIdentifiers(t, "node::2"), After: parseIdentifiers(t, "mark::2"),
			}},
		})
	checkStory(t, plans, err, `
		update node::1 has_diff <replace /size 2>
		update mark::1 dependency_updated [node::1]
		update service::1 dependency_updated [*node]

		delete node::2 not_desired
		delete mark::2 not_desired`)
}

func checkStory(t *testing.T, plans []resource.Plan, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := story(plans), unindent(want); got != want {
		t.Errorf("the plans are\n%s\n\nand should be\n%s", got, want)
	}
}

func TestPlanAllTellsAStory(t *testing.T) {
	for name, c := range map[string]struct {
		start  string
		wanted []string
		force  bool
		want   string
	}{
		"nothing is wanted": {start: `a::1`},
		"from nothing to nothing": {
			wanted: []string{``, ``},
		},
		"everything goes, dependents first, also through what stays": {
			start:  "a::1 | b::1 -> a::1 | c::1 -> b::1 | d::1 -> a::1 | e::1 -> x::missing",
			wanted: []string{`b::1`},
			want: "update b::1 dependencies_changed\n" +
				"delete c::1 not_desired, delete d::1 not_desired, delete e::1 not_desired\ndelete a::1 not_desired",
		},
		"changed dependencies are recorded, and nothing follows": {
			start:  "a::1 -> x::1 | b::1 -> a::1 | c::1 -> *b | x::1 | y::1",
			wanted: []string{"a::1 -> y::1 | b::1 -> a::1 | c::1 -> *b *y | x::1 | y::1"},
			want:   "update a::1 dependencies_changed\nupdate c::1 dependencies_changed",
		},
		"dependencies are sets": {
			start:  "a::1 -> x::1 y::1 *p *q | x::1 | y::1 | b::1 -> x::1 y::1",
			wanted: []string{"a::1 -> y::1 x::1 y::1 *q *p *q | x::1 | y::1 | b::1 -> x::1 y::1 x::1"},
		},
		"any other reason comes before changed dependencies": {
			start:  `a::1 -> x::1 (error) | b::1 {"size":1} -> x::1 | c::1 -> x::1 | d::1 -> x::1 (recreate) | e::1 -> x::1 (pending) | x::1`,
			wanted: []string{`a::1 | b::1 {"size":2} | c::1 -> b::1 | d::1 | e::1 | x::1`},
			want: "update a::1 has_error, update b::1 has_diff <replace /size 2>, create d::1 needs_recreate\n" +
				"update c::1 dependency_updated [b::1]",
		},
		"executors": {
			start:  "a::1 (at any) | b::1 (at host x) | c::1 (at host x) | d::1 (at primary n)",
			wanted: []string{"a::1 (at manager) | b::1 (at host y) | c::1 (at any) | d::1 (at primary m)"},
			want:   "update a::1 dependencies_changed, update c::1 dependencies_changed, update d::1 dependencies_changed",
		},
		"what is removed and wanted again is created": {
			start:  `a::1`,
			wanted: []string{``, `a::1`},
			want:   "delete a::1 not_desired\n\ncreate a::1 does_not_exist",
		},
		"force update applies to the last state": {
			start:  `a::1`,
			wanted: []string{"a::1 | b::1", "a::1 | b::1"},
			force:  true,
			want:   "create b::1 does_not_exist\n\nupdate a::1 force_update, update b::1 force_update",
		},
		"the first rule that matches decides": {
			start: `
				a::changed {"size":1}
				b::error {"size":1} -> a::changed (error)
				b::pending {"size":1} -> a::changed (pending) (error) (recreate)
				b::reached {"size":1} -> a::changed
				b::recreate {"size":1} -> a::changed (recreate) (error)`,
			wanted: []string{`
				a::changed {"size":2}
				b::error {"size":2} -> a::changed
				b::new {"size":2} -> a::changed
				b::pending {"size":2} -> a::changed
				b::reached {"size":2} -> a::changed
				b::recreate {"size":2} -> a::changed`},
			want: `
				update a::changed has_diff <replace /size 2>
				update b::error has_error <replace /size 2>, ` +
				`create b::new does_not_exist, ` +
				`update b::reached dependency_updated [a::changed] <replace /size 2>, ` +
				`create b::recreate needs_recreate <replace /size 2>`,
		},
		"marks of a wanted state are what the next step finds": {
			start:  `a::1`,
			wanted: []string{"a::1 (error) | b::1 (pending) | c::1 (recreate)", `a::1 {"size":1} | b::1 {"size":1} | c::1 {"size":1}`},
			want: `
				create b::1 does_not_exist, create c::1 does_not_exist

				update a::1 has_error <add /size 1>, create c::1 needs_recreate <add /size 1>`,
		},
		"versions that differ are not compared": {
			start:  `a::1 {"size":1}`,
			wanted: []string{`a::1 {"size":2} (version 2)`},
		},
		"what is to be ignored is the wanted side's business": {
			start:  "a::1 {\"size\":1} (ignore /size) | b::1 {\"size\":1}",
			wanted: []string{"a::1 {\"size\":2} | b::1 {\"size\":2} (ignore /size)"},
			want:   "update a::1 has_diff <replace /size 2>",
		},
		"a type of which nothing is there makes no layer": {
			wanted: []string{"a::1 -> *x | b::1 -> a::1"},
			want:   "create a::1 does_not_exist\ncreate b::1 does_not_exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var wanted []*resource.State
			for _, text := range c.wanted {
				wanted = append(wanted, parseState(t, text))
			}
			plans, err := resource.PlanAll(nil, parseState(t, c.start), resource.PlanOptions{ForceUpdate: c.force}, wanted...)
			checkStory(t, plans, err, c.want)
		})
	}
}

func TestEventsHoldResourcesWithoutMarks(t *testing.T) {
	marked := func() *resource.State {
		return parseState(t, "a::1 {\"size\":2} (error) (pending) | b::1 (recreate) | c::1 -> *a (error)")
	}
	start := parseState(t, "a::1 {\"size\":1} | c::1 -> *a | d::1 (error) (recreate) (pending)")
	all, err := resource.PlanAll(nil, start, resource.PlanOptions{}, marked())
	if err != nil {
		t.Fatal(err)
	}
	steps, err := resource.PlanSteps(nil, start, resource.PlanOptions{}, resource.Steps{Groups: [][]*resource.State{{marked()}}, End: marked()})
	if err != nil {
		t.Fatal(err)
	}
	for _, plans := range [][]resource.Plan{all, steps} {
		events := 0
		for _, plan := range plans {
			for _, phase := range plan.Phases {
				for _, e := range phase.Events {
					events++
					if isMarked := e.Resource.Wanted() != e.Resource; isMarked != (e.Type == resource.EventDelete) {
						t.Errorf("%s: marked is %v", tell(e), isMarked)
					}
				}
			}
		}
		if events != 4 {
			t.Errorf("got %d events, want 4:\n%s", events, story(plans))
		}
	}
}

func TestPlanningRefuses(t *testing.T) {
	type testCase struct{ start, groups, end, want string }
	for name, c := range map[string]testCase{
		"a dependency that is not in the end": {
			end:  "a::1 -> x::1 b::1 x::1 | b::1 -> y::1",
			want: "resource a::1 depends on x::1, which is not in the state\nresource b::1 depends on y::1, which is not in the state",
		},
		"a dependency that is not there yet when a step needs it": {
			groups: "a::1 -> b::1\n=\nb::1", end: "a::1 -> b::1 | b::1",
			want: "resource a::1 depends on b::1, which is not in the state",
		},
		"a dependency that has to be made again when a step needs it": {
			start: "b::1 (recreate)", groups: "a::1 -> b::1 | c::1 -> d::1 b::1\n=\nb::1", end: "a::1 -> b::1 | b::1",
			want: "resource a::1 depends on b::1, which is not in the state\n" +
				"resource c::1 depends on b::1, which is not in the state\nresource c::1 depends on d::1, which is not in the state",
		},
		"a resource that depends on itself":                     {end: "b::1 -> b::1 | a::2 | a::1 -> a::1", want: "resource a::1 depends on itself"},
		"a resource of a diff that depends on itself":           {groups: "c::1 -> c::1 | b::1 -> a::1 b::1 | a::1", want: "resource b::1 depends on itself"},
		"a resource that depends on its own type":               {end: "a::1 -> *b *a", want: "resource a::1 depends on its own type a"},
		"a cycle in the end":                                    {end: "b::1 -> a::1 | a::1 -> c::1 | c::1 -> b::1 | d::1 -> b::1", want: "dependencies form a cycle: a::1 -> c::1 -> b::1 -> a::1"},
		"a cycle of a diff":                                     {groups: "b::1 -> a::1 | a::1 -> b::1", end: "a::1 | b::1", want: "dependencies form a cycle: a::1 -> b::1 -> a::1"},
		"a cycle of a diff and a record that stays":             {start: "a::1 -> b::1 | b::1", groups: "b::1 -> a::1", end: "a::1 -> b::1 | b::1", want: "dependencies form a cycle: a::1 -> b::1 -> a::1"},
		"a cycle that two diffs make":                           {groups: "b::1\n=\na::1 -> b::1\n=\nb::1 -> a::1", end: "a::1 | b::1", want: "dependencies form a cycle: a::1 -> b::1 -> a::1"},
		"a cycle through a type that a diff brings to life":     {start: "a::1 -> *b | c::1 -> a::1", groups: "b::1 -> c::1", end: "a::1 -> *b | c::1 -> a::1", want: "dependencies form a cycle: a::1 -> b::1 -> c::1 -> a::1"},
		"a missing dependency before a cycle":                   {end: "a::1 -> b::1 | b::1 -> a::1 | c::1 -> d::1", want: "resource c::1 depends on d::1, which is not in the state"},
		"an error of a step before one of the end":              {groups: "c::1 -> d::1", end: "a::1 -> a::1", want: "resource c::1 depends on d::1, which is not in the state"},
		"a dependency on itself before a missing dependency":    {end: "a::1 -> x::1 | b::1 -> b::1", want: "resource b::1 depends on itself"},
		"the errors of the first of several states, in PlanAll": {groups: "c::1 -> d::1", end: "a::1 -> a::1", want: "resource c::1 depends on d::1, which is not in the state"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // states are maps: which resource is met first is a matter of luck
				start, groups, end := parseState(t, c.start), [][]*resource.State(nil), parseState(t, c.end)
				if c.groups != "" {
					groups = parseGroups(t, c.groups)
				}
				plans, err := resource.PlanSteps(nil, start, resource.PlanOptions{}, resource.Steps{Groups: groups, End: end})
				if strings.HasSuffix(name, "in PlanAll") {
					plans, err = resource.PlanAll(nil, start, resource.PlanOptions{}, groups[0][0], end)
				}
				if err == nil || plans != nil || err.Error() != c.want {
					t.Fatalf("got %v and\n%s\nwant %s", err, story(plans), c.want)
				}
			}
		})
	}
}

func TestErrorsCarryWhatTheyName(t *testing.T) {
	plan := func(end string) error {
		_, err := resource.PlanAll(nil, resource.NewState(), resource.PlanOptions{}, parseState(t, end))
		return fmt.Errorf("wrapped: %w", err)
	}
	var missing *resource.MissingDependencyError
	if err := plan("a::1 -> b::1 b::2"); !errors.As(err, &missing) ||
		missing.Resource.String() != "a::1" || missing.Dependency.String() != "b::1" {
		t.Errorf("got %v", err)
	}
	var self *resource.SelfDependencyError
	if err := plan("a::1 -> *a"); !errors.As(err, &self) || self.Resource.String() != "a::1" || self.Type != "a" {
		t.Errorf("got %v", err)
	}
	var cycle *resource.CycleError
	if err := plan("b::1 -> a::1 | a::1 -> b::1"); !errors.As(err, &cycle) || fmt.Sprint(cycle.Path) != "[a::1 b::1]" {
		t.Errorf("got %v", err)
	}
}

func TestPlanningRefusesAttributesThatAreNoJSON(t *testing.T) {
	start, end := parseState(t, `a::1 {"size":1}`), parseState(t, `a::1 {"size":`)
	var problem *jsontext.Error
	if _, err := resource.PlanAll(nil, start, resource.PlanOptions{}, end); !errors.As(err, &problem) {
		t.Errorf("got %v, want a JSONError", err)
	}
	groups := [][]*resource.State{{end}}
	if _, err := resource.PlanSteps(nil, start, resource.PlanOptions{}, resource.Steps{Groups: groups, End: start}); !errors.As(err, &problem) {
		t.Errorf("got %v, want a JSONError", err)
	}
}

func TestPlanningStopsWhenInterrupted(t *testing.T) {
	start, other := parseState(t, `a::1`), parseState(t, `a::1 {"size":1}`)
	done := make(chan struct{})
	plan := func() (steps, settle, all error) {
		options := resource.PlanOptions{}
		_, steps = resource.PlanSteps(interrupt.When(done), start, options, resource.Steps{Groups: [][]*resource.State{{other}}, End: resource.NewState()})
		_, settle = resource.PlanSteps(interrupt.When(done), start, options, resource.Steps{End: other})
		_, all = resource.PlanAll(interrupt.When(done), start, options, other)
		return steps, settle, all
	}
	if steps, settle, all := plan(); steps != nil || settle != nil || all != nil {
		t.Errorf("not interrupted, got %v, %v, %v", steps, settle, all)
	}
	close(done)
	if steps, settle, all := plan(); !errors.Is(steps, interrupt.ErrInterrupted) ||
		!errors.Is(settle, interrupt.ErrInterrupted) || !errors.Is(all, interrupt.ErrInterrupted) {
		t.Errorf("interrupted, got %v, %v, %v", steps, settle, all)
	}
}

func TestPlanRefresh(t *testing.T) {
	state := parseState(t, "c::1 -> b::1 x::missing (error) | b::1 -> *a | a::2 (recreate) | a::1 (pending) | d::1")
	plan, err := resource.PlanRefresh(nil, state)
	checkStory(t, []resource.Plan{plan}, err, `
		refresh a::1, refresh a::2, refresh d::1
		refresh b::1
		refresh c::1`)
	for _, phase := range plan.Phases {
		for _, e := range phase.Events {
			if r, _ := state.Get(e.Resource.Identifier); !sameResource(r, e.Resource) {
				t.Errorf("%s is not as it is in the state", e.Resource.Identifier)
			}
		}
	}
	if plan, err := resource.PlanRefresh(nil, resource.NewState()); err != nil || len(plan.Phases) != 0 {
		t.Errorf("an empty state: got %v, %v", plan, err)
	}
	plan, err = resource.PlanRefresh(nil, parseState(t, "a::1 -> b::1 | b::1 -> a::1 c::1 | c::1 -> c::1 | d::1 -> a::1"))
	checkStory(t, []resource.Plan{plan}, err, `
		refresh c::1
		refresh a::1, refresh b::1
		refresh d::1`)
}

// TestRecordsLater: of some types, changed dependencies are recorded with the next event, or after one that came too early.
func TestRecordsLater(t *testing.T) {
	options := resource.PlanOptions{RecordsLater: func(t resource.Type) bool { return t == "own" }}
	for name, c := range map[string]struct{ start, groups, end, want string }{
		"no event": {start: "own::1 -> x::1 | x::1", end: "own::1 | x::1"},
		"the next event": {
			start: `own::1 {"size":1} -> x::1 | x::1`, end: `own::1 {"size":2} | x::1`, want: "update own::1 has_diff <replace /size 2>",
		},
		"an event that came too early": {
			start: `own::1 -> x::1 | x::1 {"size":1}`, groups: `x::1 {"size":2}`, end: `own::1 | x::1 {"size":2}`,
			want: "update x::1 has_diff <replace /size 2>\nupdate own::1 dependency_updated [x::1]\n\nupdate own::1 dependencies_changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			groups := [][]*resource.State(nil)
			if c.groups != "" {
				groups = parseGroups(t, c.groups)
			}
			steps := resource.Steps{Groups: groups, End: parseState(t, c.end)}
			plans, err := resource.PlanSteps(nil, parseState(t, c.start), options, steps)
			checkStory(t, plans, err, c.want)
			for _, plan := range plans {
				for _, phase := range plan.Phases {
					for _, e := range phase.Events {
						if e.Reason == resource.ReasonDependenciesChanged && len(e.Resource.Dependencies) > 0 {
							t.Errorf("%v is not recorded as wanted", e.Resource.Identifier)
						}
					}
				}
			}
		})
	}
}

// TestCyclesOfRecordsAreHarmless: what records say of each other in a cycle, or of themselves, blocks nothing.
func TestCyclesOfRecordsAreHarmless(t *testing.T) {
	for name, c := range map[string]struct{ start, groups, end, want string }{
		"a record that depends on itself": {
			start: "b::1 -> b::1 | a::1 -> *a", end: "b::1",
			want: "update b::1 dependencies_changed\ndelete a::1 not_desired",
		},
		"a cycle that a diff makes with a record": {
			start: "a::1 -> b::1 | b::1", groups: "b::1 -> a::1", end: "a::1 | b::1",
			want: "update b::1 dependencies_changed\n\nupdate a::1 dependencies_changed, update b::1 dependencies_changed",
		},
		"a dependency that is turned round, in one diff": {
			start: "a::1 -> b::1 | b::1", groups: `a::1 | b::1 {"x":1} -> a::1`, end: `a::1 | b::1 {"x":1} -> a::1`,
			want: "update a::1 dependencies_changed\nupdate b::1 has_diff <add /x 1>",
		},
		"a dependency that is turned round, in two": {
			start: "a::1 -> b::1 | b::1", groups: `b::1 {"x":1} -> a::1` + "\n=\na::1", end: `a::1 | b::1 {"x":1} -> a::1`,
			want: "update b::1 has_diff <add /x 1>\n\nupdate a::1 dependencies_changed",
		},
		"a cycle of leftovers": {
			start: "a::1 -> b::1 | b::1 -> a::1", want: "delete a::1 not_desired, delete b::1 not_desired",
		},
		"leftovers above and below a cycle": {
			start: "a::1 -> b::1 | b::1 -> a::1 c::1 | c::1 | d::1 -> a::1",
			want:  "delete d::1 not_desired\ndelete a::1 not_desired, delete b::1 not_desired\ndelete c::1 not_desired",
		},
		"a leftover beside a cycle that stays": {
			start: "a::1 -> b::1 | b::1 -> a::1 | c::1 -> b::1", end: "a::1 -> b::1 | b::1",
			want: "update b::1 dependencies_changed\ndelete c::1 not_desired",
		},
		"a cycle of a leftover with what stays, through a type": {
			start: "a::1 -> *b | b::1 -> c::1 | c::1 -> a::1", groups: `a::1 {"x":1} -> *b`, end: `a::1 {"x":1} -> *b | c::1 -> a::1`,
			want: "update a::1 has_diff <add /x 1>\nupdate c::1 dependency_updated [a::1]\n\ndelete b::1 not_desired",
		},
	} {
		t.Run(name, func(t *testing.T) {
			start, groups, end := parseState(t, c.start), [][]*resource.State(nil), parseState(t, c.end)
			if c.groups != "" {
				groups = parseGroups(t, c.groups)
			}
			plans, err := resource.PlanSteps(nil, start, resource.PlanOptions{}, resource.Steps{Groups: groups, End: end})
			checkStory(t, plans, err, c.want)
		})
	}
}

func TestPlansOfOneRunAreNotChangedByTheNext(t *testing.T) {
	for i := range 200 {
		p := problemOf(i, smallProblem, (*generator).diffs)
		start, steps := build(p.start), p.steps()
		options := resource.PlanOptions{ForceUpdate: p.force}
		first, err := resource.PlanSteps(nil, start, options, steps)
		if err != nil {
			continue
		}
		before := printPlans(first)
		second, err := resource.PlanSteps(nil, start, options, steps)
		if err != nil || printPlans(first) != before || printPlans(second) != before {
			t.Fatalf("the second run gives %v and\n%s\nthe first one is now\n%s\nand was\n%s",
				err, printPlans(second), printPlans(first), before)
		}
	}
}

// TestChainsAreNotRecursedAlong plans long chains with a small stack.
func TestChainsAreNotRecursedAlong(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(256 << 10))
	const n = 200_000
	long, cyclic := chain(n), chain(n, id("a", n-1))
	changed := long.Clone()
	changed.Add(different("a", 0))
	// What is below the change is looked at for what waits, and what is above it follows.
	user := &resource.Resource{Identifier: id("b", 0), Dependencies: []resource.Identifier{id("a", n-1), id("c", 0)}}
	long.Add(bare("c", 0))
	changed.Add(different("c", 0))
	long.Add(user)
	changed.Add(user)
	plans, err := resource.PlanSteps(nil, long, resource.PlanOptions{}, resource.Steps{
		Groups: [][]*resource.State{{resource.NewState(different("c", 0))}, {resource.NewState(different("a", 0))}},
		End:    changed,
	})
	if err != nil || len(plans) != 2 || len(plans[0].Phases) != 2 || len(plans[1].Phases) != n+1 {
		t.Errorf("updates: got %d plans, %v", len(plans), err)
	}
	plans, err = resource.PlanAll(nil, long, resource.PlanOptions{}, resource.NewState())
	if err != nil || len(plans) != 1 || len(plans[0].Phases) != n+1 {
		t.Errorf("deletes: got %d plans, %v", len(plans), err)
	}
	var cycle *resource.CycleError
	if _, err := resource.PlanAll(nil, long, resource.PlanOptions{}, cyclic); !errors.As(err, &cycle) || len(cycle.Path) != n {
		t.Error("the cycle is not found")
	}
	plans, err = resource.PlanAll(nil, cyclic, resource.PlanOptions{}, resource.NewState())
	if err != nil || len(plans) != 1 || len(plans[0].Phases) != 1 || len(plans[0].Phases[0].Events) != n {
		t.Errorf("deletes in a cycle: got %d plans, %v", len(plans), err)
	}
	if found := long.Dependents(nil, id("a", 0)); len(found) != n {
		t.Errorf("got %d dependents", len(found))
	}
}
