// Package jsontext is exact JSON: the only reader of JSON in this project. It checks texts (RFC 8259), reads
// members and numbers, brings texts into a canonical form, compares them, and makes patches (RFC 6902).
//
//	text       JSON as bytes; it is never decoded into Go values
//	member     a name and a value of an object
//	canonical  of a text: the one spelling that all texts of the same value have
//	plain      of a scalar: canonical at first sight
//	pointer    the path to a place in a text (RFC 6901)
//	tree       a parsed text: every value with its place in the text and in the canonical form
//	patch      operations that lead from one text to another
//
// It promises that numbers are compared by their exact decimal value, that no two texts of different values are
// taken for the same, that time and memory are in proportion to the texts, up to sorting, and that no text
// makes it panic. Its errors say where a text is wrong and never hold a part of it: texts are secrets. Input is
// never changed; results may share memory with it.
package jsontext
