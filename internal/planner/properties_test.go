package planner_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestPropertiesOfUpdateDatabase states what holds of the plans for every database, whatever its shape,
// its history and its failures. Most of it is about safety: what must never be in a plan.
func TestPropertiesOfUpdateDatabase(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 8, func(t *rapid.T) {
		w := drawWish(t)
		start := drawStart(t, w, seen)
		before := copyState(start)
		nodes, options := w.nodes(), w.options()
		outcome, err := planner.UpdateDatabaseTo(nil, options, start, nodes)
		plans := outcome.Plans

		if !reflect.DeepEqual(start.Resources(), before.Resources()) || !reflect.DeepEqual(nodes, w.nodes()) ||
			!reflect.DeepEqual(options, w.options()) {
			t.Fatal("the input was changed")
		}
		checkOtherOrder(t, w, start, plans, err)
		if err != nil {
			checkRefusal(t, err)
			seen.Add(fmt.Sprintf("refused: %T", err))
			return
		}
		t.Log("\n" + notation.Plans(plans))
		seen.Add("planned")
		c := propertyCheck{T: t, seen: seen, start: before, end: w.end(), plans: plans}
		c.structure()
		c.order()
		c.marksPlannedOnce()
		c.followed()
		if w.Strategy != planner.NodeUpdateStrategyConcurrent && !w.Force {
			c.rolling()
		}
		c.reachesEnd()
		judge(t, "the answer", before, plans, outcome.End, rulesOfUpdate(options, w.nodes()))
		w.Force = false
		c.settled(w)
	},
		"planned", "refused: *planner.NodeLostError", "refused: *planner.PrimaryNotFoundError",
		"refused: *planner.SourceNodeError",
		"start: the end of another wish", "start: stopped on the way", "start: an event failed",
		"start: needs recreation", "start: failed",
		"create", "update", "delete", "deletes after other events", "several events in a phase", "several phases",
		"no plan", "several plans",
		"an event below another one", "a delete below another one", "a type is depended on",
		"planned as failed, before the last plan", "planned as failed, in the last plan",
		"recreated, before the last plan", "recreated, in the last plan",
		"rolling: instances of one node", "rolling: a shared resource is updated", "rolling: waited for its node",
		"populate", "joining node", "joining node whose data is lost", "deleted to be created again", "follows in a later plan",
		"services start where a node has joined",
	)
}

// TestPropertiesOfRestoreDatabase states the same of restoring some of the nodes.
func TestPropertiesOfRestoreDatabase(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 2, func(t *rapid.T) {
		w := drawWish(t)
		w.Services, w.Force = nil, false
		start := w.end()
		if now(t, "other settings", 2) {
			start = drawWish(t).end()
		}
		drawMarks(t, start, seen)
		before := copyState(start)
		request := func() ([]*planner.NodeResources, []*planner.NodeRestoreResources) { return splitForRestore(w) }
		kept, targets := request()
		plans, err := planner.RestoreDatabase(start, kept, targets)

		againKept, againTargets := request()
		if !reflect.DeepEqual(start.Resources(), before.Resources()) || !reflect.DeepEqual(kept, againKept) || !reflect.DeepEqual(targets, againTargets) {
			t.Fatal("the input was changed")
		}
		other, otherErr := planner.RestoreDatabase(shuffled(t, start), kept, targets)
		if execution.Digest(other) != execution.Digest(plans) || fmt.Sprint(otherErr) != fmt.Sprint(err) {
			t.Fatalf("another order gives %v and\n%s\nnot %v and\n%s", otherErr, notation.Plans(other), err, notation.Plans(plans))
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		t.Log("\n" + notation.Plans(plans))
		seen.Add("planned")
		w.Nodes = orderForRestore(w.Nodes)
		c := propertyCheck{T: t, seen: seen, start: before, end: w.end(), plans: plans}
		judge(t, "the answer", before, plans, c.end, rulesOfRestore(planner.RestoreDatabaseOptions{}, kept, targets))
		c.structureOfEach()
		c.order()
		c.reachesEnd()
		c.settled(w)
	}, "planned", "start: needs recreation", "start: failed", "create", "update", "delete",
		"several plans", "an event below another one", "a delete below another one")
}

