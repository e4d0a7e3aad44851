package verify

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// noteRestore notes that an instance is created, if it is the one that performs the restore of a node, and all that it
// needs for that is there.
func (m *mesh) noteRestore(e *resource.Event) {
	n := m.targets[e.Resource.Identifier.ID]
	if n == nil || e.Type != resource.EventCreate || !isSame(m.stop, e.Resource, n.Restore.resource(m.stop, n)) {
		return
	}
	for _, r := range interrupt.Each(m.stop, n.Restore.Needs) {
		if now := m.get(r.Identifier); !isDone(now) || !sameAttributes(m.stop, now, r) {
			return
		}
	}
	m.restored[n.Name] = m.clock
}

// judgeRestored judges that each node that is to be restored has been: its instance was created to perform that, and
// since then its Postgres database.
func (m *mesh) judgeRestored() {
	for instanceID, n := range m.targets {
		if m.stops() {
			return
		}
		switch at, id := m.restored[n.Name], n.postgres; {
		case at == 0:
			m.about(RuleNotRestored, theEnd(), database.InstanceIdentifier(instanceID),
				"is never created with what performs the restore of its node")
		case m.entry(id).made <= at:
			m.about(RuleNotRestored, theEnd(), id, "is not created after the restore of its node")
		}
	}
}

// isAskedFor tells whether a record that was put is what was asked for: that of the end; or, as nothing that is compared
// changes, that which start has, as recorded or with all that it depends on by what it is, if an update of the database had
// another reason to update it; or the one for the time of a restore.
func (j *judge) isAskedFor(x *entry, put, wanted *resource.Resource) bool {
	if isSame(j.stop, put, wanted) {
		return true
	}
	if j.options.Operation == OperationUpdate {
		before := j.atStart(put.Identifier)
		if x.made != 0 || before == nil {
			return false
		}
		complete := *before
		complete.Dependencies = slices.Concat(before.Dependencies, database.MissingDependencies(j.stop, before))
		return isSame(j.stop, put, before) || isSame(j.stop, put, &complete)
	}
	if j.restoring == nil {
		j.restoring = make(map[resource.Identifier]*resource.Resource)
		for i := range j.options.Desired.Nodes {
			n := &j.options.Desired.Nodes[i]
			if n.Restore == nil || j.stops() {
				continue
			}
			for _, r := range interrupt.Each(j.stop, n.Restore.Needs) {
				j.restoring[r.Identifier] = r
			}
			instance := n.Restore.resource(j.stop, n)
			j.restoring[instance.Identifier] = instance
		}
	}
	meanwhile := j.restoring[put.Identifier]
	return meanwhile != nil && isSame(j.stop, put, meanwhile)
}
