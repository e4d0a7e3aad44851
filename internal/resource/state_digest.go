package resource

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// StateDigest returns the SHA-256, in lower-case hexadecimal, of what counts in a state: what plans depend on. States of the same
// digest have the same plans for the same request, but for what the digest leaves out, which deletes and refreshes bring along. It does not depend on the order of resources, of dependencies and of what
// diff_ignore lists, nor on the form of attributes; nor on the texts of errors, and on attributes that diff_ignore hides. Of
// resources of the types in shown, the place that the pointer there leads to is not taken for hidden. The error is
// interrupt.ErrInterrupted.
//
// The text is made like that of [Digest]: an array of resources, in identifier order. Each is an object, whose keys are always there, in
// the order of their bytes:
//
//	{
//	  "attributes": {...},                in canonical form, without what is hidden: see jsontext.CanonicalVisible
//	  "dependencies": [identifier, ...],  in order, each once
//	  "diff_ignore": ["/pointer", ...],   in the order of their bytes, each once
//	  "executor": {"id": "host-1", "type": "host"},
//	  "has_error": false,
//	  "identifier": identifier,
//	  "needs_recreate": false,
//	  "pending_deletion": false,
//	  "resource_version": "1",
//	  "type_dependencies": ["type", ...]  in the order of their bytes, each once
//	}
func StateDigest(stop *interrupt.Poller, s *State, shown map[Type]string) (string, error) {
	w := digestWriter{stop: stop, hash: sha256.New(), text: make([]byte, 0, digestChunk+digestExcess)}
	all := make([]*Resource, 0, s.Len())
	for r := range s.All(stop) {
		all = append(all, r)
	}
	interrupt.SortFunc(stop, all, (*Resource).Compare)
	writeArray(&w, all, func(r **Resource) { w.record(*r, shown[(*r).Identifier.Type]) })
	if err := stop.Err(); err != nil {
		return "", err
	}
	w.flush()
	return hex.EncodeToString(w.hash.Sum(nil)), nil
}

// record writes what counts in a resource of a state. Shown is a pointer that hides nothing.
func (w *digestWriter) record(r *Resource, shown string) {
	w.literal(`{"attributes":`)
	w.visible(r, shown)
	w.literal(`,"dependencies":`)
	writeArray(w, sortedSet(w.stop, r.Dependencies, Identifier.Compare), w.identifier)
	w.literal(`,"diff_ignore":`)
	writeArray(w, sortedSet(w.stop, r.DiffIgnore, cmp.Compare[string]), func(p *string) { w.string(*p) })
	w.literal(`,"executor":`)
	w.executor(r.Executor)
	w.literal(`,"has_error":`)
	w.bool(r.Error != "")
	w.rest(r, sortedSet(w.stop, r.TypeDependencies, cmp.Compare[Type]))
}

// visible writes the attributes without what is hidden.
func (w *digestWriter) visible(r *Resource, shown string) {
	hidden := r.DiffIgnore
	if shown != "" {
		hidden = make([]string, 0, len(r.DiffIgnore))
		for _, pointer := range interrupt.Each(w.stop, r.DiffIgnore) {
			if pointer != shown {
				hidden = append(hidden, pointer)
			}
		}
	}
	text := r.Attributes
	if len(text) > 0 && len(hidden) > 0 {
		if visible, err := jsontext.CanonicalVisible(w.stop, text, hidden); err == nil {
			text = visible
		}
	}
	w.json(text, "{}")
}

// sortedSet returns the elements of a list in order, each once. The list is not changed.
func sortedSet[T comparable](stop *interrupt.Poller, list []T, compare func(a, b T) int) []T {
	sorted := slices.Clone(list)
	interrupt.SortFunc(stop, sorted, compare)
	return slices.Compact(sorted)
}