// splitForRestore makes every second node a target, the first one always.
func splitForRestore(w drawnWish) (kept []*planner.NodeResources, targets []*planner.NodeRestoreResources) {
	for i, n := range w.nodes() {
		if i%2 == 1 {
			kept = append(kept, n)
			continue
		}
		restore := w.instance(w.Nodes[i], w.Nodes[i].Instances[0])
		restore.InstanceDependencies = append(restore.InstanceDependencies,
			orchestrated("restore", restore.Instance.Spec.InstanceID, 0))
		target := databases.Target(n, restore)
		target.RestoreConfig = n.RestoreConfig
		targets = append(targets, target)
	}
	return kept, targets
}

// orderForRestore puts the nodes as RestoreDatabase sees them, without what only new nodes have.
func orderForRestore(nodes []drawnNode) []drawnNode {
	nodes = slices.Clone(nodes)
	for i := range nodes {
		nodes[i].Source = ""
	}
	return nodes
}

// checkRefusal wants an error of the planner that says what to do. One of the engine would say that the
// planner wants what cannot be planned.
func checkRefusal(t *rapid.T, err error) {
	var (
		missing *resource.MissingDependencyError
		self    *resource.SelfDependencyError
		cycle   *resource.CycleError
	)
	if errors.As(err, &missing) || errors.As(err, &self) || errors.As(err, &cycle) {
		t.Fatalf("a sound wish cannot be planned: %v", err)
	}
}

// checkOtherOrder wants the same outcome when lists are filled in another order.
func checkOtherOrder(t *rapid.T, w drawnWish, start *resource.State, plans []resource.Plan, err error) {
	options := w.options()
	if len(options.Services) > 1 {
		options.Services = rapid.Permutation(options.Services).Draw(t, "order of services")
	}
	nodes := w.nodes()
	for _, n := range nodes {
		for _, i := range n.InstanceResources {
			i.InstanceDependencies = rapid.Permutation(i.InstanceDependencies).Draw(t, "order of instance dependencies")
			i.DatabaseDependencies = rapid.Permutation(i.DatabaseDependencies).Draw(t, "order of database dependencies")
		}
	}
	other, otherErr := planner.UpdateDatabase(options, shuffled(t, start), nodes)
	if fmt.Sprint(otherErr) != fmt.Sprint(err) || execution.Digest(other) != execution.Digest(plans) {
		t.Fatalf("another order gives %v and\n%s\nnot %v and\n%s", otherErr, notation.Plans(other), err, notation.Plans(plans))
	}
}

// propertyCheck checks the plans from start to end.
type propertyCheck struct {
	*rapid.T
	seen       testkit.Classes
	start, end *resource.State
	plans      []resource.Plan
}

// structure: what is wanted is deleted only to be made again, with a node that is joining and has to start
// again. Deletes are in the last plan, unless an earlier populate has left something.
func (c propertyCheck) structure() {
	c.structureOfEach()
	c.seen.Count("no plan", len(c.plans) == 0)
	joining := map[string]bool{}
	for _, r := range c.start.OfType(database.TypeRolesSource) {
		node := r.Identifier.ID
		_, wanted := c.end.Get(database.PostgresDatabaseIdentifier(node, "app"))
		joining[node] = wanted
		c.seen.Count("joining node", wanted)
		for _, id := range []resource.Identifier{
			database.PostgresDatabaseIdentifier(node, "app"), database.InstanceIdentifier(node + "-a"),
		} {
			lost, ok := c.start.Get(id)
			c.seen.Count("joining node whose data is lost", wanted && ok && lost.NeedsRecreate)
		}
	}
	for i, plan := range c.plans {
		for _, e := range execution.Events(plan) {
			c.seen.Count("populate", e.Resource.Identifier.Type == database.TypePeerCatchup)
			if e.Type != resource.EventDelete {
				continue
			}
			_, wanted := c.end.Get(e.Resource.Identifier)
			c.seen.Count("deleted to be created again", wanted)
			if wanted && !c.concerns(e.Resource, joining) {
				c.Errorf("plan %d deletes %s, which is wanted", i+1, e.Resource.Identifier)
			}
			if i < c.lastOfDatabase() && len(joining) == 0 && !c.start.HasType(database.TypeSyncEvent) && !isTrace(e.Resource.Identifier) {
				c.Errorf("plan %d deletes %s, and is not the last one", i+1, e.Resource.Identifier)
			}
		}
	}
}

