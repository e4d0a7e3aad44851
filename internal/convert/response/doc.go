// Package response writes what was planned in the wire format: states, and plans cut into messages.
//
// # Words
//
//	part    what one message of a plan carries
//	header  the message that opens a stream of plans, before the first part
//	summary the message that closes it
//	verdict what verifying plans has found
//
// # What it promises
//
//   - The bytes are those that protobuf writes for the same messages when it is told to be deterministic.
//   - Nothing is lost: every field of the domain has its place in a message. Where a Struct cannot hold a number
//     exactly, JSON text is sent instead.
//   - Answers are bytes of their own: they share no memory with the call.
package response
