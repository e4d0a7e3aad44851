// Package wire decodes requests from protobuf's wire format, faster than protobuf itself where that counts.
//
// Nearly all of a request is resources, those of states and those around instances. Protobuf allocates every one of them,
// its parts and its strings one by one, which takes as long as planning. Here they are read by hand into few large pieces of
// memory, and their strings stay where they are: in the bytes of the request. Structs become JSON text at once, without
// messages in between. Everything else, and everything that is not as every encoder writes it, is left to protobuf, so
// that what is accepted, the messages that come of it and the errors are protobuf's own.
//
//	by hand    read here, without protobuf's reflection
//	usual      as every encoder writes it: known fields, each once, nothing longer than it has to be
//	decoder    what reads one request, with the memory that the messages live in
//	release    to give that memory to other requests
//	apart      of a message: not decoded in one piece with what is around it
//	piece      what protobuf decodes between two polls: fields one after the other
//	content    the bytes of a field behind its tag and its length
//	member     a key and a value of a Struct, on the wire
//	unread     of a Struct: not filled in, since its text is noted beside the message
package wire
