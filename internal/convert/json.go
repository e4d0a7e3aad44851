package convert

import "unsafe"

// BytesOf is the string's own memory, without copying it. It holds for values that are never written to:
// attributes are immutable (see resource.Resource), and appending to the slice makes a copy, since it has
// no room. Requests bring megabytes of attributes, of which planning rarely needs any.
func BytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// StringOf is the reverse of BytesOf, under the same condition.
func StringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
