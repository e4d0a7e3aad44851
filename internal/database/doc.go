// Package database is the catalog of the resources that the planner makes: one file per resource type.
//
// # Words
//
// A database is one logical Postgres database, spread over nodes that all accept writes. A node is one
// primary instance and its physical replicas; an instance is one Postgres server process on one host.
// In logical replication, changes go from a provider to a subscriber; a [Link] is such an ordered pair of
// nodes in one database. A replication slot lives on the provider and keeps the WAL that the subscriber
// has not confirmed; a subscription lives on the subscriber and applies the provider's changes. While a
// new node is populated, its source is the existing node that it copies, and its peers are all others.
//
// # What it promises
//
// Each type of the catalog has a Type constant, a struct that holds what is known when planning, an
// identifier function, and a Resource method that makes the resource. Resource is a pure function of
// the struct: equal structs make equal resources, byte for byte, and the result shares no memory that
// either side could change. Attributes hold every key of the type in ascending order and without white
// space. A list or object without value is null, a string without value is "", a flag is false; only
// the keys whose field or type says so are left out. Types, identifiers and attribute keys are a wire
// contract: orchestrators have stored them.
//
// # What it refuses
//
// It plans nothing: which resources a state holds, and which extra dependencies they need, is decided in
// package planner. It executes nothing: values that only execution knows, such as the position of a sync
// event, are written as null or "" or left out, and stand in the resource's diff_ignore. And it checks
// no names: whoever lets names in refuses those that are empty or hold a colon, since identifiers are
// names joined by colons.
package database
