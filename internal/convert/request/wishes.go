package request

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// scope says at which time a wish holds. Within one time, a resource can be wished in one way only.
type scope uint8

const (
	always        scope = iota // around nodes and services that stay
	duringRestore              // around an instance while it is being restored
	afterRestore               // around the instances of a restored node
)

// meets tells whether there is a time at which both hold.
func (s scope) meets(other scope) bool { return s == other || s == always || other == always }

// wishes are all wishes of a request, found by identifier. It is a hash table of its own: thousands of
// wishes cost a map two allocations and two hashes each.
type wishes struct {
	seed    maphash.Seed
	entries []wish
	table   []uint32 // positions in entries plus 1; 0 is free; the size is a power of two
	list    uint32   // the number of the list that is being read
}

type wish struct {
	resource *resource.Resource
	hash     uint64
	list     uint32 // the last list that the resource was in
	scope    scope
}

// add notes a wish. If the resource is wished already, it returns the earlier wish, and whether that stands
// in the same list; else nil.
func (w *wishes) add(r *resource.Resource, s scope) (earlier *resource.Resource, sameList bool) {
	if 2*(len(w.entries)+1) > len(w.table) {
		w.grow()
	}
	hash := w.hash(r.Identifier)
	mask := uint64(len(w.table) - 1)
	slot := hash & mask
	for ; w.table[slot] != 0; slot = (slot + 1) & mask {
		e := &w.entries[w.table[slot]-1]
		if e.hash == hash && e.scope.meets(s) && e.resource.Identifier == r.Identifier {
			sameList = e.list == w.list
			e.list = w.list
			return e.resource, sameList
		}
	}
	w.entries = append(w.entries, wish{resource: r, hash: hash, list: w.list, scope: s})
	w.table[slot] = uint32(len(w.entries))
	return nil, false
}

func (w *wishes) hash(id resource.Identifier) uint64 {
	const odd = 0x9e3779b97f4a7c15
	return maphash.String(w.seed, string(id.Type))*odd ^ maphash.String(w.seed, id.ID)
}

func (w *wishes) grow() {
	if w.table == nil {
		w.seed = maphash.MakeSeed()
	}
	w.table = make([]uint32, max(64, 2*len(w.table)))
	mask := uint64(len(w.table) - 1)
	for i := range w.entries {
		slot := w.entries[i].hash & mask
		for w.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		w.table[slot] = uint32(i) + 1
	}
}

// wished converts a list of wishes. Wishes for the same resource share it.
func (r *reader) wished(parent *path, field string, in []*plannerv1.Resource, s scope) []*resource.Resource {
	if len(in) == 0 || !r.countResources(len(in)) {
		return nil
	}
	out := make([]*resource.Resource, len(in))
	list := r.resources.Take(len(in))
	r.wishes.list++
	for i, from := range in {
		p := element(parent, field, i)
		out[i] = r.wish(&p, from, &list[i], s)
	}
	return out
}

// wish converts one wish.
func (r *reader) wish(p *path, in *plannerv1.Resource, out *resource.Resource, s scope) *resource.Resource {
	if !r.resource(p, in, out, wished) {
		return out
	}
	earlier, sameList := r.wishes.add(out, s)
	switch {
	case earlier == nil:
		return out
	case sameList:
		r.add(p, "identifier", "%s is in this list more than once", shorten(out.Identifier.String()))
	default:
		if field := difference(earlier, out); field != "" {
			if _, text := in.GetAttributesForm().(*plannerv1.Resource_AttributesJson); text && field == "attributes" {
				field = "attributes_json"
			}
			r.add(p, field, "%s is wanted with a different value of it elsewhere in the request",
				shorten(out.Identifier.String()))
		}
	}
	return earlier
}

// difference names the first field in which two wishes for the same resource are not the same; empty if
// there is none. Lists whose order has no meaning are compared without it.
func difference(a, b *resource.Resource) string {
	switch {
	case a.Executor != b.Executor:
		return "executor"
	case !sameAttributes(a.Attributes, b.Attributes):
		return "attributes"
	case !sameSet(a.Dependencies, b.Dependencies, resource.Identifier.Compare):
		return "dependencies"
	case !sameSet(a.TypeDependencies, b.TypeDependencies, cmp.Compare[resource.Type]):
		return "type_dependencies"
	case !sameSet(a.DiffIgnore, b.DiffIgnore, cmp.Compare[string]):
		return "diff_ignore"
	case a.ResourceVersion != b.ResourceVersion:
		return "resource_version"
	}
	return ""
}

func sameAttributes(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	a, errA := jsontext.Canonical(orEmptyObject(a))
	b, errB := jsontext.Canonical(orEmptyObject(b))
	// Invalid attributes are a violation of their own.
	return errA != nil || errB != nil || bytes.Equal(a, b)
}

func orEmptyObject(attributes []byte) []byte {
	if len(attributes) == 0 {
		return []byte("{}")
	}
	return attributes
}

func sameSet[T comparable](a, b []T, compare func(T, T) int) bool {
	if slices.Equal(a, b) {
		return true
	}
	sorted := func(s []T) []T {
		s = slices.Clone(s)
		slices.SortFunc(s, compare)
		return slices.Compact(s)
	}
	return slices.Equal(sorted(a), sorted(b))
}
