// Package response writes what was planned in the wire format: states, and plans cut into messages.
//
// # Words
//
//	header   the message that opens a stream of plans
//	part     that which one message of a stream carries of a plan: pieces of it
//	piece    events of one phase that are in the same part: all of them, unless the phase is too large for one
//	summary  the message that closes a stream: counts, and the digest
//	verdict  the message that lists what the judge has found
//	blank    where the length of a message belongs that is not known yet
//
// # What it promises
//
//   - The bytes are those that protobuf writes for the same messages when it is told to be deterministic.
//   - Nothing is lost: every field of the domain has its place in a message. Where a Struct cannot hold a number
//     exactly, JSON text is sent instead.
//   - No message exceeds the size that the caller allows.
//   - Messages are bytes of their own: they share no memory with the plans.
//   - An encoder that is told to stop does so soon, and says so: [interrupt.ErrInterrupted].
package response