// lastOfDatabase is the last plan but for one with which services start where nodes join: that comes after all else.
func (c propertyCheck) lastOfDatabase() int {
	last, joins := len(c.plans)-1, false
	for _, plan := range c.plans {
		for _, e := range execution.Events(plan) {
			joins = joins || e.Resource.Identifier.Type == database.TypeRolesSource
		}
	}
	if !joins || slices.ContainsFunc(execution.Events(c.plans[last]), func(e resource.Event) bool {
		return e.Type != resource.EventDelete && database.IsCatalogType(e.Resource.Identifier.Type)
	}) {
		return last
	}
	c.seen.Add("services start where a node has joined")
	return last - 1
}

// isTrace tells whether a resource is what makes a slot ahead, or what finds a position.
func isTrace(id resource.Identifier) bool {
	switch id.Type {
	case database.TypeReplicationSlotCreate, database.TypeLagTracker, database.TypeReplicationSlotAdvance,
		database.TypeReplicationOriginAdvance:
		return true
	}
	return false
}

// concerns tells whether a resource is, or needs by name, something that is marked as needing recreation, or
// that belongs to a node which is joining.
func (c propertyCheck) concerns(r *resource.Resource, joining map[string]bool) bool {
	if r.NeedsRecreate || joining[nodeOf(r.Identifier.ID)] || joining[subscriberOf(r.Identifier)] {
		return true
	}
	return slices.ContainsFunc(r.Dependencies, func(d resource.Identifier) bool {
		found, ok := c.start.Get(d)
		return ok && c.concerns(found, joining)
	})
}

// structureOfEach: each plan has phases, phases have events in order, no resource comes twice, and deletes
// come last.
func (c propertyCheck) structureOfEach() {
	c.seen.Count("several plans", len(c.plans) > 1)
	for i, plan := range c.plans {
		if len(plan.Phases) == 0 {
			c.Errorf("plan %d is empty", i+1)
		}
		c.seen.Count("several phases", len(plan.Phases) > 1)
		planned := map[resource.Identifier]bool{}
		deletes, others := false, false
		for _, phase := range plan.Phases {
			if len(phase.Events) == 0 {
				c.Errorf("plan %d has an empty phase", i+1)
			}
			c.seen.Count("several events in a phase", len(phase.Events) > 1)
			if !slices.IsSortedFunc(phase.Events, func(a, b resource.Event) int {
				return a.Resource.Identifier.Compare(b.Resource.Identifier)
			}) {
				c.Errorf("plan %d has a phase out of order", i+1)
			}
			for _, e := range phase.Events {
				c.seen.Add(e.Type.String())
				if planned[e.Resource.Identifier] {
					c.Errorf("plan %d has %s twice", i+1, e.Resource.Identifier)
				}
				planned[e.Resource.Identifier] = true
				deletes = deletes || e.Type == resource.EventDelete
				others = others || e.Type != resource.EventDelete
				if deletes && e.Type != resource.EventDelete {
					c.Errorf("plan %d deletes before it has an event for %s", i+1, e.Resource.Identifier)
				}
			}
		}
		c.seen.Count("deletes after other events", deletes && others)
	}
}

