package resource_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// states is a state as the reference planner sees it: a map that is copied whenever it might change.
type states map[resource.Identifier]*resource.Resource

func world(s *resource.State) states {
	w := states{}
	for _, r := range s.Resources() {
		w[r.Identifier] = r
	}
	return w
}

type set map[resource.Identifier]bool

// sorted are the members, in the order of their printed forms.
func (s set) sorted() []resource.Identifier {
	var members []resource.Identifier
	for id, is := range s {
		if is {
			members = append(members, id)
		}
	}
	return byPrint(members)
}

func byPrint(ids []resource.Identifier) []resource.Identifier {
	slices.SortFunc(ids, func(a, b resource.Identifier) int { return strings.Compare(a.String(), b.String()) })
	return ids
}

// sorted are the identifiers in the order of their printed forms.
func (s states) sorted() []resource.Identifier { return byPrint(slices.Collect(maps.Keys(s))) }

// marked are the resources that are marked as pending deletion.
func (s states) marked() set {
	marked := set{}
	for id, r := range s {
		marked[id] = r.PendingDeletion
	}
	return marked
}

// unmarked is the resource as something to reach.
func unmarked(r *resource.Resource) *resource.Resource {
	c := r.Clone()
	c.NeedsRecreate, c.PendingDeletion, c.Error = false, false, ""
	return c
}

// dependencies are the resources of the state that one of them depends on, by name or by type, in order.
func (s states) dependencies(id resource.Identifier) []resource.Identifier {
	found := set{}
	for _, d := range s[id].Dependencies {
		if s[d] != nil {
			found[d] = true
		}
	}
	for _, t := range s[id].TypeDependencies {
		for _, other := range s.ofType(t) {
			found[other] = true
		}
	}
	return found.sorted()
}

// ofType are the resources of a type. A constraint makes one of which the name is those of resources.
func (s states) ofType(t resource.Type) []resource.Identifier {
	var ids []resource.Identifier
	for id := range s {
		if id.Type == t || slices.Contains(strings.Fields(string(t)), id.String()) {
			ids = append(ids, id)
		}
	}
	return ids
}

// sameRecord tells whether both depend on the same, and run at the same place or both at a host.
func sameRecord(a, b *resource.Resource) bool {
	ids, types := map[resource.Identifier]int{}, map[resource.Type]int{}
	for bit, r := range []*resource.Resource{a, b} {
		for _, id := range r.Dependencies {
			ids[id] |= 1 << bit
		}
		for _, t := range r.TypeDependencies {
			types[t] |= 1 << bit
		}
	}
	for _, who := range ids {
		if who != 3 {
			return false
		}
	}
	for _, who := range types {
		if who != 3 {
			return false
		}
	}
	return a.Executor == b.Executor || a.Executor.Type == resource.ExecutorHost && b.Executor.Type == resource.ExecutorHost
}

// layers gives each resource the length of its longest chain of dependencies, or of dependents. What is in a cycle counts
// as one resource.
func (s states) layers(dependents bool) map[resource.Identifier]int {
	layers := map[resource.Identifier]int{}
	next, knots := map[resource.Identifier][]resource.Identifier{}, s.knots()
	for id := range s {
		for _, d := range s.dependencies(id) {
			switch from, to := knots[id], knots[d]; {
			case from == to:
			case dependents:
				next[to] = append(next[to], from)
			default:
				next[from] = append(next[from], to)
			}
		}
	}
	var layer func(resource.Identifier) int
	layer = func(id resource.Identifier) int {
		known, ok := layers[id]
		if ok {
			return known
		}
		longest := 0
		for _, d := range next[id] {
			longest = max(longest, layer(d)+1)
		}
		layers[id] = longest
		return longest
	}
	for id := range s {
		layers[id] = layer(knots[id])
	}
	return layers
}

// constrain lets what is pending depend on what a constraint deletes after it: on the type of these, so to speak, whose
// name is theirs.
func (ref *reference) constrain(s states, pending set, deletes []resource.Constraint) {
	for _, c := range deletes {
		var after []string
		for _, id := range c.After {
			after = append(after, id.String())
		}
		for _, id := range c.Before {
			if pending[id] {
				types := append(slices.Clone(s[id].TypeDependencies), resource.Type(strings.Join(after, " ")))
				s[id] = ref.with(s[id], s[id].Dependencies, types)
			}
		}
	}
}

