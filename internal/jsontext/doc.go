// Package jsontext is exact JSON: the only reader and the only writer of JSON in this project. It checks texts (RFC
// 8259), reads tokens, members and numbers, brings texts into a canonical form, compares them, makes patches (RFC
// 6902), and writes strings and numbers.
//
//	text       JSON as bytes; it is never decoded into Go values
//	token      a bracket, a string, a number, or one of the words null, true and false
//	scalar     a value that is neither an object nor an array
//	member     a name and a value of an object
//	raw        of a string: what stands between its quotes, escapes and all
//	canonical  of a text: the one spelling that all texts of the same value have
//	plain      of a scalar: canonical at first sight
//	double     a floating-point number of 64 bits; all other numbers here are decimals of any length
//	pointer    the path to a place in a text (RFC 6901), made of segments
//	ignored    of a place: skipped when texts are compared
//	tree       a parsed text: every value with its place in the text and in the canonical form
//	patch      operations that lead from one text to another
//
// All that reads is built on one scanner: the checker, the parser of trees, and the TokenReader, which hands out what
// the checker only looks at.
//
// It promises that numbers are compared by their exact decimal value, that no two texts of different values are
// taken for the same, that time and memory are in proportion to the texts, up to sorting, that what can take long on
// one large text can be stopped, and that no text makes it panic. Recursion goes as deep as a text is nested, which
// is limited: see Limits. Its errors say where a text is wrong and never hold a part of it: texts are secrets. Input
// is never changed; results may share memory with it.
package jsontext
