// Package planner knows how a multi-node Postgres database gets from one shape to another: which states
// follow each other. What events lead from one to the next is the business of package resource.
//
//	node         one writable member of the database: a primary instance and its replicas
//	source       the existing node that a new node copies its first data from
//	peer         of a new node: an existing node other than its source
//	populate     bring a new node to the data of the others while they go on taking writes
//	member       a node that holds data, takes writes, and can be a source and a peer
//	joining      a node whose populate has begun and is not known to be complete
//
// UpdateDatabase and RestoreDatabase give whole sequences of plans; the other functions give the states
// that these are made of, for orchestrators that compose sequences of their own. All of them are pure, and
// change nothing that they are given.
//
// What the package promises: whoever executes the plans in order, and asks again after any crash or
// failed event, reaches the wanted state, and no row is lost or doubled on the way. docs/planning.md has
// the reasons.
package planner
