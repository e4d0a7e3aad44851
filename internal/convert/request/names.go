package request

import (
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// requestNames are the names that a request has used so far, and that have to be unique or the same
// throughout it.
type requestNames struct {
	databaseID, databaseName string
	// instances maps instance ids to where they were used first.
	instances map[string]instanceUse
}

// instanceUse says where an instance stands in a request.
type instanceUse struct {
	node   string
	target bool // in a node to restore
}

// plain checks a name or an id of something wanted, which may be empty. It returns false if it has control characters: a name with one
// cannot be read in a list or a log, and Postgres takes none with a NUL.
func (r *reader) plain(p *path, field, name string) bool {
	if !hasControl(name) {
		return true
	}
	r.add(p, field, "must not have control characters, such as a line break or NUL")
	return false
}

// hasControl tells whether the text, which is valid UTF-8, has a character of Unicode's category Cc.
func hasControl(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c == 0x7f:
			return true
		case c == 0xc2 && i+1 < len(text) && text[i+1] < 0xa0: // U+0080 to U+009F
			return true
		}
	}
	return false
}

// nodeName checks a name of a node, which must not be empty.
func (r *reader) nodeName(p *path, field, name string) {
	r.spend(len(name))
	switch {
	case name == "":
		r.add(p, field, "is required")
	case !r.plain(p, field, name):
	case strings.IndexByte(name, ':') >= 0:
		r.add(p, field, "must not contain a colon: it separates names in ids")
	case strings.Contains("_"+name+"_", "_sub_"): // see database.replication_slot_create
		r.add(p, field, `must not have "sub" as one of its words between underscores: slot names would be ambiguous`)
	}
}

// nodeNames checks names of nodes: those that a list holds in that field of its elements, which is empty if they are names.
func (r *reader) nodeNames(list, field string, names []string) {
	seen := make(map[string]struct{}, len(names))
	for i, name := range interrupt.Each(r.Stop, names) {
		p := element(nil, list, i)
		r.nodeName(&p, field, name)
		r.unique(seen, &p, field, name)
	}
}

// unique adds a name to those seen, and reports one that is there already. An empty one, which is
// reported elsewhere, is none.
func (r *reader) unique(seen map[string]struct{}, p *path, field, name string) {
	if name == "" {
		return
	}
	if _, ok := seen[name]; ok {
		r.add(p, field, "%q is used more than once", shorten(name))
	}
	seen[name] = struct{}{}
}

// instanceID checks the id of an instance, and that no other instance has it. The instance that performs a
// restore has that of the primary. A node that is both kept and restored has the same instances in both
// places: that is for the planner to refuse.
func (r *reader) instanceID(p *path, id string, owner *instanceOwner) {
	const field = "instance_id"
	use := instanceUse{node: owner.node, target: owner.target}
	first, used := r.names.instances[id]
	switch {
	case id == "":
		r.add(p, field, "is required")
	case !r.plain(p, field, id):
	case owner.scope == duringRestore:
		if owner.primaryID != "" && owner.primaryID != id {
			r.add(p, field, "must be that of the primary instance, %q", shorten(owner.primaryID))
		}
	case !used:
		r.names.instances[id] = use
	case first.node != use.node || first.target == use.target:
		r.add(p, field, "%q is used more than once", shorten(id))
	}
}
