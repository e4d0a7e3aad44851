package simulation

import "testing"

// These are the facts of Postgres that the model stands on. Three nodes are open, nothing is in flight.

// mesh is a world of n open nodes with a subscription between every two of them.
func mesh(n int) *world {
	w := &world{}
	for node := range n {
		w.servers[node].makeInstance(0, true)
		w.servers[node].exists = true
		w.open[node] = true
	}
	for provider := range n {
		for subscriber := range n {
			if provider != subscriber {
				w.createSubscription(provider, subscriber, subscriptionShape{enabled: true})
			}
		}
	}
	return w
}

// newcomer adds a node that is not open yet, with an empty database.
func (w *world) newcomer(node int) {
	w.servers[node].makeInstance(0, true)
	w.servers[node].exists = true
}

// expect checks how many different rows a node has, and how many of them more than once.
func expect(t *testing.T, w *world, node, rows, doubled int) {
	t.Helper()
	s := &w.servers[node]
	if s.rows.count() != rows || s.doubled.count() != doubled {
		t.Errorf("%s has %d rows, %d of them doubled; it should have %d and %d",
			nodeName(node), s.rows.count(), s.doubled.count(), rows, doubled)
	}
}

func TestChangesAreNotForwarded(t *testing.T) {
	w := mesh(3)
	w.write(0)
	w.drain(0, 1)
	w.drain(1, 2)
	expect(t, w, 2, 0, 0)
	w.drainAll()
	expect(t, w, 2, 1, 0)
}

func TestNewSlotKeepsNothingFromBefore(t *testing.T) {
	w := mesh(1)
	w.write(0)
	w.newcomer(1)
	w.createSubscription(0, 1, subscriptionShape{enabled: true})
	w.write(0)
	w.drainAll()
	expect(t, w, 1, 1, 0)
}

func TestCopyAndSlotMeetAtTheSnapshot(t *testing.T) {
	w := mesh(2)
	w.write(0)
	w.write(1)
	w.drainAll()
	w.newcomer(2)
	w.createSubscription(0, 2, subscriptionShape{enabled: true, copyData: true})
	w.write(0)
	w.copyNext(0, 2)
	w.write(0)
	w.drainAll()
	expect(t, w, 2, 4, 0)
}

func TestCopyBrokenHalfWayGoesOnOnlyWhenAskedTo(t *testing.T) {
	w := mesh(1)
	w.write(0)
	w.write(0)
	w.newcomer(1)
	shape := subscriptionShape{enabled: true, copyData: true}
	w.createSubscription(0, 1, shape)
	w.breakCopy(0, 1)
	w.drainAll()
	expect(t, w, 1, 1, 0)
	w.updateSubscription(0, 1, shape)
	w.drainAll()
	expect(t, w, 1, 2, 0)
	w.updateSubscription(0, 1, shape)
	if w.copyNext(0, 1) {
		t.Error("a complete copy is repeated")
	}
}

// advanced is a world in which node n3 has a row of n2 by way of a copy of n1, and the slot n2->n3, which
// was made before that row, has been moved behind it.
func advanced() *world {
	w := mesh(2)
	w.newcomer(2)
	w.createSubscription(1, 2, subscriptionShape{})
	w.write(1)
	w.drainAll()
	w.createSubscription(0, 2, subscriptionShape{enabled: true, copyData: true})
	w.drainAll()
	w.advanceSlot(1, 2, w.servers[2].commits().and(w.committed[1]).last())
	return w
}

func TestAdvancedSlotSkipsWhatWasCopied(t *testing.T) {
	w := advanced()
	w.updateSubscription(1, 2, subscriptionShape{enabled: true})
	w.drainAll()
	expect(t, w, 2, 1, 0)
}

func TestAdvancedSlotFallsBackAtRestart(t *testing.T) {
	w := advanced()
	w.restart(1)
	w.updateSubscription(1, 2, subscriptionShape{enabled: true})
	w.drainAll()
	expect(t, w, 2, 1, 1)
}

func TestAdvancedSlotIsSavedByCheckpoint(t *testing.T) {
	w := advanced()
	w.checkpoint(1)
	w.restart(1)
	w.updateSubscription(1, 2, subscriptionShape{enabled: true})
	w.drainAll()
	expect(t, w, 2, 1, 0)
}

func TestOriginKnowsBetterThanSlot(t *testing.T) {
	w := advanced()
	w.advanceOrigin(1, 2, w.servers[1].slots[2].confirmed)
	w.restart(1)
	w.updateSubscription(1, 2, subscriptionShape{enabled: true})
	w.drainAll()
	expect(t, w, 2, 1, 0)
}

func TestReplacedSubscriptionForgetsItsOrigin(t *testing.T) {
	w := advanced()
	w.advanceOrigin(1, 2, w.servers[1].slots[2].confirmed)
	w.restart(1)
	w.createSubscription(1, 2, subscriptionShape{enabled: true})
	w.drainAll()
	expect(t, w, 2, 1, 1)
}

func TestReceivedIsNotApplied(t *testing.T) {
	w := mesh(2)
	w.write(0)
	for w.receive(0, 1) {
	}
	expect(t, w, 1, 0, 0)
	w.restart(0)
	w.drainAll()
	expect(t, w, 1, 1, 0)
}

func TestNodeKeepsItsDataAsLongAsAnInstanceIsLeft(t *testing.T) {
	w := mesh(1)
	w.write(0)
	s := &w.servers[0]
	s.makeInstance(1, true)
	s.dropInstance(0)
	expect(t, w, 0, 1, 0)
	if s.primary != 1 {
		t.Errorf("instance %d is primary", s.primary)
	}
	s.dropInstance(1)
	s.makeInstance(0, true)
	expect(t, w, 0, 0, 0)
}
