// Package request turns the messages of requests into the domain's types.
//
// # Words
//
//	call         a request as the domain sees it: one type for each shape of request, made by the method that has the
//	             rpc's name
//	violation    one thing that is wrong with a request by itself, whatever the state is
//	path         the place of a violation: a field, or an element of a repeated one
//	recorded     a resource as a state says that it is
//	desired      a resource as it is to be, in a state of ResourceService or around an instance or a service
//	surrounding  a resource around an instance or a service; its scope is the time at which it is desired there
//	target       a node to restore
//
// # What it promises
//
//   - A request without violations becomes a call that needs no further checks; one with
//     violations becomes an [*InvalidRequestError] that names all of them by their field paths.
//   - Nothing is lost: every field of every message has its place in the domain. Numbers keep every digit.
//   - What it makes does not depend on the form of attributes, and in a set not on the order of its
//     elements.
//   - No error holds the value of an attribute, a setting, a script or a restore option: they hold secrets.
//   - It works in one pass over the request. Calls share memory with the request (strings, and JSON text
//     without copying it), so neither may be changed afterwards.
//   - A converter that is told to stop does so soon, and says so: interrupt.ErrInterrupted.
//
// # What it refuses
//
// It plans nothing and looks nothing up: whether a source node exists, whether a dependency is in the
// state, or whether a restored node is also kept is for the planner to say, with an error of its own.
package request
