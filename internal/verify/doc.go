// Package verify is the judge of plans: it replays them on the state from which they start and tells all
// that is wrong with them. It shares no code with what makes plans, beyond the data types.
//
//	replay      doing to the start state what executing the events would do to it, event by event
//	violation   one thing that is wrong with the plans, and where
//	rule        what a violation violates; each has its reason beside it
//	place       where in the plans something stands: plan, phase, event
//	number      what takes the place of an identifier that was looked up once
//	entry       what the replay knows of one resource that an event touches or depends on
//	wanted      of a resource: as the end has it
//	put         an event that creates or updates its resource
//	drop        an event that deletes its resource
//	given up    of a resource: start has it as pending deletion; of a dependency: the end does not have it
//	moment      how many phases, of all plans, the replay had begun; what start brings has the moment 0
//	made, done  created; there, and neither failed nor to be made again
//	ascent      the way from a resource to all that it depends on, and what was found there: its climb
//
// Of a database:
//
//	mesh        the nodes, and what leads from each to each other one
//	link        the way from a provider to a subscriber: a slot and a subscription
//	joining     of a node: its roles source is there, its data may be incomplete
//	member      of a node: it has a database at the start, and is not joining
//	populated   of a joining node: all its data is there
//	peer        of a joining node: a node that it will replicate from, and that is not its source
//	prepared    of a link: its slot is made ahead of its subscription
//	settled     of a subscription: it replicates and has nothing to copy
//	gap         what is not done of a populate, the first of it
//	loss        rows that a member lacks, and that nothing brings
//	linked      of a node: it has links that are there only because its database has been
//	position    of a link: up to where its subscriber has what its provider has written
//	waiting     of a subscription between members: it applies nothing until its position is found
//	turn        what nodes that join after others wait for
//	desired     what a request asks for
//	target      a node that is to be restored in place
//
// The files graph_*.go hold the rules of any graph of resources, the files mesh_*.go those of a database.
//
// Whoever executes plans runs the phases one after the other and the events of a phase at the same time, so
// that every event is judged by the state before its phase.
//
// The package promises that the same input gives the same violations in the same order, that its input is
// never changed, that no input makes it panic, that no violation holds a value of an attribute, and that it
// costs what reading the start, the end and the events once costs: the start is not copied, and of two
// resources with equal bytes none is parsed. It refuses nothing: whatever cannot be judged is a violation.
// Told to stop, it does so within milliseconds, and says nothing of what it has found.
//
// It trusts nobody for where plans have to lead, if it is told what was asked for: it derives the end from the desired
// nodes and the start state, with the catalog. The end that whoever made the plans proposes only saves making it, if it is
// the same, record by record. It trusts the start state. What the records there say to be done is taken as done, in the order in
// which it should have been.
package verify