// unselfish returns the records of a state without what they depend on of themselves.
func (ref *reference) unselfish(s states) states {
	unselfish := states{}
	for id, r := range s {
		r = ref.record(r)
		unselfish[id] = ref.with(r,
			slices.DeleteFunc(slices.Clone(r.Dependencies), func(d resource.Identifier) bool { return d == id }),
			slices.DeleteFunc(slices.Clone(r.TypeDependencies), func(t resource.Type) bool { return t == id.Type }))
	}
	return unselfish
}

// loosen returns the state without the dependencies that are part of a cycle, but for those that another resource, which
// may be nil, has as well.
func (ref *reference) loosen(s states, lasting func(*resource.Resource) *resource.Resource) states {
	reachable, loosened := s.reachable(), states{}
	for id, r := range s {
		leadsBack := func(d resource.Identifier) bool { return d == id || reachable[d][id] }
		other := lasting(r)
		if other == nil {
			other = &resource.Resource{}
		}
		dependencies := slices.DeleteFunc(slices.Clone(r.Dependencies), func(d resource.Identifier) bool {
			return leadsBack(d) && !slices.Contains(other.Dependencies, d)
		})
		types := slices.DeleteFunc(slices.Clone(r.TypeDependencies), func(t resource.Type) bool {
			return slices.ContainsFunc(s.ofType(t), leadsBack) && !slices.Contains(other.TypeDependencies, t)
		})
		loosened[id] = ref.with(r, dependencies, types)
	}
	return loosened
}

// contradicts tells whether what a constraint deletes later leads to what it deletes before.
func (s states) contradicts(constraints []resource.Constraint) bool {
	reachable := s.reachable()
	for _, c := range constraints {
		for _, before := range c.Before {
			for _, after := range c.After {
				if s[before] != nil && s[after] != nil && (before == after || reachable[after][before]) {
					return true
				}
			}
		}
	}
	return false
}

// knots gives each resource the smallest of those with which it is in a cycle, itself if it is in none.
func (s states) knots() map[resource.Identifier]resource.Identifier {
	reachable, knots := s.reachable(), map[resource.Identifier]resource.Identifier{}
	for _, id := range s.sorted() {
		knots[id] = id
		for _, other := range s.sorted() {
			if reachable[id][other] && reachable[other][id] {
				knots[id] = other
				break
			}
		}
	}
	return knots
}

// ordered is a copy of the state in which whatever a constraint puts after something depends on that; for deletes, it is
// the other way round.
func (s states) ordered(constraints []resource.Constraint, deletes bool) states {
	ordered := states{}
	for id, r := range s {
		ordered[id] = r.Clone()
		for _, c := range constraints {
			if deletes && slices.Contains(c.Before, id) {
				ordered[id].Dependencies = append(ordered[id].Dependencies, c.After...)
			}
			if !deletes && slices.Contains(c.After, id) {
				ordered[id].Dependencies = append(ordered[id].Dependencies, c.Before...)
			}
		}
	}
	return ordered
}

func (s states) creationLayers() [][]resource.Identifier { return grouped(s.layers(false)) }

func (s states) deletionLayers() [][]resource.Identifier { return grouped(s.layers(true)) }

func grouped(layers map[resource.Identifier]int) [][]resource.Identifier {
	var groups [][]resource.Identifier
	for id, layer := range layers {
		for layer >= len(groups) {
			groups = append(groups, nil)
		}
		groups[layer] = append(groups[layer], id)
	}
	for _, group := range groups {
		byPrint(group)
	}
	return groups
}

// height is the number of layers.
func (s states) height() int { return len(s.creationLayers()) }

// heightOf is the number of deletion layers of the state that hold any of the others.
func (s states) heightOf(others states) int {
	used := map[int]bool{}
	for id, layer := range s.layers(true) {
		if others[id] != nil {
			used[layer] = true
		}
	}
	return len(used)
}

// selfDependency is the error of the first resource that depends on itself.
func (s states) selfDependency() error {
	for _, id := range s.sorted() {
		if slices.Contains(s[id].Dependencies, id) {
			return &resource.SelfDependencyError{Resource: id}
		}
		if slices.Contains(s[id].TypeDependencies, id.Type) {
			return &resource.SelfDependencyError{Resource: id, Type: id.Type}
		}
	}
	return nil
}

