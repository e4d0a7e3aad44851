package verify

import (
	"bytes"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// flags is what the attributes of a subscription say that it does.
type flags struct {
	disabled bool // applies no changes
	copies   bool // copies schema or rows first
}

// settled tells whether the subscription applies changes and copies nothing.
func (f flags) settled() bool { return !f.disabled && !f.copies }

// flagsOf reads the flags of a subscription. The error is a *database.AttributeError.
func flagsOf(stop *interrupt.Poller, r *resource.Resource) (flags, error) {
	if !bytes.Contains(r.Attributes, []byte("true")) { // none can be set
		return flags{}, nil
	}
	read, err := database.ReadSubscriptionFlags(stop, r)
	return flags{disabled: read.Disabled, copies: read.Copies}, err
}

// isSet tells whether an attribute is true.
func isSet(stop *interrupt.Poller, r *resource.Resource, name string) bool {
	value, err := jsontext.Lookup(stop, r.Attributes, name)
	return err == nil && string(value) == "true"
}

// isCopying tells whether a node gets a copy from an event, before that or after.
func (m *mesh) isCopying(name string) bool {
	if m.copying == nil {
		m.copying = make(map[string]bool)
		for _, e := range m.events(m.plans) {
			if !isPut(e) || e.Resource.Identifier.Type != database.TypeSubscription {
				continue
			}
			link, ok := linkOf(e.Resource.Identifier)
			if flags, err := flagsOf(m.stop, e.Resource); ok && err == nil && flags.copies {
				m.copying[link.Subscriber] = true
			}
		}
	}
	return m.copying[name]
}

// judgeSubscription judges an event that puts a subscription.
func (m *mesh) judgeSubscription(x *entry, e *resource.Event, at place) {
	link, ok := linkOf(*x.id)
	if !ok {
		return
	}
	m.judgeSlot(x, resource.Identifier{Type: database.TypeReplicationSlot, ID: x.id.ID}, at)
	now, err := flagsOf(m.stop, e.Resource)
	var before flags
	switch {
	case err != nil || x.now == nil:
	case bytes.Equal(x.now.Attributes, e.Resource.Attributes):
		before = now
	default:
		before, err = flagsOf(m.stop, x.now)
	}
	if err != nil {
		m.about(RuleUnreadable, at, *x.id, "has attributes that do not tell whether it applies changes")
		return
	}
	switch {
	case now.copies:
		// A copy that is there and has not failed is not made once more when its subscription is updated.
		if e.Type == resource.EventCreate || !before.copies || x.now == nil || x.now.Error != "" {
			m.judgeCopy(x, link, at)
		}
	case now.disabled:
		m.judgeWaiting(x, e, link, before, at)
		if !m.node(link.Subscriber, link.DatabaseName).member { // a member finds the position of a link that it had
			m.judgeSlot(x, m.making(link), at)
		}
	default:
		switch {
		case e.Type == resource.EventCreate || !before.settled(): // it begins
			m.judgeProvider(x, link, at)
		case !isDone(x.now): // it may have begun
			m.judgeProviderAgain(x, link, at)
		}
		m.judgeEnabling(x, e, link, before, at)
	}
}

// judgeSlot judges that a slot is there, or its making done. A dependency that says so is judged as such.
func (m *mesh) judgeSlot(x *entry, slot resource.Identifier, at place) {
	if !m.becomes.depends(m.stop, m.plan.of(x).Resource, slot) && !isThere(m.get(slot)) {
		m.about(RuleSubscriptionWithoutSlot, at, *x.id, "is put without", slot)
	}
}

// judgeProvider judges that the provider of a subscription that copies or applies changes is populated.
func (m *mesh) judgeProvider(x *entry, link database.Link, at place) {
	if m.isJoining(link.Provider) && !m.isUndrained(link.Provider) {
		m.reportProvider(x, m.gapOf(m.node(link.Provider, link.DatabaseName)), at)
	}
}

// judgeProviderAgain judges that the provider of a subscription that was put to apply changes before, and failed, holds
// all that it copies. It was populated then; what it may have lost since is the position of a subscription of its
// own, and rows only if it copies again.
func (m *mesh) judgeProviderAgain(x *entry, link database.Link, at place) {
	if !m.isJoining(link.Provider) || m.isUndrained(link.Provider) {
		return
	}
	n := m.node(link.Provider, link.DatabaseName)
	g := m.gapOf(n)
	if source := m.sourceOf(n.name); g != nil && source != "" {
		g = m.gapInCopy(n, source)
	}
	m.reportProvider(x, g, at)
}

func (m *mesh) reportProvider(x *entry, g *gap, at place) {
	if g != nil {
		m.about(RuleJoiningOut, at, *x.id, "takes changes from a joining node, for which is not done:", g.missing)
	}
}

// judgeEnabling judges that the subscription, which was to do something else before, may apply changes.
func (m *mesh) judgeEnabling(x *entry, e *resource.Event, link database.Link, before flags, at place) {
	n := m.node(link.Subscriber, link.DatabaseName)
	if !m.isJoining(n.name) {
		m.judgeAttached(x, n, link, at)
		m.judgePosition(x, e, link, before, at)
		return
	}
	source := m.sourceOf(n.name)
	switch {
	case source == "":
		m.about(RuleUnreadable, at, database.RolesSourceIdentifier(n.name), "does not tell the source for", *x.id)
		return
	case m.isPopulated(n):
		m.judgeAgain(x, e, n, link, at)
		return
	}
	if g := m.gapBefore(n, source, link); g != nil {
		m.about(RuleEnabledTooEarly, at, *x.id, "applies changes before is done:", g.missing)
		return
	}
	if g := m.gapOf(n); g != nil {
		m.about(RuleJoiningIn, at, *x.id, "applies changes to a joining node, for which is not done:", g.missing)
	}
}

// judgeAgain judges that a subscription of a populated node applies changes. That says that all was done for
// it once; but if it is made again, it has to be put at its position again.
func (m *mesh) judgeAgain(x *entry, e *resource.Event, n *node, link database.Link, at place) {
	source := m.sourceOf(n.name)
	isPeer := slices.Contains(m.peersOf(n, source), link.Provider)
	if e.Type == resource.EventCreate && (isPeer || link.Provider == source) {
		m.about(RuleEnabledTooEarly, at, *x.id, "is created to apply changes from a position that nothing has told it")
		return
	}
	if isPeer && x.made > 0 {
		if g := m.gapInAdvances(n, source, link.Provider); g != nil {
			m.about(RuleEnabledTooEarly, at, *x.id, "applies changes before is done:", g.missing)
		}
	}
}

// judgeAttached judges that a node which is not joining has its data from somewhere, if it is to apply the
// changes of a member: it is one itself, has been joining, or comes from a backup.
func (m *mesh) judgeAttached(x *entry, n *node, link database.Link, at place) {
	if !m.update || n.member || m.joining[n.name] || m.copied[n.name] > 0 || !m.node(link.Provider, link.DatabaseName).member {
		return
	}
	postgres := m.get(database.PostgresDatabaseIdentifier(n.name, n.database))
	if postgres == nil || isSet(m.stop, postgres, "has_restore_config") || m.isLinked(n.name) {
		return
	}
	m.about(RuleJoiningIn, at, *x.id, "applies changes to a new node, which has not copied any rows")
}
