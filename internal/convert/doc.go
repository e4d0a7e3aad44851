// Package convert turns requests of the wire API into the domain's types, and the domain's results into
// responses, which it writes in the wire format. Besides the services it is the only package that sees generated
// types.
//
// # Words
//
// A call is a request as the domain sees it: one type for each shape of request, made by the function that
// has the rpc's name. A violation is one thing that is wrong with the form of a request: with the request
// by itself, whatever the state is. The form of a piece of JSON is how the wire carries it: as a
// google.protobuf.Struct (or Value), or as JSON text. A wish is a resource that should be, as opposed to
// one that is recorded in a state.
//
// # What it promises
//
//   - A request without violations becomes a call that needs no further checks of form; one with
//     violations becomes an [*InvalidRequestError] that names all of them by their field paths.
//   - Nothing is lost: every field of every message has its place in the domain and comes back from there.
//     Numbers keep every digit. Where a Struct could not hold one, JSON text is sent instead.
//   - What it makes does not depend on the form of attributes, and in a set not on the order of its
//     elements.
//   - No error holds the value of an attribute, a setting, a script or a restore option: they hold secrets.
//   - It works in one pass over the request. Calls share memory with the request (strings, and JSON text
//     without copying it), so neither may be changed afterwards. Responses are bytes of their own.
//
// # What it refuses
//
// It plans nothing and looks nothing up: whether a source node exists, whether a dependency is in the
// state, or whether a restored node is also kept is for the planner to say, with an error of its own.
package convert
