package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// knots are groups of resources that depend on each other in a circle, as start, the end and the events say together.
// Records may say of each other what cannot be: nothing can keep an order there. They are looked for once something seems
// to be in the wrong order, which right plans without such records never are.
type knots struct {
	j         *judge
	numbers   map[resource.Identifier]int32 // a type has the identifier without an id
	dependsOn [][]int32
	of        []int32 // by number: its knot; each resource has one, most of their own
	any       bool    // whether one of them holds more than one resource

	// What the search for knots remembers: Tarjan's algorithm.
	found, lowest []int32
	open          []int32
	clock         int32
}

// findKnots returns the knots, looking for them only once.
func (j *judge) findKnots() *knots {
	if j.knots != nil {
		return j.knots
	}
	k := &knots{j: j, numbers: make(map[resource.Identifier]int32)}
	for r := range j.start.All(j.stop) {
		k.add(r)
	}
	for r := range j.end.All(j.stop) {
		k.add(r)
	}
	for _, plan := range interrupt.Each(j.stop, j.plans) {
		for _, phase := range interrupt.Each(j.stop, plan.Phases) {
			for i := range interrupt.Each(j.stop, phase.Events) {
				if e := &phase.Events[i]; isValid(e) {
					k.add(e.Resource)
				}
			}
		}
	}
	n := len(k.dependsOn)
	k.of, k.found, k.lowest = make([]int32, n), make([]int32, n), make([]int32, n)
	for v := range int32(n) {
		if k.found[v] == 0 && !j.stops() {
			k.search(v)
		}
	}
	j.knots = k
	if k.any {
		j.round++
	}
	return k
}

// add adds what a resource says.
func (k *knots) add(r *resource.Resource) {
	from := k.number(r.Identifier)
	dependencies := r.Dependencies
	if k.j.options.Operation != OperationStates {
		dependencies = slices.Concat(dependencies, database.MissingDependencies(k.j.stop, r)) // as the order is that of the catalog, too
	}
	for _, id := range interrupt.Each(k.j.stop, dependencies) {
		to := k.number(id)
		k.dependsOn[from] = append(k.dependsOn[from], to)
	}
	for _, t := range interrupt.Each(k.j.stop, r.TypeDependencies) {
		to := k.number(resource.Identifier{Type: t})
		k.dependsOn[from] = append(k.dependsOn[from], to)
	}
}

// number returns the number of a resource, or of a type. A type depends on all of its resources.
func (k *knots) number(id resource.Identifier) int32 {
	n, ok := k.numbers[id]
	if ok {
		return n
	}
	n = int32(len(k.dependsOn))
	k.numbers[id] = n
	k.dependsOn = append(k.dependsOn, nil)
	if id.ID != "" {
		of := k.number(resource.Identifier{Type: id.Type})
		k.dependsOn[of] = append(k.dependsOn[of], n)
	}
	return n
}

// searched is a number on the way to the knots below it: what it depends on before next has been seen.
type searched struct {
	number int32
	next   int
}

// search finds the knots of all that can be reached from a number, without recursion.
func (k *knots) search(first int32) {
	path := []searched{k.enter(first)}
	for len(path) > 0 && !k.j.stops() {
		top := &path[len(path)-1]
		v := top.number
		if top.next < len(k.dependsOn[v]) {
			w := k.dependsOn[v][top.next]
			top.next++
			if k.found[w] == 0 {
				path = append(path, k.enter(w))
			} else if k.of[w] == 0 {
				k.lowest[v] = min(k.lowest[v], k.found[w])
			}
			continue
		}
		path = path[:len(path)-1]
		if len(path) > 0 {
			below := path[len(path)-1].number
			k.lowest[below] = min(k.lowest[below], k.lowest[v])
		}
		if k.lowest[v] == k.found[v] {
			k.close(v)
		}
	}
}

func (k *knots) enter(v int32) searched {
	k.clock++
	k.found[v], k.lowest[v] = k.clock, k.clock
	k.open = append(k.open, v)
	return searched{number: v}
}

// close makes a knot of all that was found since its first number.
func (k *knots) close(first int32) {
	k.any = k.any || k.open[len(k.open)-1] != first
	for k.of[first] == 0 && !k.j.stops() {
		last := len(k.open) - 1
		k.of[k.open[last]] = first + 1
		k.open = k.open[:last]
	}
}

// hasBoth tells whether two different resources, or a resource and a type, are in one knot.
func (k *knots) hasBoth(a, b resource.Identifier) bool {
	v, known := k.numbers[a]
	w, alsoKnown := k.numbers[b]
	return known && alsoKnown && k.of[v] != 0 && k.of[v] == k.of[w]
}

// isIdle tells whether it does not matter that x depends on w: they are in a knot, and it is not what was asked for. Of
// a refresh, which asks for nothing, the knot is enough.
func (j *judge) isIdle(x, w *entry) bool {
	return j.findKnots().hasBoth(*x.id, *w.id) &&
		(x.wanted == nil || j.plan.refreshes(x) || !j.becomes.has(j.stop, x.wanted, *w.id))
}

// isIdleType is isIdle for a type.
func (j *judge) isIdleType(x *entry, t resource.Type) bool {
	return j.findKnots().hasBoth(*x.id, resource.Identifier{Type: t}) &&
		(x.wanted == nil || j.plan.refreshes(x) || !j.becomes.hasType(j.stop, x.wanted, t))
}

// withoutIdle returns what of wants, on which x depends, matters.
func (j *judge) withoutIdle(x *entry, wants []*entry) []*entry {
	return slices.DeleteFunc(slices.Clone(wants), func(w *entry) bool { return !j.stops() && j.isIdle(x, w) })
}
