package simulation

import (
	"errors"
	"fmt"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// want sets another wish.
func (o *orchestrator) want(w wish) {
	o.settle(w)
	o.wish = w
	o.over = o.over || len(w.nodes) == 0
}

// retire takes a node out of the wish as the contract asks: its writers stop, and its changes reach the
// others as far as they are replicated to them.
func (o *orchestrator) retire(node int) {
	o.note("retire %s", nodeName(node))
	if o.world.open[node] {
		o.world.seen.count(memberDropped)
		o.over = !o.othersOpen(node)
	} else {
		o.world.seen.count(joinerDropped)
	}
	o.world.open[node], o.world.serving[node] = false, false
	for subscriber := range o.world.servers {
		o.world.drain(node, subscriber)
	}
	o.dropped[node] = true
	o.want(o.wish.without(node))
}

// othersOpen tells whether writers use another node.
func (o *orchestrator) othersOpen(node int) bool {
	for other, open := range o.world.open {
		if open && other != node {
			return true
		}
	}
	return false
}

// accepted asks until the planner accepts the wish, and does what it is told if it refuses.
func (o *orchestrator) accepted() (*answer, error) {
	o.kept = [maxNodes]int{}
	for range 100 {
		a, err := o.ask()
		if err == nil {
			return a, nil
		}
		if err := o.comply(err); err != nil || o.over {
			return nil, err
		}
	}
	return nil, errors.New("is refused again and again")
}

// reach fulfills the wish as a user does it: a node that the planner refuses for a good reason is removed
// first, and then added again.
func (o *orchestrator) reach() error {
	wish := o.wish
	a, err := o.accepted()
	if err != nil || o.over {
		return err
	}
	if err := o.finish(a); err != nil {
		return err
	}
	left := false
	for _, n := range o.wish.nodes {
		if !wish.has(n.node) {
			o.retire(n.node)
			left = true
		}
	}
	if !left && len(o.wish.nodes) == len(wish.nodes) {
		return nil
	}
	wish = wish.changeAll(func(n *wanted) { n.recovery = "" })
	wish = wish.changeAll(func(n *wanted) {
		if n.source != firstMember && !o.wish.has(n.source) {
			n.source = firstMember
		}
	})
	o.world.seen.count(wantedAgain)
	o.want(wish)
	if a, err = o.ask(); err != nil {
		return err
	}
	return o.finish(a)
}

// comply does what a refusal asks the user to do.
func (o *orchestrator) comply(refusal error) error {
	o.note("refused %v: %v", o.wish, refusal)
	var primary *planner.PrimaryNotFoundError
	if errors.As(refusal, &primary) {
		o.keepPrimary(nodeNumber(primary.Node))
		return nil
	}
	var incomplete *planner.MemberIncompleteError
	if errors.As(refusal, &incomplete) {
		return o.recover(incomplete)
	}
	var undrainable *planner.RejoinUndrainableError
	if errors.As(refusal, &undrainable) {
		return o.giveUpDrain(undrainable)
	}
	var besideRejoin *planner.RejoinAndRemovalError
	if errors.As(refusal, &besideRejoin) {
		return o.keepLeaving(nodeNumber(besideRejoin.Leaving), nodeNumber(besideRejoin.Rejoining))
	}
	var abandoned *planner.DataAbandonedError
	if errors.As(refusal, &abandoned) {
		return o.abandon(abandoned)
	}
	node, err := o.refusedFor(refusal)
	if err != nil {
		return err
	}
	o.retire(node)
	return nil
}

// keepLeaving keeps a node that is to be removed until another one has rejoined. If it cannot be kept any more, the other
// one goes on as it is.
func (o *orchestrator) keepLeaving(leaving, rejoining int) error {
	o.world.seen.count(refusedBesideRejoin)
	o.kept[leaving]++
	switch {
	case o.kept[leaving] == 1:
		o.want(o.wish.with(newNode(leaving)))
	case o.kept[leaving] == 2 && o.isDamaged(leaving):
		o.want(o.wish.with(newNode(leaving)))
		o.recoverBy(leaving, planner.NodeRecoveryContinue)
	case o.joins(rejoining):
		return fmt.Errorf("%s can neither leave nor stay", nodeName(leaving))
	default:
		o.recoverBy(rejoining, planner.NodeRecoveryContinue)
	}
	return nil
}

// giveUpDrain lets a node rejoin without what the others have not received from it.
func (o *orchestrator) giveUpDrain(refusal *planner.RejoinUndrainableError) error {
	o.world.seen.count(refusedUndrainable)
	if o.sound(refusal.Lost) {
		return fmt.Errorf("refused without a reason: %w", refusal)
	}
	node := nodeNumber(refusal.Node)
	if o.wish.nodes[o.wish.find(node)].recovery == planner.NodeRecoveryRejoinUndrained {
		return fmt.Errorf("refused though it is not to be drained: %w", refusal)
	}
	o.recoverBy(node, planner.NodeRecoveryRejoinUndrained)
	return nil
}

// abandon ends the schedule: of the data, nothing is left that is wanted.
func (o *orchestrator) abandon(refusal error) error {
	for _, n := range o.wish.nodes {
		if o.sound(database.PostgresDatabaseIdentifier(nodeName(n.node), databases.Name)) && !o.joins(n.node) {
			return fmt.Errorf("refused without a reason: %w", refusal)
		}
	}
	o.world.seen.count(refusedAbandoned)
	o.over = true
	return nil
}

// keepPrimary makes a wanted instance the primary of a node whose present one is not wanted. If there is
// none that could be, the present one is wanted again.
func (o *orchestrator) keepPrimary(node int) {
	o.world.seen.count(refusedPrimary)
	s := &o.world.servers[node]
	for i, there := range s.instances {
		if there && i < o.wish.nodes[o.wish.find(node)].instances {
			s.primary = i
			o.recordPrimary(node)
			return
		}
	}
	o.want(o.wish.change(node, func(n *wanted) { n.instances = s.primary + 1 }))
}

// refusedFor returns the node for which the planner has refused the wish. It returns an error if there was
// no reason to.
func (o *orchestrator) refusedFor(refusal error) (int, error) {
	var lost *planner.NodeLostError
	var removed *planner.NodePartlyRemovedError
	var joining *planner.JoiningSourceError
	var source *planner.SourceNodeError
	node, justified, kind := 0, false, refusedLost
	switch {
	case errors.As(refusal, &lost):
		node = nodeNumber(lost.Node)
		justified = !o.anyInstanceRecorded(o.wish.nodes[o.wish.find(node)])
	case errors.As(refusal, &removed):
		node, kind = nodeNumber(removed.Node), refusedRemoved
		justified = o.dropped[node]
	case errors.As(refusal, &joining):
		node, kind = nodeNumber(joining.Node), refusedJoining
		wished, actual := o.wish.nodes[o.wish.find(node)].source, nodeNumber(joining.Source)
		justified = o.dropped[actual] || wished != firstMember && wished != actual
	case errors.As(refusal, &source):
		node, kind = nodeNumber(source.Node), refusedSource
		justified = !o.world.open[nodeNumber(source.Source)] || !o.has(database.PostgresDatabaseIdentifier(source.Source, databases.Name))
	}
	if !justified {
		return 0, fmt.Errorf("refused without a reason: %w", refusal)
	}
	o.world.seen.count(kind)
	return node, nil
}

// anyInstanceRecorded tells whether any of the wanted instances is recorded as there.
func (o *orchestrator) anyInstanceRecorded(n wanted) bool {
	for i := range n.instances {
		r, ok := o.state.Get(database.InstanceIdentifier(instanceName(n.node, i)))
		if ok && !r.NeedsRecreate {
			return true
		}
	}
	return false
}
