package slab

import "unsafe"

// BytesOf is the string's own memory, without copying it. It is right for what is never written to, as attributes
// are; appending to it makes a copy, since it has no spare capacity. Requests bring megabytes of attributes, of which
// planning rarely needs any.
func BytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// StringOf is the reverse of BytesOf: the bytes must not be written to as long as the string is in use.
func StringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
