package simulation

import (
	"hash/maphash"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// ledger is what the orchestrator has recorded: the state that it hands to the planner, and what events
// found out. (Real ones keep the findings in attributes that comparison skips.)
type ledger struct {
	state    *resource.State
	findings findings
	// sum changes with every change of the state, and is the same for equal states.
	sum uint64
}

// findings are what events found out: 0 is nothing.
type findings struct {
	marker   [maxNodes][maxNodes]position // of a sync event: where the marker ends
	seen     [maxNodes][maxNodes]int      // of a lag tracker: one more than the commit timestamp
	advanced [maxNodes][maxNodes]position // of a slot advance: where the slot was then
	roles    [maxNodes]bool               // of a dump of roles: whether the node had them
	from     [maxNodes]int                // of a roles source: one more than the node that it names
}

func newLedger() ledger { return ledger{state: resource.NewState()} }

// clone returns a ledger of its own with the same records.
func (l ledger) clone() ledger {
	l.state = l.state.Clone()
	return l
}

// put records a resource, and what its event found out.
func (l *ledger) put(r *resource.Resource, d *deed, found int) {
	l.forget(r.Identifier, d)
	l.state.Add(r)
	l.sum ^= fingerprint(r)
	l.findings.set(d, found)
}

// forget removes the record of a resource, and what its event found out.
func (l *ledger) forget(id resource.Identifier, d *deed) {
	if r, ok := l.state.Get(id); ok {
		l.state.Remove(id)
		l.sum ^= fingerprint(r)
	}
	l.findings.set(d, 0)
}

// has tells whether there is a record of the resource, in whatever condition.
func (l *ledger) has(id resource.Identifier) bool {
	_, ok := l.state.Get(id)
	return ok
}

// sound tells whether the resource is recorded as there and in order.
func (l *ledger) sound(id resource.Identifier) bool {
	r, ok := l.state.Get(id)
	return ok && !r.NeedsRecreate && r.Error == ""
}

// set keeps what the event found out.
func (f *findings) set(d *deed, found int) {
	switch d.kind {
	case database.TypeSyncEvent:
		f.marker[d.node][d.other] = position(found)
	case database.TypeLagTracker:
		f.seen[d.node][d.other] = found
	case database.TypeReplicationSlotAdvance:
		f.advanced[d.node][d.other] = position(found)
	case database.TypeDumpRoles:
		f.roles[d.node] = found != 0
	case database.TypeRolesSource:
		f.from[d.node] = found
	}
}

var seed = maphash.MakeSeed()

// fingerprint is a hash of all that the planner looks at.
func fingerprint(r *resource.Resource) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	writeIdentifier(&h, r.Identifier)
	h.Write(r.Attributes)
	h.WriteString(r.Executor.ID)
	for _, id := range r.Dependencies {
		writeIdentifier(&h, id)
	}
	if r.NeedsRecreate {
		h.WriteString("\x00needs recreation")
	}
	if r.Error != "" {
		h.WriteString("\x00error")
	}
	return h.Sum64()
}

func writeIdentifier(h *maphash.Hash, id resource.Identifier) {
	h.WriteString(string(id.Type))
	h.WriteString(id.ID)
	h.WriteByte(0)
}
