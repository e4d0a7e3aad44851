package simulation

import "slices"

// The model's limits. Nodes and instances are numbered from 0; node 0 is called n1, its instances n1-a, n1-b.
const (
	maxNodes     = 6
	maxInstances = 3
)

// server is the Postgres cluster of a node: a primary and its physical replicas. Physical replication is
// taken to lose nothing: as long as one instance is left, the node has its data.
type server struct {
	// instances tells which instances are there.
	instances [maxInstances]bool
	// primary is the one that accepts writes. It means nothing if there is none.
	primary int
	// roles tells whether the roles that the application needs are there.
	roles bool
	wal   []record
	tables
}

// tables is the one database of a server, with all that goes when it is dropped.
type tables struct {
	exists bool
	content
	// doubled are the rows that are there more than once.
	doubled       rowset
	slots         [maxNodes]slot         // by subscriber
	subscriptions [maxNodes]subscription // by provider
}

// position is a place in a server's WAL: the number of records before it. A server that starts from nothing
// begins at 0: positions from before mean nothing then, and nothing says so.
type position int32

// record is a record in the WAL. That of a marker has no commit, and that of a commit from elsewhere (applied or
// copied) is not local: it takes its place, but is not sent.
type record struct {
	commit int16
	local  bool
}

// log appends a record to the WAL and returns the position behind it.
func (s *server) log(commit int, local bool) position {
	s.wal = append(s.wal, record{commit: int16(commit), local: local})
	return s.end()
}

// end is the present end of the WAL.
func (s *server) end() position { return position(len(s.wal)) }

// behind returns the position just behind the last local commit that has the timestamp, or an earlier one.
func (s *server) behind(timestamp int) position {
	for at, r := range slices.Backward(s.wal) {
		if r.local && r.commit != noCommit && int(r.commit) <= timestamp {
			return position(at) + 1
		}
	}
	return 0
}

// insert puts a row into the table. One that is there already is there twice afterwards.
func (t *tables) insert(row int) {
	if t.rows.has(row) {
		t.doubled.add(row)
	}
	t.rows.add(row)
}

// holdsData tells whether the node has an instance, and so its data: it can execute something, then.
func (s *server) holdsData() bool { return s.instances != [maxInstances]bool{} }

// makeInstance starts an instance, unless it is there: as a replica where the node has data, otherwise as a
// primary from nothing, with the application's roles or without.
func (s *server) makeInstance(instance int, roles bool) {
	if !s.holdsData() {
		*s = server{primary: instance, roles: roles, wal: s.wal[:0]}
	}
	s.instances[instance] = true
}

// dropInstance removes an instance. If it was the primary, another one takes its place; without any, the
// data is gone.
func (s *server) dropInstance(instance int) {
	s.instances[instance] = false
	if !s.holdsData() {
		*s = server{wal: s.wal[:0]}
		return
	}
	for !s.instances[s.primary] {
		s.primary = (s.primary + 1) % maxInstances
	}
}
