// Package verify is the judge of plans: it replays them on the state from which they start and tells all
// that is wrong with them. It shares no code with what makes plans, beyond the data types.
//
//	replay      doing to the start state what executing the events would do to it, event by event
//	violation   one thing that is wrong with the plans, and where
//	rule        what a violation violates; each has its reason beside it
//	number      what takes the place of an identifier that was looked up once
//	put         an event that creates or updates its resource
//	clock       how many phases, of all plans, the replay has begun; what start brings has the time 0
//	made, done  created; there, and neither failed nor to be made again
//	joining     of a node: its roles source is there, its data may be incomplete
//	member      of a node: it has a database at the start, and is not joining
//	populated   of a joining node: all its data is there
//
// Whoever executes plans runs the phases one after the other and the events of a phase at the same time, so
// that every event is judged by the state before its phase.
//
// The package promises that the same input gives the same violations in the same order, that its input is
// never changed, that no input makes it panic, that no violation holds a value of an attribute, and that it
// costs what reading the start, the end and the events once costs: the start is not copied, and of two
// resources with equal bytes none is parsed. It refuses nothing: whatever cannot be judged is a violation.
// Interrupted, it stops within milliseconds, and says nothing of what it has found.
//
// It trusts the start state. What the records there say to be done is taken as done, in the order in
// which it should have been.
package verify
