package verify

import (
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// mesh judges plans by what the resources of package database stand for: the rules of an update and of
// replication. It reads from identifiers which nodes they are about; it knows nothing of resources whose
// identifiers have another form.
type mesh struct {
	*judge
	update bool // the rules of an update apply
	// joining are the nodes that have a roles source at the start, and those that begin to join again.
	joining map[string]bool
	// formers are those of them that were members, looked at the last time when that was found out of them; writers is what
	// runs beside these; nil: not known yet.
	formers  map[string]*former
	lookedAt moment
	// nextSource is the source that events give a node.
	nextSource map[string]string
	writers    map[string][]resource.Identifier
	// prepared are, for each node, the peers whose slot for it an event makes ahead.
	prepared map[string]map[string]bool
	// outlived are the joining nodes for which start has a slot that was made ahead on a node that is no peer any more:
	// it has lost its data, or joins itself.
	outlived map[string]bool
	// lastPut is the last plan that creates or updates anything (see findLastPut), lastJoin the last one in which a node
	// begins to join; -1: none.
	lastPut, lastJoin int
	// lastOpening is the last plan that creates or updates any of what lastPut leaves out; -1: none.
	lastOpening int
	// copied are the times at which events copied rows into nodes.
	copied map[string]moment
	// wanted are the nodes that were asked for, by their names; survivor is one of these that is a member which holds its
	// data, "" if none is. Both are empty if it is not known what was asked for.
	wanted   map[string]*DesiredNode
	survivor string
	lost     losses
	gone     gone
	opens    opening
	// waiting are the times at which events put subscriptions between members to wait for their positions.
	waiting map[resource.Identifier]moment
	// targets are the nodes to restore by the ids of the instances that perform that, and restored the times at which
	// these were created to do so.
	targets  map[string]*DesiredNode
	restored map[string]moment
	// nodes is what has been found out about nodes, names those that start or end has; see there.
	nodes     map[string]*node
	names     []string
	instances []instanceEvent
	// What follows is nil until it is needed: the node of each instance, the database of each node.
	nodeOf, databases map[string]string
	copying           map[string]bool              // see isCopying
	redoable          map[resource.Identifier]bool // see mayRedo
	begun             []*entry                     // see endsTurn
	ends              int                          // one more than the end has instances; 0: not counted yet
}

// newMesh reads from start and the events what the rules need to know ahead.
func newMesh(j *judge) *mesh {
	m := &mesh{
		judge:      j,
		update:     j.options.Operation == OperationUpdate,
		joining:    make(map[string]bool),
		formers:    make(map[string]*former),
		nextSource: make(map[string]string),
		prepared:   make(map[string]map[string]bool),
		outlived:   make(map[string]bool),
		lastPut:    -1,
		lastJoin:   -1,

		lastOpening: -1,
		copied:      make(map[string]moment),
		nodes:       make(map[string]*node),
		wanted:      make(map[string]*DesiredNode),
		waiting:     make(map[resource.Identifier]moment),
		targets:     make(map[string]*DesiredNode),
		restored:    make(map[string]moment),
	}
	if desired := j.options.Desired; desired != nil {
		for i := range interrupt.Each(j.stop, desired.Nodes) {
			n := &desired.Nodes[i]
			m.wanted[n.Name] = n
			if n.Restore != nil {
				m.targets[n.Restore.Instance.Spec.InstanceID] = n
			}
		}
	}
	for _, r := range interrupt.Each(j.stop, j.ofType(database.TypeRolesSource, j.start)) {
		m.joining[r.Identifier.ID] = true
	}
	m.findGone()
	m.findFormers()
	m.findLosses()
	m.findServices()
	for name := range m.wanted {
		if !j.stops() && m.stillHoldsData(name) && (m.survivor == "" || name < m.survivor) {
			m.survivor = name
		}
	}
	for _, r := range interrupt.Each(j.stop, j.ofType(database.TypeReplicationSlotCreate, j.start)) {
		m.noteOutlived(r)
	}
	for i, e := range j.events(j.plans) {
		if !isPut(e) {
			continue
		}
		switch {
		case e.Resource.Identifier.Type == database.TypeReplicationSlotCreate:
			m.prepare(e.Resource)
		case e.Resource.Identifier.Type == database.TypeRolesSource && e.Type == resource.EventCreate:
			m.lastJoin = i
		}
	}
	m.findLastPut()
	return m
}

// prepare notes that the slot is made ahead.
func (m *mesh) prepare(r *resource.Resource) {
	if link, ok := m.slotLink(r); ok {
		if m.prepared[link.Subscriber] == nil {
			m.prepared[link.Subscriber] = make(map[string]bool)
		}
		m.prepared[link.Subscriber][link.Provider] = true
	}
}

// noteOutlived notes that start has the slot, if its provider is no peer any more.
func (m *mesh) noteOutlived(r *resource.Resource) {
	link, ok := m.slotLink(r)
	if ok && m.joining[link.Subscriber] && !m.holdsData(link.Provider, link.DatabaseName) {
		m.outlived[link.Subscriber] = true
	}
}

// slotLink is the link of a slot that is made ahead. It is read from the slot's record, on which that depends, or else
// from the attributes: the identifier does not tell where one name ends and the other begins.
func (m *mesh) slotLink(r *resource.Resource) (database.Link, bool) {
	for _, id := range interrupt.Each(m.stop, r.Dependencies) {
		if id.Type == database.TypeReplicationSlot {
			return linkOf(id)
		}
	}
	return database.SlotCreateLink(m.stop, r)
}

// judgeEvent judges an event by the rules for its type.
func (m *mesh) judgeEvent(x *entry, e *resource.Event, at place) {
	m.noteDrained()
	if m.update && e.Type.Removes() {
		m.judgeDelete(x, at)
	}
	if m.update && e.Type == resource.EventDelete {
		m.judgeTaken(x, at)
	}
	m.judgeGone(x, e, at)
	if !isPut(e) {
		return
	}
	if m.options.Desired != nil {
		m.judgeExecutor(x, e.Resource, at)
	}
	if m.update && e.Type == resource.EventCreate {
		m.judgeStale(x, at)
	}
	watches := x.id.Type == database.TypeMonitorInstance // whoever watches follows
	if m.update && e.Type == resource.EventUpdate && x.now != nil && !watches && isOnAnotherHost(x.now, e.Resource) {
		m.about(RuleMovedInPlace, at, *x.id, "is updated on another host than it is")
	}
	if m.opens.services != nil {
		m.noteOpening(x, e, at)
	}
	switch x.id.Type {
	case database.TypeInstance:
		m.noteRestore(e)
		m.judgeInstance(x, e, at)
	case database.TypeSyncEvent:
		m.judgeWriters(x, at)
	case database.TypeRolesSource:
		n := m.wanted[x.id.ID]
		if n != nil {
			m.judgeRejoin(x, e, at)
		}
		if n == nil || n.Source == "" || m.joining[n.Name] && (m.formers[n.Name] == nil || !m.formers[n.Name].begins) {
			break
		}
		if source, err := database.RolesSourceNode(m.stop, e.Resource); err != nil || source != n.Source {
			m.about(RuleRequestDiffers, at, *x.id, "names another source than was asked for")
		}
	case database.TypePostgresDatabase:
		if e.Type == resource.EventCreate {
			m.judgeEmpty(x, at)
		}
	case database.TypeReplicationSlot:
		if e.Type == resource.EventCreate {
			m.judgeMadeAgain(x, at)
		}
	case database.TypeSubscription:
		m.judgeSubscription(x, e, at)
	}
}

// making identifies what makes the slot of a link ahead, as it is recorded now.
func (m *mesh) making(link database.Link) resource.Identifier {
	isRecorded := func(id resource.Identifier) bool { return m.get(id) != nil }
	return database.RecordedSlotCreate(link, isRecorded).Identifier()
}

// linkOf reads the link from the identifier of a resource that has one.
func linkOf(id resource.Identifier) (database.Link, bool) {
	provider, rest, ok := cutName(id.ID)
	if !ok {
		return database.Link{}, false
	}
	subscriber, databaseName, ok := cutName(rest)
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: databaseName}, ok
}

// cutName splits an id behind its first name.
func cutName(id string) (name, rest string, ok bool) { return strings.Cut(id, ":") }
