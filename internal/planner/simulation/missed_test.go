package simulation

import "testing"

// missedBy tells which edits a node has missed: by the node where the edit was made, and the one that wrote the row.
func (w *world) missedBy(node int) map[[2]int]int {
	found := make(map[[2]int]int)
	for _, commit := range w.servers[node].missed.list() {
		found[[2]int{w.originOf(commit), w.originOf(int(w.edits[commit].row) - 1)}]++
	}
	return found
}

func (w *world) originOf(commit int) int {
	for node, committed := range w.committed {
		if committed.has(commit) {
			return node
		}
	}
	return -1
}

// Where replication is quick, edits meet their rows. Where it is not, an edit of a row from elsewhere can overtake it,
// without any plan.
func TestEditsCanOvertakeRowsInAnyMesh(t *testing.T) {
	s := newSearch(nil)
	s.founded(t, wishFor(3)).inAllWeathers(func(o *orchestrator) {
		missed := 0
		for seed := range uint64(50) {
			c := o.clone()
			c.tape = randomTape(seed)
			for range 40 {
				c.pass()
			}
			c.world.drainAll()
			for node := range 3 {
				missed += c.world.servers[node].missed.count()
				if err := c.checkRows(node); err != nil {
					t.Errorf("node %s %v", nodeName(node), err)
				}
			}
		}
		t.Logf("%v weather: %d edits missed", o.weather, missed)
		if (missed > 0) != (o.weather == mixed) {
			t.Errorf("%d edits missed in %v weather", missed, o.weather)
		}
	})
}

// While n4 joins from n1, with n2 and n3 as peers, replication between the members is quick. What a peer writes then comes
// to n4 at the end, and edits of that may come before: from the source at once, from the other peer at the end, in any
// order. So n4 misses edits of peers' rows from elsewhere, and nothing else. No member misses any.
func TestJoinMissesEditsOfPeersRowsFromElsewhere(t *testing.T) {
	const source, joining = 0, 3
	s := newSearch(&classes{})
	o := s.founded(t, wishFor(3))
	o.weather = eager
	o.want(wishFor(4))
	bySource, byPeer := 0, 0
	s.everywhere(o, everyEvent, func(o *orchestrator) {
		s.resume(o)
		for node := range joining {
			if missed := o.world.missedBy(node); len(missed) > 0 {
				t.Errorf("node %s misses edits, by where they and their rows are from: %v", nodeName(node), missed)
			}
		}
		for from, n := range o.world.missedBy(joining) {
			editor, writer := from[0], from[1]
			switch {
			case writer == source || writer == joining || editor == writer || editor == joining:
				t.Errorf("misses %d edits of %s in rows of %s", n, nodeName(editor), nodeName(writer))
			case editor == source:
				bySource += n
			default:
				byPeer += n
			}
		}
	})
	s.report(t)
	t.Logf("in %d schedules, missed edits of peers' rows: %d by the source, %d by peers", s.schedules, bySource, byPeer)
	if bySource == 0 || byPeer == 0 {
		t.Error("edits of peers' rows by source and peers are not missed")
	}
}
