package resource_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// problem is one thing to plan. States are lists, so that they can be built again and again.
type problem struct {
	start  []*resource.Resource
	groups [][]diff
	prompt []*resource.Resource // nil: a nil state
	end    []*resource.Resource
	force  bool
	early  bool // whether resources are forced in the steps that hold them
	late   bool // whether changed dependencies of type "ab" are recorded later

	creates, deletes []resource.Constraint
}

// diff is one step; nil stands for a nil state.
type diff []*resource.Resource

// generator makes problems. Resources depend mostly on such as come before them in ids, and there mostly on
// such as are there, so that most problems can be planned.
type generator struct {
	*rand.Rand
	ids      []resource.Identifier
	base     []*resource.Resource
	byType   bool // ids are in the order of types, so that depending on an earlier type makes no cycle
	careless bool // dependencies may be missing
	cyclic   bool // dependencies may go anywhere
	selfish  bool // resources may depend on themselves
}

// newGenerator prepares a problem of up to so many resources.
func newGenerator(random *rand.Rand, size int) *generator {
	g := &generator{Rand: random}
	g.byType, g.careless, g.cyclic, g.selfish = g.one(2), g.one(8), g.one(15), g.one(40)
	types := []resource.Type{"a", "ab", "a-b", "b"}
	g.Shuffle(len(types), func(i, j int) { types[i], types[j] = types[j], types[i] })
	names := []string{"1", "2", "10", "", "x:y", "b::c"}
	for len(names) < size {
		names = append(names, "n"+string(rune('0'+len(names)%10))+string(rune('a'+len(names)/10)))
	}
	for _, t := range types {
		for _, name := range names {
			g.ids = append(g.ids, resource.Identifier{Type: t, ID: name})
		}
	}
	g.Shuffle(len(g.ids), func(i, j int) { g.ids[i], g.ids[j] = g.ids[j], g.ids[i] })
	g.ids = g.ids[:2+g.IntN(size-1)]
	if g.byType {
		slices.SortStableFunc(g.ids, func(a, b resource.Identifier) int {
			return slices.Index(types, a.Type) - slices.Index(types, b.Type)
		})
	}
	for i := range g.ids {
		g.base = append(g.base, g.resource(i))
	}
	return g
}

// one is true once in so many times.
func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

// resource makes the resource of the i-th identifier.
func (g *generator) resource(i int) *resource.Resource {
	r := &resource.Resource{
		Identifier:      g.ids[i],
		Executor:        resource.Executor{Type: resource.ExecutorHost, ID: "h"},
		Attributes:      g.attributes(),
		ResourceVersion: "1",
	}
	if g.one(8) {
		r.DiffIgnore = []string{"/b", "/c/d"}[g.IntN(2):]
	}
	g.connect(r, i)
	return r
}

// connect gives a resource its dependencies.
func (g *generator) connect(r *resource.Resource, i int) {
	r.Dependencies, r.TypeDependencies = nil, nil
	for range g.IntN(4) {
		if i > 0 && !g.one(4) {
			// What comes shortly before is as likely as all the rest, so that chains get long.
			from := max(0, i-1-g.IntN(3))
			if g.one(2) {
				from = 0
			}
			r.Dependencies = append(r.Dependencies, g.ids[from+g.IntN(i-from)])
		}
	}
	if g.byType && g.one(3) {
		if t := g.ids[g.IntN(i+1)].Type; t != r.Identifier.Type {
			r.TypeDependencies = append(r.TypeDependencies, t)
		}
	}
	if g.cyclic && g.one(4) {
		if other := g.ids[g.IntN(len(g.ids))]; other != r.Identifier {
			if g.one(3) && other.Type != r.Identifier.Type {
				r.TypeDependencies = append(r.TypeDependencies, other.Type)
			} else {
				r.Dependencies = append(r.Dependencies, other)
			}
		}
	}
	if g.selfish && g.one(8) {
		if g.one(2) {
			r.Dependencies = append(r.Dependencies, r.Identifier)
		} else {
			r.TypeDependencies = append(r.TypeDependencies, r.Identifier.Type)
		}
	}
}

// attributes are one of a few values, in one of a few spellings.
func (g *generator) attributes() json.RawMessage {
	values := [][]string{
		{`{}`, ``, ` { } `},
		{`{"a":1}`, `{"a":1.0}`, `{ "\u0061" : 10e-1 }`},
		{`{"a":9007199254740993}`, `{"a":9007199254740993.0}`},
		{`{"a":9007199254740992}`},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, `{"b":0.2E1,"a":1}`},
		{`{"a":1,"b":[1,2,3]}`, `{"b":[1.0,2,3],"a":1}`},
		{`{"a":1,"b":[2,3]}`},
		{`{"c":{"d":1,"e":"x"}}`, `{"c":{"e":"\u0078","d":1}}`},
		{`{"c":{"d":2,"e":"x"}}`},
		{`{"c":{"d":null,"e":true}}`},
	}
	spellings := values[g.IntN(len(values))]
	return json.RawMessage(spellings[g.IntN(len(spellings))])
}

