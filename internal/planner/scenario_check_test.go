package planner_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// checkInputUnchanged compares what the planner was given with a copy that it has not seen.
func (s scenario) checkInputUnchanged(t *testing.T, start *resource.State, w *wish) {
	t.Helper()
	if !reflect.DeepEqual(start, buildStart(t, s.start)) {
		t.Error("the start state was changed")
	}
	if !reflect.DeepEqual(w, parseWish(t, s.wish)) {
		t.Error("the wish was changed")
	}
}

// checkOrder shuffles all lists whose order has no meaning, and wants the same outcome, plans down to their
// digest.
func (s scenario) checkOrder(t *testing.T, want string) {
	t.Helper()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 0))
		start, w := buildStart(t, s.start), parseWish(t, s.wish)
		shuffled := start.Resources()
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		w.shuffle(rng)
		got := w.call(resource.NewState(shuffled...))
		text := notation.Plans(got.plans) + execution.Digest(got.plans)
		if s.kind == kindStates {
			text = notation.States(got.states)
		}
		if got.err != nil || text != want {
			t.Fatalf("in another order: %v\n%s", got.err, diffLines(want, text))
		}
	}
}

// shuffle changes the order of resources around instances and services, and of services. That of nodes
// and instances has a meaning and stays.
func (w *wish) shuffle(rng *rand.Rand) {
	instances := func(list ...*planner.InstanceResources) {
		for _, i := range list {
			shuffle(rng, i.InstanceDependencies)
			shuffle(rng, i.DatabaseDependencies)
			shuffle(rng, i.NodeDependents)
		}
	}
	for _, n := range w.nodes {
		instances(n.InstanceResources...)
		shuffle(rng, n.Scripts)
	}
	for _, n := range w.targets {
		instances(n.PrimaryInstance, n.RestoreInstance)
		instances(n.ReplicaInstances...)
	}
	shuffle(rng, w.options.Services)
	for _, service := range w.options.Services {
		shuffle(rng, service.Resources)
	}
}

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// checkExecution executes the plans phase by phase as an orchestrator does, and checks that every event
// finds what it depends on, that the result is the end state, and that there is nothing left to do then.
// After each phase, the planner is asked again: from wherever it stopped, the same end is reached. Every
// answer is judged.
func (s scenario) checkExecution(t *testing.T, answer []resource.Plan) {
	t.Helper()
	w := parseWish(t, s.wish)
	state := buildStart(t, s.start)
	w.judged(t, "the answer", state, answer)
	for i, plan := range answer {
		for j, phase := range plan.Phases {
			checkPhase(t, state, phase, i+1, j+1)
			for _, e := range phase.Events {
				state.Apply(e)
			}
			again := w.call(copyState(state))
			if again.err != nil {
				t.Errorf("asked again after phase %d.%d: %v", i+1, j+1, again.err)
				continue
			}
			w.judged(t, fmt.Sprintf("asked again after phase %d.%d", i+1, j+1), state, again.plans)
			checkEnd(t, execution.After(state, again.plans...), w.endState())
		}
	}
	checkEnd(t, state, w.endState())
	w.checkSettled(t, state)
}

// checkPhase checks that a state is ready for all events of a phase, in whatever order they run.
func checkPhase(t *testing.T, state *resource.State, phase resource.Phase, planNumber, phaseNumber int) {
	t.Helper()
	for _, e := range phase.Events {
		id := e.Resource.Identifier
		if e.Type == resource.EventDelete {
			for _, r := range state.Resources() {
				if slices.Contains(r.Dependencies, id) {
					t.Errorf("phase %d.%d deletes %s, while %s depends on it", planNumber, phaseNumber, id, r.Identifier)
				}
			}
			continue
		}
		if e.Resource.NeedsRecreate || e.Resource.PendingDeletion || e.Resource.Error != "" {
			t.Errorf("phase %d.%d wants %s to carry a mark", planNumber, phaseNumber, id)
		}
		for _, dependency := range e.Resource.Dependencies {
			if found, ok := state.Get(dependency); !ok || found.NeedsRecreate {
				t.Errorf("phase %d.%d: %s does not find %s", planNumber, phaseNumber, id, dependency)
			}
		}
	}
}

// all are the wanted nodes, with those that are restored.
func (w *wish) all() []*planner.NodeResources { return databases.Restored(w.nodes, w.targets) }

// endState is the state in which everything is as wished.
func (w *wish) endState() *resource.State {
	if w.function == "UpdateDatabase" {
		return databases.End(w.all(), w.options.Services...)
	}
	return databases.End(w.all())
}

// inOrder is a resource of the catalog with what it lists as dependencies in ascending order: they are sets.
func inOrder(t *testing.T, r *resource.Resource) *resource.Resource {
	t.Helper()
	if !database.IsCatalogType(r.Identifier.Type) {
		return r
	}
	attributes := make(map[string]json.RawMessage)
	if err := json.Unmarshal(r.Attributes, &attributes); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"dependencies", "extra_dependencies"} {
		var list []struct{ ID, Type string }
		if err := json.Unmarshal(attributes[key], &list); err != nil || len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b struct{ ID, Type string }) int { return strings.Compare(a.Type+a.ID, b.Type+b.ID) })
		attributes[key], _ = json.Marshal(list)
	}
	ordered := *r
	ordered.Attributes, _ = json.Marshal(attributes)
	return &ordered
}

// checkEnd checks that a state holds what the end state holds, no more and no less, without any mark.
func checkEnd(t *testing.T, state, end *resource.State) {
	t.Helper()
	for _, got := range state.Resources() {
		if _, ok := end.Get(got.Identifier); !ok {
			t.Errorf("%s is left over", got.Identifier)
		}
		if got.NeedsRecreate || got.PendingDeletion || got.Error != "" {
			t.Errorf("%s carries a mark at the end", got.Identifier)
		}
	}
	for _, want := range end.Resources() {
		got, ok := state.Get(want.Identifier)
		if !ok {
			t.Errorf("%s is missing at the end", want.Identifier)
			continue
		}
		if diff, err := resource.DiffAttributes(nil, inOrder(t, got), inOrder(t, want)); err != nil || len(diff) > 0 {
			t.Errorf("%s has other attributes at the end: %v %v", want.Identifier, diff, err)
		}
		// What the planner made itself has its dependencies in its attributes, too. What another one made may leave out
		// what is clear without its record.
		dependencies := slices.Concat(got.Dependencies, database.MissingDependencies(nil, got))
		if database.IsCatalogType(want.Identifier.Type) && !sameSet(dependencies, want.Dependencies) {
			t.Errorf("%s depends on %v, not on %v", want.Identifier, dependencies, want.Dependencies)
		}
	}
}

func sameSet(a, b []resource.Identifier) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, resource.Identifier.Compare)
	slices.SortFunc(b, resource.Identifier.Compare)
	return slices.Equal(a, b)
}

// checkSettled checks that UpdateDatabase has nothing to do in the end state. A restore is not a wish for
// a state but an order, so that for one it is UpdateDatabase with the same nodes that has nothing to do.
func (w *wish) checkSettled(t *testing.T, end *resource.State) {
	t.Helper()
	options := w.options
	options.PlanOptions.ForceUpdate = false
	again, err := planner.UpdateDatabase(options, end, w.all())
	if err != nil || len(again) > 0 {
		t.Errorf("planning from the end: %v\n%s", err, notation.Plans(again))
	}
}
