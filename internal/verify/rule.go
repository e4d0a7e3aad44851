package verify

// Rule is what a violation violates. The comments give the reason for each.
type Rule uint8

// The rules. The zero value is invalid.
//
// The first ones hold for plans between any states, and are those of a graph of resources; those of an
// update are for plans that lead a database from one shape to another; those of replication are for every
// operation on a database; and those of a request are for plans that answer one which the judge knows.
//
// Every answer of the server is checked against all of them but RuleSecondPlanning, which takes planning once more: that
// is checked in tests only.
const (
	// RuleInvalidEvent: every event has a type and a resource. Nothing else can be said of one that has not.
	RuleInvalidEvent Rule = iota + 1
	// RuleEmpty: no plan is without phases and no phase without events. They would be steps that do nothing,
	// and "no plans" would not be the only way to say that nothing is to be done.
	RuleEmpty
	// RuleEventOrder: the events of a phase are in the order of their identifiers, so that equal plans are
	// equal byte by byte.
	RuleEventOrder
	// RulePlannedTwice: a plan has at most one event for a resource. A plan is one step: what it does to a
	// resource is done once.
	RulePlannedTwice
	// RuleReason: the reason is one for this type of event, it is true of the resource as it is when the event
	// runs, and the causes are dependencies that had an event since its own last one, all of those in the same
	// plan among them; for a dependency by type, the type. People approve plans by the reasons.
	RuleReason
	// RuleDiff: there is a diff exactly where an event changes attributes. People approve plans by the diffs.
	RuleDiff
	// RuleMarked: what is created or updated carries no error, and is neither to be made again nor to be
	// deleted. The marks say what is, and would be recorded as such.
	RuleMarked

	// RuleMissingDependency: when a resource is created or updated, all that it depends on is there, and does
	// not have to be made again. A directory must be there before the server that keeps its data in it.
	// Resources of the types that it depends on may be there or not; between states, so may what waits for
	// its deletion.
	RuleMissingDependency
	// RuleCreateExisting: what is created is not there, or has to be made again. Creating what is there would
	// destroy it or fail.
	RuleCreateExisting
	// RuleAbsent: what is updated, deleted or refreshed is there.
	RuleAbsent

	// RuleSamePhase: no event of a phase depends on another one of it, directly or not, since they run at the
	// same time. Records that depend on each other in a circle can only be refreshed or deleted at once.
	RuleSamePhase
	// RuleDependencyOrder: in a plan, what a resource depends on, directly or not, has its event in an earlier
	// phase. An update that starts before what it builds on has changed builds on what was.
	RuleDependencyOrder
	// RuleDeleteBeforeCreate: in a plan, deletes come after all creates and updates. What takes the place of
	// something has to work before that is gone.
	RuleDeleteBeforeCreate
	// RuleDeleteBeforeDependent: what depends on a resource goes before it. A server outlives neither its
	// directory nor a slot its database. Exempt is what stays and has given up the dependency.
	RuleDeleteBeforeDependent

	// RuleEndMissing: executing all plans leaves all that is wanted.
	RuleEndMissing
	// RuleEndDiffers: executing all plans leaves it with the wanted attributes, as JSON values, outside
	// diff_ignore, and where both are of the same resource_version; and recorded with the wanted dependencies, in any
	// order, and the wanted executor, but for another host. Of the planner's own types, records may name old
	// dependencies.
	RuleEndDiffers
	// RuleEndFailed: executing all plans leaves nothing wanted with an error or to be made again: every failed
	// resource gets another try.
	RuleEndFailed
	// RuleDependentSkipped: what depends on a resource that is created or updated is created or updated after it,
	// in the same plan or later. A server whose certificate has changed has to load it. Exempt is a resource that is
	// updated for dependencies_changed.
	RuleDependentSkipped
	// RuleLeftover: executing all plans leaves nothing else.
	RuleLeftover
	// RuleEndIncomplete: what the wanted resources depend on is wanted, too. Else the end cannot be reached.
	RuleEndIncomplete
	// RuleSecondPlanning (in tests only): planning again from where the plans lead gives no plans. Else some change would
	// be made over and over again.
	RuleSecondPlanning

	// RuleEarlyDelete (update): nothing is deleted before the last create or update of all plans. What
	// is left over may be what a resume needs, and goes only when everything else has succeeded. Exempt is
	// what has to be done again or moves to another host (see mayRedo), and the end of a turn, where nodes join in turns (see
	// endsTurn). Where nodes join, plans that put nothing but services, and what only follows them, do not count: they
	// come after the deletes.
	RuleEarlyDelete
	// RuleRolling (update, if rolling): no plan creates or updates instances of two members. While one node is
	// worked on, the others serve. Exempt are joining nodes and nodes without a database, which serve nobody,
	// and instances that only follow what another one needs: their own turn may be over.
	RuleRolling
	// RulePrimaryBeforeReplica (update): the replicas that a member has are updated in earlier plans than its
	// primary, so that a change has proven to work before it reaches the one that takes writes. The same events
	// are exempt.
	RulePrimaryBeforeReplica
	// RuleReplicaBeforePrimary (update): a replica is created in a later plan than any create or update of its
	// primary, since it must find the configuration of its primary in place. The same events are exempt.
	RuleReplicaBeforePrimary
	// RuleEmptyMember (update): a member of which no instance is left gets no new one. It would be empty, and
	// replication would take it for complete. It has to be restored, or removed and added.
	RuleEmptyMember

	// RuleSubscriptionWithoutSlot (replication): a subscription has its slot when it is put, and in the end; a
	// disabled one of a node that is no member the slot that was made for it. It reads from the slot, and only the record of the slot
	// makes someone drop it when the subscription is gone.
	RuleSubscriptionWithoutSlot
	// RuleSlotWithoutSubscription (replication): in the end no slot is without its subscription. Nobody would
	// read from it, and it would keep WAL until the provider's disk is full.
	RuleSlotWithoutSubscription
	// RuleRolesSourceMissing (replication): a node that will copy a source has a roles source that names it,
	// before an instance of it is created and when it copies. Its instance loads the roles, and without the
	// record a crash would make the next planning take a half-filled node for a member.
	RuleRolesSourceMissing
	// RuleRolesSourceDropped (update): a roles source is deleted only after all creates and updates of all
	// plans, for the same reason. Services that come after all deletes do not count, and where nodes join in turns, it is
	// after all that is done for the node.
	RuleRolesSourceDropped
	// RuleCopyIntoMember (replication): nothing is copied into a member. It holds these rows already.
	RuleCopyIntoMember
	// RuleCopyTooEarly (replication): rows are copied from source S to N only after, for every peer p, the slot
	// p:N has been made, then the marker p:S written, and S has received and applied that. Then every change of
	// p is in what is copied, or kept in the slot, or both; what is in neither would be lost.
	RuleCopyTooEarly
	// RuleEnabledTooEarly (replication): a subscription p:N starts to apply changes only after the copy has been received,
	// and then the slot and the origin p:N been advanced to what came with it. Else changes that are in the copy would be
	// applied twice. So it is not created to do so, but first told to wait. One between members that has lost its position
	// is told to wait, too, and finds it anew; unless its slot is new, and has sent nothing.
	RuleEnabledTooEarly
	// RuleJoiningOut (replication): nobody copies or applies changes from a joining node before it is
	// populated. They would get a part of the data and go on from there.
	RuleJoiningOut
	// RuleJoiningIn (replication): no subscription of a joining node but its copy applies changes before it is
	// populated. Changes would meet rows that are not there yet.
	RuleJoiningIn
	// RuleStaleRecord (update): when the primary or the database of a joining node is created again, or a slot on a peer
	// for it, or the lost database of a member, no record stands as done of what was lost with the one before: the replicas
	// and the database; the subscriptions, but of a node that leaves the one whose slot is recorded as lost; the copy, which
	// lacks what the peer wrote since. Nor does one of what found the position of a subscription between members, when that
	// is put to wait for it. A crash right after would leave a state in which nothing tells that these have to be done again.
	RuleStaleRecord
	// RuleLinkOverLoss (replication): a slot between members is not made again where rows are missing behind it, but after
	// its subscription and then its own record are deleted, so that until then the state tells of the loss; and one that is
	// there is not made again at all. A link that just goes on shows nothing of its loss. And a lost database is not made
	// again while the record of a slot on it is gone for a member that leaves and has not been let go: it lacks what is
	// written there from then on, and nothing would tell, should it be wanted again.
	RuleLinkOverLoss
	// RuleUnreadable (replication): the attributes by which the rules above judge can be read.
	RuleUnreadable

	// RuleRequestDiffers (request): what is created or updated is so, the last time, as it was asked for: in its executor,
	// its dependencies, its version, and in what diff_ignore hides, too. An update may leave all that as it was. Else an
	// instance that has moved would be sought at its old host, and a replica start as a primary. And a new node copies the
	// source that was asked for, and an event for what serves replication runs where that has to be done.
	RuleRequestDiffers
	// RuleNotForced (request): if everything is to be updated, everything is created or updated. People force an update
	// where the records cannot be trusted.
	RuleNotForced
	// RuleNotRestored (request): the primary of a node that is to be restored is created with what performs the restore,
	// and then the database on it. Else the node has what it had before, or nothing.
	RuleNotRestored
	// RuleMemberIncomplete (request): no node stays that lacks rows which nothing will bring, unless it is asked to go on
	// so: its database is lost, and there are links from or to it; or a slot is lost through which it received rows, and
	// its provider had more; or it was joining, and its roles source is lost. Nothing would look wrong afterwards.
	RuleMemberIncomplete
	// RuleEmptyBesideMembers (request): beside a member that holds data no node gets an empty database, or one from a
	// backup that may not lack rows: a new node copies. Else it would be taken for complete.
	RuleEmptyBesideMembers
	// RuleDataAbandoned (request): the data of members is not thrown away by a wish that does not say so: of an update that
	// wants nodes, one is a member, has copied one, or comes from a backup; a restore names all members; and the database
	// of a member that stays is not made again.
	RuleDataAbandoned
	// RuleDatabaseChanged (request): a node that has a database is wanted with that one. Else an empty one would take its
	// place.
	RuleDatabaseChanged
	// RuleMovedInPlace (request): an instance that is there stays on its host and in its node, and what it needs on its
	// host; and an update of a database updates nothing on another host than it is. What is there would be left behind.
	// Exempt is what watches an instance, and follows it.
	RuleMovedInPlace
	// RuleRejoinUnasked (request): a member begins to join again only if it lacks rows, and is asked to. It loses what it has.
	RuleRejoinUnasked
	// RuleRejoinUndrained (request): of a node that joins again no link out, and nothing of its data, is deleted before all members
	// that stay have what it wrote, and its monitors are gone, which says so: markers are written anew, while no service is
	// left beside it, and waited for. Else nobody has these rows any more. Exempt is a node that is asked to join undrained.
	RuleRejoinUndrained
	// RuleSourceIncomplete (request): the source of a node that joins lacks no rows itself, unless it goes on without them.
	// The node would lack them, too.
	RuleSourceIncomplete
	// RuleServiceTooEarly (request): the resources of services, and what watches them, are created or updated after all
	// databases, slots and subscriptions that are wanted, and while no wanted node has a roles source: they open nodes to
	// writers, and what is written on a node that is joining may be lost. Exempt is what any of the database's own resources
	// needs; and an update at the end of a turn, where nodes join in turns (see endsTurn), may come before the next one.
	RuleServiceTooEarly
	// RuleLostHost (request): what is on a host that the request names as lost, and what runs on the primary of a node all of
	// whose instances are there, is forgotten and gets no other event; and nothing else is forgotten. Nobody could execute it,
	// and a thing that is there would go on unseen.
	RuleLostHost
	// RuleLostSlot (request): the slots that other nodes have for lost ones go before anything is created or updated, and
	// before anything of the lost nodes is forgotten but their monitors and what depends on the slots. They keep WAL until
	// the disk is full, and whatever fails must not keep them. What joining nodes do again may come before.
	RuleLostSlot
	// RuleLostPeer (request): what tells of a joining node that a lost one was its peer goes after what the node has copied.
	// Else a copy that lacks what the peer wrote would look as if it could go on.
	RuleLostPeer
)

