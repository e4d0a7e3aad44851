// Package database is the catalog of the resources that the planner makes: one file per resource type.
//
// # Words
//
//	database      one logical Postgres database, spread over nodes that all accept writes
//	node          one primary instance and its physical replicas
//	instance      one Postgres server process on one host
//	spec          what an instance should be; its settings are what only the caller knows about it
//	provider      in logical replication, the node whose changes go to the subscriber
//	link          an ordered pair of nodes in one database: provider and subscriber
//	slot          lives on the provider, and keeps the WAL that the subscriber has not confirmed
//	subscription  lives on the subscriber, and applies the provider's changes
//	settled       of a subscription: it replicates, and has nothing to copy
//	origin        what the subscriber remembers of a provider: up to which position it has applied changes
//	populate      bring a new node to the data of the others
//	source        of a new node: the node that it copies
//	peer          of a new node: any other node but its source
//	marker        a sync event: a position in the provider's WAL that the subscriber can wait for
//	stored        of a resource: as the orchestrator sent it back; its attributes may be anything
//	executor      where the events of a resource run
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
