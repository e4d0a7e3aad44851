// Package client calls the planner from Go: it connects, reads streams of plans, and runs plans with an executor
// of your own.
//
// # Words
//
// A sequence is the whole answer to one question: plans, to be executed in order, with the header and the summary
// around them. An executor carries out events: it is what knows servers. A store keeps the state: what the
// orchestrator knows to be there. To reconcile is to ask for plans, run them, and ask again, until nothing is
// left to do.
//
// # Use
//
// [Dial] gives a [Client], whose methods ask and read the whole answer. [Runner.Run] executes a sequence,
// [Runner.Reconcile] does all of it:
//
//	planner, err := client.Dial("dns:///planner-headless:7070", creds)
//	...
//	runner := &client.Runner{Executor: executor, Store: store}
//	err = runner.Reconcile(ctx, planner.Wish(&plannerv1.UpdateDatabaseRequest{Nodes: nodes}))
//
// # What it promises
//
//   - Nobody sees the first half of an answer. A stream that ends early, contradicts itself, or does not have the
//     digest that it announces is an error, and none of its plans are returned.
//   - The orchestrator's side of the contract in docs/planning.md is kept: plans and phases strictly in order, every
//     result recorded before the next phase starts, failures in the form that the planner understands, and
//     nothing started after a failure but the rest of its phase.
//   - A server that stops, dies or falls silent while another one serves is no error. Planning changes nothing, so
//     that every call may be repeated: gRPC itself repeats calls that fail before they are answered (see
//     [ServiceConfig]), and the methods of [Client] those whose answer breaks off.
//
// # What it refuses
//
// It keeps no state of its own: after a crash, a new process with the same store goes on. It does not keep others
// from working on the same database at the same time; that is for the orchestrator to see to. And it decides
// nothing: what to do next is always what the planner answers to the state as it is.
package client