// Rules returns all rules.
func Rules() []Rule {
	all := make([]Rule, 0, RuleLostPeer)
	for r := RuleInvalidEvent; r <= RuleLostPeer; r++ {
		all = append(all, r)
	}
	return all
}

// String is the name of the rule, which never changes; "invalid" if there is no such rule.
func (r Rule) String() string {
	names := [...]string{
		RuleInvalidEvent:            "invalid_event",
		RuleEmpty:                   "empty",
		RuleEventOrder:              "event_order",
		RulePlannedTwice:            "planned_twice",
		RuleReason:                  "reason",
		RuleDiff:                    "diff",
		RuleMarked:                  "marked",
		RuleMissingDependency:       "missing_dependency",
		RuleCreateExisting:          "create_existing",
		RuleAbsent:                  "absent",
		RuleSamePhase:               "same_phase",
		RuleDependencyOrder:         "dependency_order",
		RuleDeleteBeforeCreate:      "delete_before_create",
		RuleDeleteBeforeDependent:   "delete_before_dependent",
		RuleEndMissing:              "end_missing",
		RuleEndDiffers:              "end_differs",
		RuleEndFailed:               "end_failed",
		RuleDependentSkipped:        "dependent_skipped",
		RuleLeftover:                "leftover",
		RuleEndIncomplete:           "end_incomplete",
		RuleSecondPlanning:          "second_planning",
		RuleEarlyDelete:             "early_delete",
		RuleRolling:                 "rolling",
		RulePrimaryBeforeReplica:    "primary_before_replica",
		RuleReplicaBeforePrimary:    "replica_before_primary",
		RuleEmptyMember:             "empty_member",
		RuleSubscriptionWithoutSlot: "subscription_without_slot",
		RuleSlotWithoutSubscription: "slot_without_subscription",
		RuleRolesSourceMissing:      "roles_source_missing",
		RuleRolesSourceDropped:      "roles_source_dropped",
		RuleCopyIntoMember:          "copy_into_member",
		RuleCopyTooEarly:            "copy_too_early",
		RuleEnabledTooEarly:         "enabled_too_early",
		RuleJoiningOut:              "joining_out",
		RuleJoiningIn:               "joining_in",
		RuleStaleRecord:             "stale_record",
		RuleUnreadable:              "unreadable",
		RuleRequestDiffers:          "request_differs",
		RuleNotForced:               "not_forced",
		RuleNotRestored:             "not_restored",
		RuleMemberIncomplete:        "member_incomplete",
		RuleEmptyBesideMembers:      "empty_beside_members",
		RuleDataAbandoned:           "data_abandoned",
		RuleDatabaseChanged:         "database_changed",
		RuleMovedInPlace:            "moved_in_place",
		RuleServiceTooEarly:         "service_too_early",
		RuleRejoinUnasked:           "rejoin_unasked",
		RuleRejoinUndrained:         "rejoin_undrained",
		RuleSourceIncomplete:        "source_incomplete",
		RuleLinkOverLoss:            "link_over_loss",
		RuleLostHost:                "lost_host",
		RuleLostSlot:                "lost_slot",
		RuleLostPeer:                "lost_peer",
	}
	if r == 0 || int(r) >= len(names) {
		return "invalid"
	}
	return names[r]
}
