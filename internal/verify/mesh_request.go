package verify

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// request judges where the plans lead by what was asked for: neither the planner's word for where they are to lead nor
// its word for what is needed counts.
type request struct {
	*mesh
	desired *Desired
	// asked tells of each resource that is there, by its number, whether it is desired.
	asked   []bool
	missing map[resource.Identifier]bool
	// nodes are the positions of the nodes, and databases their Postgres databases, by position.
	nodes     map[string]int
	databases []resource.Identifier
	plain     []bool // the name of the node and its database need no escapes in JSON
	// links has what is there of the link from each node to each other one.
	links []link
	text  []byte // scratch
}

// link is what is there of the link from one node to another.
type link struct{ slot, subscription bool }

// judgeRequest judges that the plans lead to what was asked for, and to nothing else.
func (m *mesh) judgeRequest() {
	desired := m.options.Desired
	q := &request{
		mesh: m, desired: desired, asked: make([]bool, len(m.rows)), missing: make(map[resource.Identifier]bool),
		nodes: make(map[string]int, len(desired.Nodes)), links: make([]link, len(desired.Nodes)*len(desired.Nodes)),
	}
	for i := range desired.Nodes {
		if m.stops() {
			return
		}
		n := &desired.Nodes[i]
		q.nodes[n.Name] = i
		q.databases = append(q.databases, n.databaseID())
		q.plain = append(q.plain, !strings.ContainsAny(n.Name+n.Database.DatabaseName, "\"\\"))
		q.judgeRestored(n)
	}
	for want := range desired.bySelf(m.stop) {
		q.judgeResource(want)
	}
	for n := range m.rows {
		if m.stops() {
			return
		}
		if now := m.now(n); now != nil && !q.asked[n] && !q.judgeLink(n, now) {
			m.about(RuleRequestLeftover, theEnd(), now.Identifier, "is there in the end, and nobody asked for it")
		}
	}
	q.judgeLinks()
}

// judgeResource judges what the plans leave of something that is no link.
func (q *request) judgeResource(want *resource.Resource) {
	id := want.Identifier
	n := q.find(id)
	switch {
	case n >= 0 && q.asked[n] || q.missing[id]:
	case n < 0 || q.now(n) == nil:
		q.lacks(id)
	default:
		q.asked[n] = true
		q.judgeAsked(n, q.now(n), want)
	}
}

func (q *request) lacks(id resource.Identifier) {
	q.missing[id] = true
	q.about(RuleRequestMissing, theEnd(), id, "was asked for, and is not there in the end")
}

// judgeAsked judges that what is there is what was asked for.
func (q *request) judgeAsked(n int, now, want *resource.Resource) {
	x := q.rows[n].entry
	if q.isGivenUp(x, now) {
		return
	}
	isPut := x != nil && x.changed > 0
	problem := difference(q.stop, now, want, q.atStart(want.Identifier))
	switch {
	case now.NeedsRecreate || now.Error != "":
		problem = "it has failed"
	case problem == "" && isPut && want.Identifier.Type == database.TypeNode && !q.isPrimary(now):
		problem = "its primary is another one"
	}
	if problem != "" {
		q.about(RuleRequestDiffers, theEnd(), now.Identifier, "is in the end not as it was asked for: "+problem)
	}
}

// difference names the first thing in which a resource is not as desired; empty if there is none. What is not compared
// in planning may stay as it was before, which is nil if it was not there: as it was recorded, or with all that it
// depends on by what it is.
func difference(stop *interrupt.Poller, now, want, before *resource.Resource) string {
	switch {
	case now == want:
		return ""
	case !sameAttributes(stop, now, want):
		return "its attributes differ"
	}
	problem := otherDifference(stop, now, want)
	if problem == "" || before == nil {
		return problem
	}
	if otherDifference(stop, now, before) == "" {
		return ""
	}
	complete := *before
	complete.Dependencies = slices.Concat(before.Dependencies, database.MissingDependencies(before))
	if otherDifference(stop, now, &complete) == "" {
		return ""
	}
	return problem
}

// otherDifference names the first difference but in the attributes. Lists of dependencies are sets.
func otherDifference(stop *interrupt.Poller, now, want *resource.Resource) string {
	switch {
	case now.ResourceVersion != want.ResourceVersion:
		return "its resource version differs"
	case now.Executor != want.Executor:
		return "its executor differs"
	case !sameSet(stop, now.Dependencies, want.Dependencies) || !slices.Equal(now.TypeDependencies, want.TypeDependencies):
		return "its dependencies differ"
	case !slices.Equal(now.DiffIgnore, want.DiffIgnore):
		return "its diff_ignore differs"
	}
	return ""
}

// isPrimary tells whether the record of a node names a primary that it may: the one that start knows, if that is there
// and wanted, else that or one that was asked for. A node that is restored has the first instance.
func (q *request) isPrimary(record *resource.Resource) bool {
	n := &q.desired.Nodes[q.nodes[record.Identifier.ID]]
	primary, err := database.NodePrimaryInstanceID(record)
	if err != nil {
		return false
	}
	if before := q.atStart(record.Identifier); before != nil && n.Restore == nil {
		known, err := database.NodePrimaryInstanceID(before)
		isDesired := slices.ContainsFunc(n.Instances, func(i DesiredInstance) bool { return i.Instance.Spec.InstanceID == known })
		if err == nil && isDesired && (primary == known || isThere(q.atStart(database.InstanceIdentifier(known)))) {
			return primary == known
		}
	}
	return primary == n.primary() || len(n.Instances) > 0 && primary == n.Instances[0].Instance.Spec.InstanceID
}

