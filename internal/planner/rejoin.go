package planner

import (
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// rejoining are the nodes that hold data, and are to be populated again: others may lack what they have written.
type rejoining struct {
	m       *membership
	options UpdateDatabaseOptions
	// beginning are damaged members that are asked to rejoin, undrained joining nodes that have been members.
	beginning, undrained []*NodeResources
}

// rejoins tells whether a damaged node is to be populated again.
func rejoins(n *NodeResources) bool {
	return n.Recovery == NodeRecoveryRejoin || n.Recovery == NodeRecoveryRejoinUndrained
}

// recovers tells whether a damaged node is to recover in any way.
func recovers(n *NodeResources) bool { return continues(n) || rejoins(n) }

// takeOut plans what comes before nodes that rejoin are populated like new ones, as far as the records tell what is next:
// damaged members are marked as joining; or joining nodes that have been members are drained, and their monitors deleted,
// which says that they are. Both have to come before anything else, so that what follows is planned from where the plans
// lead, as it is if they stop there. Without such nodes there are no plans.
func (d *damage) takeOut(options UpdateDatabaseOptions) ([]resource.Plan, []Hazard, error) {
	r := d.rejoining(options)
	if err := d.refuseUndrainable(append(r.beginning, r.undrained...)); err != nil {
		return nil, nil, err
	}
	if err := r.refuse(); err != nil || len(r.beginning)+len(r.undrained) == 0 {
		return nil, nil, err
	}
	var plans []resource.Plan
	var err error
	if len(r.beginning) > 0 { // the links that members give up may be the last that tell of those which rejoin
		plans, _, err = d.m.forgetLost()
	} else {
		plans, _, err = d.giveUp(nil)
	}
	if err == nil && len(plans) == 0 {
		plans, err = r.next()
	}
	if err != nil {
		return nil, nil, err
	}
	return plans, append(d.hazards(), r.hazards()...), d.m.stop.Err()
}

// rejoining finds out who rejoins.
func (d *damage) rejoining(options UpdateDatabaseOptions) *rejoining {
	r := &rejoining{m: d.m, options: options}
	for _, n := range interrupt.Each(d.m.stop, d.m.all) {
		switch {
		case d.members[n.NodeName] != nil && rejoins(n):
			r.beginning = append(r.beginning, n)
		case d.m.isUndrained(n):
			r.undrained = append(r.undrained, n)
		}
	}
	return r
}

// chooseSources gives each damaged member that rejoins, and each joining node that has lost its source, the source that it
// names, or else the first member that lacks nothing; if all lack something, the first one that goes on without it.
func (d *damage) chooseSources() error {
	var without []IncompleteMember
	for _, n := range interrupt.Each(d.m.stop, d.m.all) {
		isDamaged := d.members[n.NodeName] != nil
		if d.m.status[n.NodeName] == member && !(isDamaged && rejoins(n)) {
			n.SourceNode = ""
			if d.m.emptied[n.NodeName] {
				return &NodeLostError{Node: n.NodeName}
			}
		}
		if !(isDamaged && rejoins(n)) && !d.m.resourced[n.NodeName] {
			continue
		}
		named := n.SourceNode
		if source := d.sourceFor(n); source != "" {
			n.SourceNode = source
			continue
		}
		switch {
		case named != "":
			return &SourceNodeError{Node: n.NodeName, Source: named, Problem: d.m.sourceProblem(n)}
		case isDamaged:
			without = append(without, *d.members[n.NodeName])
		default:
			record, _ := d.m.start.Get(database.RolesSourceIdentifier(n.NodeName))
			source, err := database.RolesSourceNode(d.m.stop, record)
			if err != nil {
				return err
			}
			return &JoiningSourceError{Node: n.NodeName, Source: source, Problem: JoiningSourceGone}
		}
	}
	if len(without) > 0 {
		return &MemberIncompleteError{Members: without, WithoutSource: true}
	}
	return d.m.stop.Err()
}

// sourceFor is the source of a node: the first member that lacks nothing, if the node names none; if all lack something, the
// first one that goes on without it. It is "" if there is none, or not the one that the node names.
func (d *damage) sourceFor(n *NodeResources) string {
	second := ""
	for _, other := range interrupt.Each(d.m.stop, d.m.members) {
		name := other.NodeName
		isDamaged := d.members[name] != nil
		switch {
		case name == n.NodeName || n.SourceNode != "" && n.SourceNode != name || !d.holding[name]:
		case !isDamaged:
			return name
		case continues(other) && second == "":
			second = name
		}
	}
	return second
}

// isUndrained tells whether a joining node that has to copy from the beginning was a member, and whether the others may
// lack what it wrote then: it has links out, and a monitor. Those are deleted once it is drained.
func (m *membership) isUndrained(n *NodeResources) bool {
	return m.isJoining(n) && m.monitored(n) && m.isFormer(n.NodeName, m.links[n.NodeName]) && m.mustCopyAgain(n)
}

func (m *membership) isJoining(n *NodeResources) bool {
	return m.status[n.NodeName] == joining || m.status[n.NodeName] == populated
}

// isFormer tells of the node that has these links whether it is joining, was a member before, and has links out.
func (m *membership) isFormer(name string, links []resource.Identifier) bool {
	return m.wasMember(name) && m.anyOf(links, func(id resource.Identifier) bool {
		link, ok := database.LinkOf(id)
		return ok && link.Provider == name
	})
}

// wasMember tells whether a node is joining, and was a member before.
func (m *membership) wasMember(name string) bool {
	record, ok := m.start.Get(database.RolesSourceIdentifier(name))
	return ok && database.RolesSourceRejoins(m.stop, record)
}

// refuseUndrainable refuses to drain nodes to members that go on without what these wrote: their links are lost, too.
func (d *damage) refuseUndrainable(nodes []*NodeResources) error {
	for _, n := range interrupt.Each(d.m.stop, nodes) {
		for _, other := range interrupt.Each(d.m.stop, d.m.members) {
			found := d.members[other.NodeName]
			if found == nil || !continues(other) || n.Recovery == NodeRecoveryRejoinUndrained || !slices.Contains(found.Providers, n.NodeName) {
				continue
			}
			return &RejoinUndrainableError{
				Node: n.NodeName, Lost: database.ReplicationSlotIdentifier(n.link(n.NodeName, other.NodeName)),
			}
		}
	}
	return d.m.stop.Err()
}

// refuse refuses what nobody can rejoin from, or that cannot be drained, or would be drained to too few.
func (r *rejoining) refuse() error {
	for _, n := range interrupt.Each(r.m.stop, r.beginning) {
		switch {
		case n.RestoreConfig != nil:
			return &SourceAndRestoreError{Node: n.NodeName}
		case n.Recovery == NodeRecoveryRejoin && !r.canSend(n):
			return r.undrainable(n)
		}
	}
	return r.refuseRemovals()
}

// undrainable is the refusal of a node that cannot send what it wrote.
func (r *rejoining) undrainable(n *NodeResources) error {
	id := n.databaseIdentifier()
	if r.m.exists(id) {
		id = database.InstanceIdentifier(n.primaryInstanceID())
	}
	return &RejoinUndrainableError{Node: n.NodeName, Lost: id}
}

// canSend tells whether a node has what it wrote, and can send it.
func (r *rejoining) canSend(n *NodeResources) bool {
	return r.m.exists(n.databaseIdentifier()) && r.m.anyInstanceLeft(n)
}

// refuseRemovals refuses to remove a node whose removal has not begun while another one rejoins: nodes are drained to
// those that stay, and if that one were wanted again half-way, it would lack rows. What is on a lost host never is.
func (r *rejoining) refuseRemovals() error {
	rejoining := r.firstFormer()
	if rejoining == "" {
		return r.m.stop.Err()
	}
	for _, node := range interrupt.Each(r.m.stop, r.m.leaving()) {
		name := node.Identifier.ID
		if !r.m.lost.nodes[name] && r.m.isWatched(node) && r.m.holdsDatabase(name) {
			return &RejoinAndRemovalError{Rejoining: rejoining, Leaving: name}
		}
	}
	return r.m.stop.Err()
}

// firstFormer is a node that rejoins, or has begun to and is not wanted any more; "" if there is none.
func (r *rejoining) firstFormer() string {
	if len(r.beginning) > 0 {
		return r.beginning[0].NodeName
	}
	names := make(map[string]bool)
	for _, record := range interrupt.Each(r.m.stop, r.m.start.OfType(database.TypeRolesSource)) {
		if name := record.Identifier.ID; r.m.wasMember(name) && !r.m.lost.nodes[name] {
			names[name] = r.m.status[name] != populated
		}
	}
	first := ""
	for name, links := range linksOf(r.m.stop, r.m.start, names) {
		if r.m.stop.Stopped() {
			break
		}
		if names[name] && (first == "" || name < first) && r.m.isFormer(name, links) {
			first = name
		}
	}
	return first
}

// holdsDatabase tells whether a database of the node is recorded, in whatever condition.
func (m *membership) holdsDatabase(name string) bool {
	return slices.ContainsFunc(m.start.OfType(database.TypePostgresDatabase), func(r *resource.Resource) bool {
		node, ok := database.PostgresDatabaseNode(r.Identifier)
		return m.stop.Stopped() || ok && node == name
	})
}

// next plans what is next: for those that begin, or else for those that are not drained. Their services, and those beside
// them that are not wanted, stop before.
func (r *rejoining) next() ([]resource.Plan, error) {
	services, err := r.services(append(r.beginning, r.undrained...))
	if err != nil {
		return nil, err
	}
	plans, m, err := r.m.delete(nil, services, nil)
	if err != nil {
		return nil, err
	}
	r.m = m
	if len(r.beginning) > 0 {
		return r.mark(plans)
	}
	return r.drain(plans)
}

// services are the recorded resources of the caller that run beside the nodes, but for what belongs to the database.
func (r *rejoining) services(nodes []*NodeResources) ([]resource.Identifier, error) {
	m := r.m
	end, err := EndStateUntil(m.stop, m.all)
	if err != nil {
		return nil, err
	}
	var beside []resource.Identifier
	for _, n := range interrupt.Each(m.stop, nodes) {
		beside = append(append(beside, n.databaseIdentifier(), database.NodeIdentifier(n.NodeName)), m.instances(n)...)
	}
	needed := neededByCatalog(m.stop, m.start, true)
	var services []resource.Identifier
	for _, id := range interrupt.Each(m.stop, m.start.Dependents(m.stop, beside...)) {
		if !database.IsCatalogType(id.Type) && !needed[id] && !end.Has(id) {
			services = append(services, id)
		}
	}
	return services, nil
}

// hazards are what becomes of the nodes, and of what they have not sent.
func (r *rejoining) hazards() []Hazard {
	var hazards []Hazard
	for _, n := range interrupt.Each(r.m.stop, append(r.beginning, r.undrained...)) {
		hazards = append(hazards, Hazard{
			Kind: HazardMemberRepopulated, Node: n.NodeName, Resource: n.databaseIdentifier(),
		})
		if n.Recovery != NodeRecoveryRejoinUndrained {
			continue
		}
		for _, other := range interrupt.Each(r.m.stop, r.m.members) {
			if other.NodeName != n.NodeName {
				hazards = append(hazards, Hazard{
					Kind: HazardRowsGivenUp, Node: other.NodeName,
					Resource: database.ReplicationSlotIdentifier(n.link(n.NodeName, other.NodeName)),
				})
			}
		}
	}
	return hazards
}
