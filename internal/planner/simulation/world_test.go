package simulation

import "slices"

// world is everything that really is, whatever the orchestrator has recorded of it.
type world struct {
	servers [maxNodes]server
	// open tells on which nodes there are writers.
	open [maxNodes]bool
	// serving tells on which nodes a service runs that writes.
	serving [maxNodes]bool
	// committed are the commits by origin, rows those of them that insert one. A commit's number is its timestamp, and
	// commits is the next one.
	committed [maxNodes]rowset
	rows      rowset
	commits   int
	// edits are the commits that edit a row; what they are of others is nothing.
	edits [maxCommits]edit
	// givenUp are the commits that a node may lack. Where goingOn says so, by provider and subscriber, these become those
	// from before the slot that the link gets, until the plans are through.
	givenUp [maxNodes]rowset
	goingOn [maxNodes][maxNodes]bool
	// dropsSlots tells of the engine that it drops the slot of a subscription together with that.
	dropsSlots bool
	// restored tells which nodes start from a backup, whose rows the model does not know.
	restored [maxNodes]bool
	// lost tells which nodes' hosts are gone for good.
	lost nodeSet
	seen *classes
}

// clone returns a world of its own that is the same.
func (w *world) clone() *world {
	c := *w
	for i := range c.servers {
		c.servers[i].wal = slices.Clone(c.servers[i].wal)
	}
	return &c
}

// write commits a row on a node.
func (w *world) write(node int) {
	if !w.hasWriters(node) || w.commits == maxCommits {
		return
	}
	w.servers[node].insert(w.commits)
	w.rows.add(w.commits)
	w.commit(node)
}

// commit gives what a node has done its number, and its place in the WAL.
func (w *world) commit(node int) {
	w.servers[node].log(w.commits, true)
	w.committed[node].add(w.commits)
	w.commits++
}

// hasWriters tells whether someone writes on the node.
func (w *world) hasWriters(node int) bool {
	return (w.open[node] || w.serving[node]) && w.servers[node].exists
}

// restart restarts a server. Postgres saves a slot's position when it is confirmed by the subscriber, but
// after pg_replication_slot_advance only at the next checkpoint: until then, the slot falls back.
func (w *world) restart(node int) {
	s := &w.servers[node]
	if !s.exists {
		return
	}
	for subscriber := range s.slots {
		slot := &s.slots[subscriber]
		if slot.confirmed > slot.saved {
			w.seen.count(slotFellBack)
		}
		slot.confirmed = slot.saved
	}
	for subscriber := range w.servers {
		w.servers[subscriber].subscriptions[node].reconnect()
	}
}

// checkpoint saves the positions of a server's slots.
func (w *world) checkpoint(node int) {
	for subscriber := range w.servers[node].slots {
		slot := &w.servers[node].slots[subscriber]
		slot.saved = slot.confirmed
	}
}
