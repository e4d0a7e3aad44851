// Package convert holds what both halves of the conversion need: package request, which makes calls out of messages, and
// package response, which writes what was planned as messages. Besides them, package wire and the services nothing sees
// generated types.
//
// # Words
//
//	form    how the wire carries a piece of JSON: as a google.protobuf.Struct (or Value), or as JSON text
//	format  the API's name of a form, as callers ask for it: ResponseOptions.attributes_format
//	tag     what stands in front of a field on the wire: its number, and how it is written
package convert
