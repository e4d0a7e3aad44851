package resource_test

import (
	"errors"
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestWhatComesAfterTheLastStep(t *testing.T) {
	for name, c := range map[string]struct {
		start, groups, end, after string
		force, early              bool
		want                      string
	}{
		"after the deletes": {
			start: "a::1 | x::1", end: "a::1 {\"size\":1} | b::1 -> a::1 | c::1 -> b::1", after: "b::1 | c::1",
			want: `
				update a::1 has_diff <add /size 1>
				delete x::1 not_desired

				create b::1 does_not_exist
				create c::1 does_not_exist`,
		},
		"whatever a group holds": {
			start: "b::1", groups: "a::1 | b::1 {\"size\":1} -> s::1", end: "a::1 | b::1 {\"size\":1} -> s::1 | s::1", after: "b::1 | s::1",
			want: `
				create a::1 does_not_exist

				create s::1 does_not_exist
				update b::1 dependency_updated [s::1] <add /size 1>`,
		},
		"because of what has happened before": {
			start: "a::1 | b::1 | c::1 | t::1 -> a::1 b::1 c::1", groups: "a::1 {\"size\":1}",
			end:   "a::1 {\"size\":1} | b::1 {\"size\":1} | c::1 | t::1 -> a::1 b::1 c::1 s::1 | s::1",
			after: "t::1 | s::1",
			want: `
				update a::1 has_diff <add /size 1>

				update b::1 has_diff <add /size 1>

				create s::1 does_not_exist
				update t::1 dependency_updated [a::1 b::1 s::1]`,
		},
		"changed, and nothing follows": {
			start: "b::1 | t::1 {\"size\":1} | u::1 -> t::1", end: "a::1 | b::1 | t::1 {\"size\":1} -> b::1 | u::1 -> t::1", after: "t::1 | u::1",
			want: "create a::1 does_not_exist\n\nupdate t::1 dependencies_changed",
		},
		"what it depends on stays until then": {
			start: "x::1 | x::2 -> x::1 | x::3 | y::1 -> x::2 | t::1 -> x::2",
			end:   "s::1 | t::1 -> s::1", after: "s::1 | t::1",
			want: `
				delete x::3 not_desired, delete y::1 not_desired

				create s::1 does_not_exist
				update t::1 dependency_updated [s::1]
				delete x::2 not_desired
				delete x::1 not_desired`,
		},
		"what it depends on by type does not": {
			start: "x::1 | t::1 -> *x", end: "s::1 | t::1 -> s::1 *x", after: "s::1 | t::1",
			want: "delete x::1 not_desired\n\ncreate s::1 does_not_exist\nupdate t::1 dependency_updated [s::1]",
		},
		"to be made again, it is not deleted, nor what its record depends on": {
			start: "x::1 | s::1 -> x::1 (recreate) | t::1 -> s::1", end: "s::1 | t::1 -> s::1", after: "s::1 | t::1",
			want: `
				create s::1 does_not_exist
				update t::1 dependency_updated [s::1]
				delete x::1 not_desired`,
		},
		"marked for deletion, it is wanted all the same": {
			start: "t::1 (pending)", end: "a::1 | t::1 {\"size\":1}", after: "t::1",
			want: "create a::1 does_not_exist\n\nupdate t::1 has_diff <add /size 1>",
		},
		"what depends on its type follows": {
			start: "d::1 -> *s", end: "a::1 | d::1 -> *s | s::1", after: "s::1",
			want: "create a::1 does_not_exist\n\ncreate s::1 does_not_exist\nupdate d::1 dependency_updated [*s]",
		},
		"all is forced once": {
			start: "a::1 | d::1 -> *s | t::1", groups: "a::1", end: "a::1 | d::1 -> *s | s::1 | t::1", after: "s::1 | t::1",
			force: true,
			want: `
				update a::1 force_update, update d::1 force_update

				create s::1 does_not_exist, update t::1 force_update
				update d::1 dependency_updated [*s]`,
		},
		"records in a cycle": {
			start: "x::1 -> x::2 | x::2 -> x::1 t::1 | t::1 -> x::1", groups: "a::1", end: "a::1 | s::1 | t::1 -> s::1", after: "s::1 | t::1",
			want: `
				create a::1 does_not_exist

				create s::1 does_not_exist
				update t::1 dependency_updated [s::1]
				delete x::1 not_desired, delete x::2 not_desired`,
		},
		"nothing of the end": {
			start: "a::1", end: "b::1", after: "a::1",
			want: "create b::1 does_not_exist\ndelete a::1 not_desired",
		},
	} {
		t.Run(name, func(t *testing.T) {
			plans, err := resource.PlanSteps(nil, parseState(t, c.start), resource.PlanOptions{ForceUpdate: c.force}, resource.Steps{
				Groups: parseGroups(t, c.groups), End: parseState(t, c.end), After: parseState(t, c.after), ForceEarly: c.early,
			})
			checkStory(t, plans, err, c.want)
		})
	}
}

// A constraint puts what is held for what comes later before what it deletes after that, in a plan as in the next.
func TestConstraintsHoldWhatIsDeletedLater(t *testing.T) {
	plans, err := resource.PlanSteps(nil, parseState(t, "node::1 | mark::1 | link::1 | t::1 -> node::1"), resource.PlanOptions{}, resource.Steps{
		Groups: parseGroups(t, "a::1"), End: parseState(t, "a::1 | s::1 | t::1 -> s::1"), After: parseState(t, "s::1 | t::1"),
		Deletes: []resource.Constraint{{Before: parseIdentifiers(t, "node::1"), After: parseIdentifiers(t, "mark::1")}},
	})
	checkStory(t, plans, err, `
		create a::1 does_not_exist

		delete link::1 not_desired

		create s::1 does_not_exist
		update t::1 dependency_updated [s::1]
		delete node::1 not_desired
		delete mark::1 not_desired`)
}

// All that is missing is named, also by what comes before.
func TestMissingOfWhatComesAfter(t *testing.T) {
	_, err := resource.PlanSteps(nil, resource.NewState(), resource.PlanOptions{}, resource.Steps{
		End: parseState(t, "a::1 -> x::1 | s::1 -> x::2"), After: parseState(t, "s::1"),
	})
	var missing *resource.MissingDependencyError
	if want := "resource a::1 depends on x::1, which is not in the state\nresource s::1 depends on x::2, which is not in the state"; !errors.As(err, &missing) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
