// Package planner knows how a multi-node Postgres database gets from one shape to another: which states
// follow each other. What events lead from one to the next is the business of package resource.
//
//	node         one writable member of the database: a primary instance and its replicas
//	desired      what the caller asks for: nodes, services, and the end state that follows from them
//	end state    the state in which everything is as desired, and nothing else is there
//	recorded     of a resource: start has it, in whatever condition
//	existing     of a resource: recorded, and not marked as needing recreation; of a node: a member
//	membership   the desired nodes, each with its status in one state
//	newcomer     a node that holds no data, and is added
//	joining      a node whose populate has begun and is not known to be complete
//	populated    a node whose populate has begun, and that has all its data
//	member       a node that holds data, takes writes, and can be a source and a peer
//	leaving      a node that is recorded and not desired
//	source       the member that a new node copies its first data from
//	peer         of a new node: a member other than its source
//	provider     of a link between two nodes: the one whose changes the other, the subscriber, applies
//	populate     bring a new node to the data of the others while they go on taking writes
//	marker       what a peer writes behind its slots for new nodes, and their source waits for
//	settled      of a subscription: it replicates, and has nothing to copy
//	outdated     what a joining node has to do again; a clean-up deletes it first
//	damaged      of a member: it lacks rows which nothing will bring
//	holding      of a node: it has a database, on an instance that is there
//	position     of a link between members: up to where the subscriber has the changes of the provider
//	making       what makes a slot ahead of the subscription that reads from it
//	hazard       what plans destroy or give up because the request says so
//	repair       mend what is broken among the members before a new node builds on it
//	removal      delete a leaving node; refused to be taken back once rows may be missing
//	deferred     a newcomer that waits for its turn, until the nodes that are joining now are done
//	target       a node that is restored in place from a backup; the nodes beside it are kept
//	diff         a state that holds only what a step changes; what the functions for single nodes return
//
// UpdateDatabase and RestoreDatabase give whole sequences of plans; the other functions give the states
// that these are made of, for orchestrators that compose sequences of their own. All of them are pure, and
// change nothing that they are given.
//
// What the package promises: whoever executes the plans in order, and asks again after any crash or
// failed event, reaches the wanted state, and no row is lost or doubled on the way. docs/planning.md has
// the reasons.
package planner
