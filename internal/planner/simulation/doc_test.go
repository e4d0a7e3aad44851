// Package simulation is a model of multi-node Postgres, in which the plans of package planner are executed,
// interrupted and resumed. It is all test code: it shows that whatever stops half-way, asking again always
// finishes the work, and that at the end every node has every row exactly once.
//
// # The world
//
//	world          what really is: servers, and all that was ever committed
//	commit         it inserts a row, or edits one. Its number is its timestamp: a clock that all nodes agree on
//	row            the commit that inserts it
//	edit           an update or a delete of a row that is there
//	missed         of an edit, on a node: it came before its row, and changed nothing
//	origin         of a commit: the node on which it was made
//	server         the Postgres cluster of a node: instances, database, rows, WAL, slots, subscriptions
//	position       in a server's WAL: how many records are before it; what Postgres calls an LSN
//	slot           on the provider: the position that the subscriber has confirmed; what is before is not sent
//	subscription   on the subscriber: copies, receives and applies the changes of one provider
//	copy           a subscription's first data: a snapshot of all the rows that the provider has
//	timeline       which history of a node's data an instance follows
//	open           of a node: writers use it
//	serving        of a node: a service runs beside it, which writes from its start
//	damaged        of a member: it lacks rows which nothing will bring
//	given up       of commits: a node may lack them, since a hazard said so, or nobody has them to give
//
// Replication is that of Spock without forwarding: a provider sends the rows that were written on it, and
// none that it got from elsewhere; a copy brings all rows, wherever they are from. A row that is applied
// where it is already is a doubled row (in Postgres a conflict, or worse: none), and a row that is never
// sent is a lost one. Of edits, the latest one wins everywhere; one that comes before its row is skipped. Lag, a marker that is received before the commits ahead of it have been applied, and
// slots that fall back when their server restarts are part of the model, because the plans must bear them.
//
// # The orchestrator
//
//	wish           which nodes there should be, and in which shape
//	weather        what happens between any two steps of the orchestrator: writes, replication, restarts
//	mishap         what became of an event in the phase in which the orchestrator died or an event failed:
//	               what it did (nothing, half, all), and what was recorded of it
//	schedule       one story: start, wishes, mishaps, weather. A tape of choices; dull where it is zero
//	try            an attempt to lose a row: a start, what happens to it, and a wish, in words
//
// A schedule ends when asking again gives no plan. Then the recorded state is compared with the end state
// of the wish, and the world with both.
//
// # What the contract asks of the user, and the model therefore does
//
//   - Before a node is taken out of the wish, its writers stop, and its changes reach the members.
//   - A new node is opened to writers when asking again gives no plan.
//   - A plan is executed phase by phase, and what became of its events is recorded before the next phase.
//
// # What is left out
//
// DDL, conflicts between writers, large transactions, several databases on one server, and time: waits last
// as long as they need. So is the data in a restored node, which is that of its backup: of restores, only the plans
// and the end state are checked.
package simulation