// missing are the errors of one resource, in order, each once.
func (s states) missing(id resource.Identifier) []error {
	absent := set{}
	for _, d := range s[id].Dependencies {
		if s[d] == nil {
			absent[d] = true
		}
	}
	var errs []error
	for _, d := range absent.sorted() {
		errs = append(errs, &resource.MissingDependencyError{Resource: id, Dependency: d})
	}
	return errs
}

// joinSorted joins errors of missing dependencies in the order of their resources.
func joinSorted(errs []error) error {
	slices.SortStableFunc(errs, func(a, b error) int {
		var x, y *resource.MissingDependencyError
		errors.As(a, &x)
		errors.As(b, &y)
		return strings.Compare(x.Resource.String(), y.Resource.String())
	})
	return errors.Join(errs...)
}

// reachable is, for each resource, all that it depends on, directly or not.
func (s states) reachable() map[resource.Identifier]set {
	direct, reachable := map[resource.Identifier][]resource.Identifier{}, map[resource.Identifier]set{}
	for id := range s {
		direct[id] = s.dependencies(id)
	}
	for id := range s {
		reachable[id] = set{}
		for queue := slices.Clone(direct[id]); len(queue) > 0; queue = queue[1:] {
			if !reachable[id][queue[0]] {
				reachable[id][queue[0]] = true
				queue = append(queue, direct[queue[0]]...)
			}
		}
	}
	return reachable
}

// cycle is the error of a cycle. Of several it is the one that is reached from the smallest resource which
// leads into a cycle, going on to the smallest dependency that does until a resource comes again.
func (s states) cycle() error {
	reachable := s.reachable()
	leads := func(id resource.Identifier) bool {
		for other := range reachable[id] {
			if reachable[other][other] {
				return true
			}
		}
		return false
	}
	all := s.sorted()
	start := slices.IndexFunc(all, leads)
	if start < 0 {
		return nil
	}
	var path []resource.Identifier
	for next := all[start]; !slices.Contains(path, next); {
		path = append(path, next)
		dependencies := s.dependencies(next)
		next = dependencies[slices.IndexFunc(dependencies, leads)]
		if at := slices.Index(path, next); at >= 0 {
			path = path[at:]
		}
	}
	first := slices.Index(path, byPrint(slices.Clone(path))[0])
	return &resource.CycleError{Path: slices.Concat(path[first:], path[:first])}
}

// troubles says what is wrong with what a resource depends on, directly or in any way.
func (s states) troubles(id resource.Identifier) (direct, all map[string]bool) {
	direct, all = map[string]bool{}, map[string]bool{}
	s.addTroubles(direct, id)
	s.addTroubles(all, id)
	for other := range s.reachable()[id] {
		s.addTroubles(all, other)
	}
	return direct, all
}

// addTroubles adds what is wrong with the direct dependencies of a resource.
func (s states) addTroubles(found map[string]bool, id resource.Identifier) {
	if len(s.missing(id)) > 0 {
		found["missing"] = true
	}
	for _, d := range s.dependencies(id) {
		if s[d].NeedsRecreate {
			found["to be recreated"] = true
		}
		if s[d].Error != "" {
			found["failed"] = true
		}
	}
}

// differ tells whether attributes are different JSON values outside what is ignored. Attributes of different
// versions are not.
func differ(current, desired *resource.Resource) bool {
	if current.ResourceVersion != desired.ResourceVersion {
		return false
	}
	a, b := decodeAttributes(current), decodeAttributes(desired)
	for _, pointer := range desired.DiffIgnore {
		steps := strings.Split(pointer, "/")[1:]
		forget(a, steps)
		forget(b, steps)
	}
	return !sameValue(a, b)
}

func decodeAttributes(r *resource.Resource) map[string]any {
	value := map[string]any{}
	if len(r.Attributes) == 0 {
		return value
	}
	decoder := json.NewDecoder(bytes.NewReader(r.Attributes))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		panic(err)
	}
	return value
}

// forget takes the member that a pointer leads to out of an object.
func forget(object map[string]any, steps []string) {
	if len(steps) == 1 {
		delete(object, steps[0])
	} else if inner, ok := object[steps[0]].(map[string]any); ok {
		forget(inner, steps[1:])
	}
}

// sameValue compares decoded JSON values, numbers as exact fractions.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, _ := new(big.Rat).SetString(a.String())
		y, _ := new(big.Rat).SetString(b.String())
		return x.Cmp(y) == 0
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}
