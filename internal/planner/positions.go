package planner

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// positionOf are what finds out up to where the subscriber of a link has the provider's changes, and lets the link go on
// from there.
func positionOf(link database.Link) []resource.Identifier {
	return []resource.Identifier{
		database.LagTrackerIdentifier(link.Provider, link.Subscriber, link.DatabaseName),
		database.ReplicationSlotAdvanceIdentifier(link), database.ReplicationOriginAdvanceIdentifier(link),
	}
}

// unpositioned are the links between members that have a slot, and whose subscription is not known to be at its
// position: what the slot keeps may have arrived already.
type unpositioned struct {
	links []database.Link
	// outdated is what was done to find the position before, or when the subscriber joined, of all but those whose
	// subscription waits for its position.
	outdated []resource.Identifier
}

// findUnpositioned looks for them: the subscription has to be made again, has failed, is disabled, or is missing. It
// does not go on from anywhere if its slot has to be made again, too.
func (m *membership) findUnpositioned() (unpositioned, error) {
	var found unpositioned
	for r := range m.start.All(m.stop) {
		if m.seemsPositioned(r) {
			continue
		}
		link, ok := database.LinkOf(r.Identifier)
		if !ok || !m.betweenMembers(link) {
			continue
		}
		if err := found.judge(m, link, r); err != nil {
			return found, err
		}
	}
	interrupt.SortFunc(m.stop, found.links, compareLinks)
	return found, m.stop.Err()
}

// seemsPositioned tells of a record, as most are, that it cannot show such a link: of a slot that is lost or whose
// subscription is there, of a subscription without a mark that has nothing to be told, and of all that is neither.
func (m *membership) seemsPositioned(r *resource.Resource) bool {
	switch r.Identifier.Type {
	case database.TypeReplicationSlot:
		subscription := resource.Identifier{Type: database.TypeSubscription, ID: r.Identifier.ID}
		return r.NeedsRecreate || m.recorded(subscription)
	case database.TypeSubscription:
		return !r.NeedsRecreate && r.Error == "" && !holdsTrue(r)
	}
	return true
}

// unpositionedOf looks for them among links out of nodes that have been members.
func (m *membership) unpositionedOf(links []database.Link) (unpositioned, error) {
	var found unpositioned
	for _, link := range interrupt.Each(m.stop, links) {
		for _, id := range [2]resource.Identifier{database.ReplicationSlotIdentifier(link), database.SubscriptionIdentifier(link)} {
			r, ok := m.start.Get(id)
			if !ok {
				continue
			}
			if err := found.judge(m, link, r); err != nil {
				return found, err
			}
		}
	}
	return found, m.stop.Err()
}

// judge adds a link if its record says that it is not at its position.
func (u *unpositioned) judge(m *membership, link database.Link, r *resource.Resource) error {
	if m.seemsPositioned(r) {
		return nil
	}
	if r.Identifier.Type == database.TypeReplicationSlot {
		u.add(m, link, false)
		return nil
	}
	flags, err := m.flagsOf(r)
	if err != nil {
		return err
	}
	slot := database.ReplicationSlotIdentifier(link)
	marked := r.NeedsRecreate || r.Error != ""
	if flags.Disabled || marked && (m.exists(slot) || !m.recorded(slot)) {
		u.add(m, link, flags.Disabled && !marked)
	}
	return nil
}

// add adds a link; waits says that its subscription has been told to wait until the position is found.
func (u *unpositioned) add(m *membership, link database.Link, waits bool) {
	u.links = append(u.links, link)
	if waits {
		return
	}
	for _, id := range append(positionOf(link), m.making(link).Identifier()) {
		if m.recorded(id) {
			u.outdated = append(u.outdated, id)
		}
	}
}

// flagsOf reads what a subscription between members is to do. What holds no true is not read.
func (m *membership) flagsOf(subscription *resource.Resource) (database.SubscriptionFlags, error) {
	if !holdsTrue(subscription) {
		return database.SubscriptionFlags{}, nil
	}
	return database.ReadSubscriptionFlags(m.stop, subscription)
}

func holdsTrue(r *resource.Resource) bool { return bytes.Contains(r.Attributes, []byte("true")) }

func compareLinks(a, b database.Link) int {
	return cmp.Or(strings.Compare(a.Provider, b.Provider), strings.Compare(a.Subscriber, b.Subscriber))
}

// betweenMembers tells whether it is a link between two members.
func (m *membership) betweenMembers(link database.Link) bool {
	return link.Provider != link.Subscriber &&
		m.status[link.Provider] == member && m.status[link.Subscriber] == member &&
		m.databases[link.Provider] == link.DatabaseName
}

// positions returns the diffs in which those links stop, and then find their positions; none if there are no such links.
// What is missing or has failed of the members' databases is mended before. From there, the end state lets them go on.
func (m *membership) positions(links []database.Link, end *resource.State) []*resource.State {
	if len(links) == 0 {
		return nil
	}
	stop, find := m.brokenDatabases(end), resource.NewState()
	for _, link := range interrupt.Each(m.stop, links) {
		addStop(stop, link)
		addFind(find, link)
	}
	return []*resource.State{stop, find}
}

// addStop adds what lets a link stop.
func addStop(diff *resource.State, link database.Link) {
	diff.Add(database.ReplicationSlot{Link: link}.Resource())
	diff.Add(database.Subscription{Link: link, Disabled: true}.Resource())
}

// addFind adds what finds the position of a link that has stopped. It does not depend on the subscription: it must not
// be done again when that goes on.
func addFind(diff *resource.State, link database.Link) {
	diff.Add(database.LagTracker{
		Origin: link.Provider, Receiver: link.Subscriber, DatabaseName: link.DatabaseName,
	}.Resource())
	diff.Add(database.ReplicationSlotAdvance{Link: link}.Resource())
	diff.Add(database.ReplicationOriginAdvance{Link: link}.Resource())
}
