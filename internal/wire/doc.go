// Package wire decodes requests from protobuf's wire format, faster than protobuf itself where that counts.
//
// Nearly all of a request is the resources of a state, and nodes. Protobuf allocates every one of them, its parts and
// its strings one by one, which takes as long as planning. Here they are read by hand into few large pieces of
// memory, and their strings stay where they are: in the bytes of the request. Everything else, and everything
// that is not as every encoder writes it, is left to protobuf, so that what is accepted, the messages that come
// of it and the errors are protobuf's own.
package wire