// order: nothing runs beside, or before, what it depends on, directly or not; nothing is created or updated
// without what it depends on; nothing is deleted from under what depends on it.
func (c propertyCheck) order() {
	state := c.start.Clone()
	for i, plan := range c.plans {
		unplanned := state.Clone()
		for _, r := range state.Resources() {
			if _, stays := c.end.Get(r.Identifier); stays && r.NeedsRecreate {
				unplanned.Remove(r.Identifier) // it counts as not there, so that nothing goes through it
			}
		}
		merged := execution.After(unplanned, plan)
		phaseOf := map[resource.Identifier]int{}
		for j, phase := range plan.Phases {
			for _, e := range phase.Events {
				phaseOf[e.Resource.Identifier] = j
			}
		}
		for j, phase := range plan.Phases {
			for _, e := range phase.Events {
				id := e.Resource.Identifier
				if e.Type == resource.EventDelete {
					c.checkDelete(state, unplanned, plan, phaseOf, id, fmt.Sprintf("%d.%d", i+1, j+1))
					continue
				}
				for d := range reachable(merged, id) {
					at, planned := phaseOf[d]
					c.seen.Count("an event below another one", planned && at < j)
					if planned && at >= j {
						c.Errorf("%d.%d: %s depends on %s, which is planned in phase %d", i+1, j+1, id, d, at+1)
					}
				}
				for _, d := range e.Resource.Dependencies {
					if found, ok := state.Get(d); !ok || found.NeedsRecreate {
						c.Errorf("%d.%d: %s does not find %s", i+1, j+1, id, d)
					}
				}
				c.seen.Count("a type is depended on", len(e.Resource.TypeDependencies) > 0)
			}
			for _, e := range phase.Events {
				state.Apply(e)
			}
		}
	}
}

// checkDelete looks at what depends on something that is deleted: it goes before, or depends on it no more.
func (c propertyCheck) checkDelete(
	state, unplanned *resource.State, plan resource.Plan, phaseOf map[resource.Identifier]int,
	id resource.Identifier, where string,
) {
	for _, r := range state.Resources() {
		if slices.Contains(r.Dependencies, id) {
			c.Errorf("%s deletes %s, while %s depends on it", where, id, r.Identifier)
		}
	}
	for d := range reachable(unplanned, id) {
		at, planned := phaseOf[d]
		if !planned || plan.Phases[at].Events[0].Type != resource.EventDelete {
			continue
		}
		c.seen.Add("a delete below another one")
		if at <= phaseOf[id] {
			c.Errorf("%s deletes %s, which depends on %s, not before that", where, id, d)
		}
	}
}

// reachable is all that a resource depends on, by name and by type, directly or not.
func reachable(s *resource.State, id resource.Identifier) map[resource.Identifier]bool {
	found := map[resource.Identifier]bool{}
	for queue := []resource.Identifier{id}; len(queue) > 0; queue = queue[1:] {
		r, ok := s.Get(queue[0])
		if !ok {
			continue
		}
		next := slices.Clone(r.Dependencies)
		for _, t := range r.TypeDependencies {
			for _, member := range s.OfType(t) {
				next = append(next, member.Identifier)
			}
		}
		for _, d := range next {
			if !found[d] {
				found[d] = true
				queue = append(queue, d)
			}
		}
	}
	return found
}

// marksPlannedOnce: what failed is planned for that reason once, and what needs recreation is created once.
func (c propertyCheck) marksPlannedOnce() {
	for _, r := range c.start.Resources() {
		if _, stays := c.end.Get(r.Identifier); !stays || !r.NeedsRecreate && r.Error == "" {
			continue
		}
		failed, created, last := 0, 0, false
		for i, plan := range c.plans {
			for _, e := range execution.Events(plan) {
				if e.Resource.Identifier == r.Identifier && e.Type == resource.EventCreate {
					created, last = created+1, i == len(c.plans)-1
					if e.Reason != resource.ReasonDoesNotExist {
						c.Errorf("%s counts as not there, but is created because of %s", r.Identifier, e.Reason)
					}
				}
				if e.Resource.Identifier == r.Identifier && e.Reason == resource.ReasonHasError {
					failed, last = failed+1, i == len(c.plans)-1
				}
			}
		}
		// Of a node that is joining, what is built on lost data is created again, whether or not it failed.
		if created+failed != 1 || r.NeedsRecreate && created == 0 {
			c.Errorf("%s is marked, and is created %d times, and updated as failed %d times", r.Identifier, created, failed)
		}
		c.seen.Count("planned as failed, in the last plan", failed > 0 && last)
		c.seen.Count("planned as failed, before the last plan", failed > 0 && !last)
		c.seen.Count("recreated, in the last plan", created > 0 && last)
		c.seen.Count("recreated, before the last plan", created > 0 && !last)
	}
}