// judgeLink judges a slot or a subscription of a desired link, and notes that it is there. It tells whether it is one.
func (q *request) judgeLink(number int, now *resource.Resource) bool {
	isSlot := now.Identifier.Type == database.TypeReplicationSlot
	if !isSlot && now.Identifier.Type != database.TypeSubscription {
		return false
	}
	l, ok := linkOf(now.Identifier)
	provider, hasProvider := q.nodes[l.Provider]
	subscriber, hasSubscriber := q.nodes[l.Subscriber]
	if !ok || !hasProvider || !hasSubscriber || provider == subscriber ||
		l.DatabaseName != q.desired.Nodes[provider].Database.DatabaseName {
		return false
	}
	found := &q.links[provider*len(q.desired.Nodes)+subscriber]
	if isSlot {
		found.slot = true
	} else {
		found.subscription = true
	}
	if !q.isPlainLink(now, l, provider, subscriber) {
		want := database.Subscription{Link: l}.Resource()
		if isSlot {
			want = database.ReplicationSlot{Link: l}.Resource()
		}
		q.judgeAsked(number, now, want)
	}
	return true
}

// isPlainLink tells whether a slot or a subscription is, byte by byte, as the catalog makes it from names that need no
// escapes: nearly all are, and are told without making another one to compare with. It says nothing of others.
func (q *request) isPlainLink(now *resource.Resource, l database.Link, provider, subscriber int) bool {
	if !q.plain[provider] || !q.plain[subscriber] {
		return false
	}
	var wants [3]resource.Identifier
	executor := resource.Executor{Type: resource.ExecutorPrimary, ID: l.Provider}
	text := q.text[:0]
	text = append(text, `{"database_name":"`...)
	text = append(text, l.DatabaseName...)
	count := 1
	wants[0] = q.databases[provider]
	if now.Identifier.Type == database.TypeSubscription {
		text = append(text, `","disabled":false,"extra_dependencies":null,"needs_update":false`...)
		executor.ID, count = l.Subscriber, 3
		wants = [3]resource.Identifier{
			q.databases[subscriber], q.databases[provider], {Type: database.TypeReplicationSlot, ID: now.Identifier.ID},
		}
	} else {
		text = append(text, '"')
	}
	text = append(append(text, `,"provider_node":"`...), l.Provider...)
	text = append(append(text, `","subscriber_node":"`...), l.Subscriber...)
	text = append(text, '"')
	if count > 1 {
		text = append(text, `,"sync_data":false,"sync_structure":false`...)
	}
	text = append(text, '}')
	q.text = text
	return bytes.Equal(now.Attributes, text) && now.Executor == executor && now.ResourceVersion == "1" &&
		slices.Equal(now.Dependencies, wants[:count]) && len(now.TypeDependencies) == 0 && len(now.DiffIgnore) == 0 &&
		isDone(now)
}

// noteRestore notes that an instance is created, if it is the one that performs the restore of a node, and all that it
// needs for that is there.
func (m *mesh) noteRestore(e *resource.Event) {
	n := m.targets[e.Resource.Identifier.ID]
	if n == nil || e.Type != resource.EventCreate || difference(m.stop, e.Resource, n.Restore.resource(m.stop, n), nil) != "" {
		return
	}
	for _, r := range n.Restore.Needs {
		if now := m.get(r.Identifier); m.stops() || !isDone(now) || !sameAttributes(m.stop, now, r) {
			return
		}
	}
	m.restored[n.Name] = m.clock
}

// judgeRestored judges that a node that is to be restored has been: its instance was created to perform that, and since
// then its Postgres database.
func (q *request) judgeRestored(n *DesiredNode) {
	if n.Restore == nil {
		return
	}
	id := q.databases[len(q.databases)-1]
	made := moment(0)
	if number := q.find(id); number >= 0 && q.rows[number].entry != nil {
		made = q.rows[number].entry.made
	}
	switch at := q.restored[n.Name]; {
	case at == 0:
		q.about(RuleNotRestored, theEnd(), database.InstanceIdentifier(n.Restore.Instance.Spec.InstanceID),
			"is never created with what performs the restore of its node")
	case made <= at:
		q.about(RuleNotRestored, theEnd(), id, "is not created after the restore of its node")
	}
}

// judgeLinks judges that there is a link from each node to each other one.
func (q *request) judgeLinks() {
	for i := range q.desired.Nodes {
		for k := range q.desired.Nodes {
			if q.stops() {
				return
			}
			found, l := q.links[i*len(q.desired.Nodes)+k], q.desired.Nodes[i].linkTo(&q.desired.Nodes[k])
			if i == k {
				continue
			}
			if !found.slot {
				q.lacks(database.ReplicationSlotIdentifier(l))
			}
			if !found.subscription {
				q.lacks(database.SubscriptionIdentifier(l))
			}
		}
	}
}
