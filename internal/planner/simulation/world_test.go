package simulation

import "slices"

// world is everything that really is, whatever the orchestrator has recorded of it.
type world struct {
	servers [maxNodes]server
	// open tells on which nodes there are writers.
	open [maxNodes]bool
	// written are the rows by origin. A row's number is its commit timestamp, and rows is the next one.
	written [maxNodes]rowset
	rows    int
	// restored tells which nodes start from a backup, whose rows the model does not know.
	restored [maxNodes]bool
	seen     *classes
}

// clone returns a world of its own that is the same.
func (w *world) clone() *world {
	c := *w
	for i := range c.servers {
		c.servers[i].wal = slices.Clone(c.servers[i].wal)
	}
	return &c
}

// all are the rows that were ever written.
func (w *world) all() rowset {
	var all rowset
	for _, rows := range w.written {
		all = all.or(rows)
	}
	return all
}

// write commits a row on a node.
func (w *world) write(node int) {
	if !w.open[node] || w.rows == maxRows {
		return
	}
	s := &w.servers[node]
	s.insert(w.rows)
	s.log(w.rows, true)
	w.written[node].add(w.rows)
	w.rows++
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