// followed: whatever depends on something that is created or updated gets its turn after it.
func (c propertyCheck) followed() {
	type moment struct{ plan, phase int }
	last := map[resource.Identifier]moment{}
	for i, plan := range c.plans {
		for j, phase := range plan.Phases {
			for _, e := range phase.Events {
				last[e.Resource.Identifier] = moment{i, j}
			}
		}
	}
	for _, r := range c.end.Resources() {
		dependencies := slices.Clone(r.Dependencies)
		for _, t := range r.TypeDependencies {
			for _, member := range c.end.OfType(t) {
				dependencies = append(dependencies, member.Identifier)
			}
		}
		mine, planned := last[r.Identifier]
		for _, d := range dependencies {
			theirs, ok := last[d]
			if !ok {
				continue
			}
			c.seen.Count("follows in a later plan", planned && mine.plan > theirs.plan)
			if !planned || mine.plan < theirs.plan || mine.plan == theirs.plan && mine.phase <= theirs.phase {
				c.Errorf("%s does not follow %s", r.Identifier, d)
			}
		}
	}
}

// rolling: when an instance of a member is touched, no instance of any other node is touched in that plan.
func (c propertyCheck) rolling() {
	for i, plan := range c.plans {
		nodes := map[string]bool{}
		members := false
		for _, e := range execution.Events(plan) {
			if e.Type == resource.EventDelete {
				continue
			}
			c.seen.Count("rolling: a shared resource is updated", e.Resource.Identifier.Type == "network")
			if e.Resource.Identifier.Type != database.TypeInstance {
				continue
			}
			node := nodeOf(e.Resource.Identifier.ID)
			nodes[node] = true
			members = members || isMember(c.start, node)
			for _, cause := range e.CausedBy {
				remembered := !slices.ContainsFunc(execution.Events(plan), func(e resource.Event) bool {
					return e.Resource.Identifier == cause
				})
				c.seen.Count("rolling: waited for its node", remembered)
			}
		}
		c.seen.Count("rolling: instances of one node", len(nodes) == 1 && members)
		if members && len(nodes) > 1 {
			c.Errorf("plan %d touches instances of %v", i+1, nodes)
		}
	}
}

// reachesEnd: executed, the plans give the end state, without any mark.
func (c propertyCheck) reachesEnd() {
	state := execution.After(c.start, c.plans...)
	for _, got := range state.Resources() {
		want, ok := c.end.Get(got.Identifier)
		if !ok {
			c.Errorf("%s is left over", got.Identifier)
			continue
		}
		if diff, err := resource.DiffAttributes(nil, got, want); err != nil || len(diff) > 0 {
			c.Errorf("%s has other attributes: %v %v", got.Identifier, diff, err)
		}
		if !slices.Equal(got.Dependencies, want.Dependencies) || !slices.Equal(got.TypeDependencies, want.TypeDependencies) {
			c.Errorf("%s depends on %v %v and should on %v %v", got.Identifier,
				got.Dependencies, got.TypeDependencies, want.Dependencies, want.TypeDependencies)
		}
		if got.NeedsRecreate || got.PendingDeletion || got.Error != "" {
			c.Errorf("%s is still marked", got.Identifier)
		}
	}
	if state.Len() < c.end.Len() {
		c.Errorf("%d of %d resources are there", state.Len(), c.end.Len())
	}
}

// settled: at the end there is nothing left to plan.
func (c propertyCheck) settled(w drawnWish) {
	state := execution.After(c.start, c.plans...)
	if plans, err := planner.UpdateDatabase(w.options(), state, w.nodes()); err != nil || len(plans) > 0 {
		c.Errorf("asked again at the end: %v\n%s", err, notation.Plans(plans))
	}
}