// variant is the resource, now and then changed.
func (g *generator) variant(r *resource.Resource, i int) *resource.Resource {
	r = r.Clone()
	if g.one(3) {
		r.Attributes = g.attributes()
	}
	if g.one(4) {
		g.connect(r, i)
	}
	if g.one(8) {
		g.Shuffle(len(r.Dependencies), func(i, j int) {
			r.Dependencies[i], r.Dependencies[j] = r.Dependencies[j], r.Dependencies[i]
		})
	}
	if g.one(15) {
		r.Executor = []resource.Executor{
			{Type: resource.ExecutorHost, ID: "other"}, {Type: resource.ExecutorAny}, {Type: resource.ExecutorPrimary, ID: "n"},
		}[g.IntN(3)]
	}
	if g.one(15) {
		r.ResourceVersion = "2"
	}
	if g.one(15) {
		r.DiffIgnore = []string{"/a"}
	}
	return r
}

// mark sets marks of the orchestrator, once in so many times.
func (g *generator) mark(r *resource.Resource, in int) *resource.Resource {
	if g.one(in) {
		r.NeedsRecreate = true
	}
	if g.one(in) {
		r.Error = "it failed"
	}
	if g.one(in) {
		r.PendingDeletion = true
	}
	return r
}

// prune takes out the dependencies that are not there, unless this problem is careless.
func (g *generator) prune(r *resource.Resource, there set) {
	if !g.careless || !g.one(4) {
		r.Dependencies = slices.DeleteFunc(r.Dependencies, func(d resource.Identifier) bool {
			return !there[d] && d != r.Identifier
		})
	}
}

// whole makes a complete state.
func (g *generator) whole(marks int) []*resource.Resource {
	var state []*resource.Resource
	there := set{}
	for i, r := range g.base {
		if !g.one(5) {
			r = g.variant(r, i)
			if g.one(2) {
				r = g.base[i].Clone()
			}
			state = append(state, g.mark(r, marks))
			there[r.Identifier] = true
		}
	}
	for _, r := range state {
		g.prune(r, there)
	}
	return state
}

// start makes a state that may miss what its resources depend on.
func (g *generator) start() []*resource.Resource {
	var state []*resource.Resource
	for i, r := range g.base {
		if !g.one(4) {
			state = append(state, g.mark(g.variant(r, i), 8))
		}
	}
	return state
}

// sequence makes a problem of complete states: one in each group.
func (g *generator) sequence() problem {
	p := problem{start: g.start(), end: g.whole(10), force: g.one(5), late: g.one(2), early: g.one(2)}
	for range g.IntN(3) {
		p.groups = append(p.groups, []diff{g.whole(10)})
	}
	return p
}

// diffs makes a problem of diffs in groups.
func (g *generator) diffs() problem {
	p := problem{start: g.start(), end: g.whole(30), force: g.one(5), late: g.one(2), early: g.one(2)}
	there, wanted := set{}, map[resource.Identifier]*resource.Resource{}
	for _, r := range p.end {
		wanted[r.Identifier] = r
	}
	for _, r := range p.start {
		there[r.Identifier] = !r.NeedsRecreate || wanted[r.Identifier] == nil
	}
	for range g.IntN(4) {
		var group []diff
		for range 1 + g.IntN(3) {
			group = append(group, g.diff(there, wanted))
		}
		p.groups = append(p.groups, group)
	}
	for _, r := range g.base {
		if g.one(6) {
			p.prompt = append(p.prompt, r)
		}
	}
	for range g.IntN(3) {
		low, high := g.constraint()
		p.creates = append(p.creates, resource.Constraint{Before: low, After: high})
	}
	for range g.IntN(3) {
		low, high := g.constraint()
		p.deletes = append(p.deletes, resource.Constraint{Before: high, After: low})
	}
	return p
}

// constraint makes two lists of identifiers, mostly such that what is in the second may depend on all of the first.
func (g *generator) constraint() (low, high []resource.Identifier) {
	middle := g.IntN(len(g.ids))
	for i, id := range g.ids {
		if !g.one(3) {
			continue
		}
		if (i < middle) != (g.cyclic && g.one(4)) {
			low = append(low, id)
		} else {
			high = append(high, id)
		}
	}
	if g.cyclic && g.one(4) {
		low = append(low, g.ids[g.IntN(len(g.ids))])
	}
	return low, high
}

// diff makes a diff. What is missing for it mostly comes along, or is not depended on.
func (g *generator) diff(there set, wanted map[resource.Identifier]*resource.Resource) diff {
	if g.one(20) {
		return nil
	}
	chosen, few := diff{}, 2+g.IntN(4)
	need := set{}
	for i := len(g.ids) - 1; i >= 0; i-- {
		id := g.ids[i]
		if !need[id] && !g.one(few) {
			continue
		}
		r := wanted[id]
		if r == nil || g.one(5) {
			r = g.variant(g.base[i], i)
		}
		r = g.mark(r.Clone(), 30)
		r.Dependencies = slices.DeleteFunc(r.Dependencies, func(d resource.Identifier) bool {
			if there[d] || d == id || g.careless && g.one(2) {
				return false
			}
			if slices.Index(g.ids, d) > i {
				return true
			}
			keep := wanted[d] != nil || g.one(2)
			need[d] = need[d] || keep
			return !keep
		})
		chosen = append(chosen, r)
	}
	for _, r := range chosen {
		there[r.Identifier] = true
	}
	return chosen
}
