package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeLagTracker is the type of LagTracker.
const TypeLagTracker resource.Type = "database.lag_tracker_commit_ts"

// LagTracker finds the last commit of origin that receiver holds, and records its position and its time. Comparison
// skips both, and the attributes for them are left out here. The position is what names the commit: commit times need
// not be in the order of commits.
//
// It depends on the Postgres database of both nodes. For a new node as receiver and a peer as origin, the
// dependent resources are the wait for its source's marker: only then does the new node hold all that it
// gets of the peer by way of the source.
type LagTracker struct {
	Origin, Receiver, DatabaseName string
	// Source is the node that receiver has copied, in whose WAL the commit is found; "" if receiver has copied nothing.
	Source string
	// DependentResources are further dependencies. The attribute is left out when there are none.
	DependentResources []resource.Identifier
}

// LagTrackerIdentifier identifies the tracker of origin's changes at receiver.
func LagTrackerIdentifier(origin, receiver, database string) resource.Identifier {
	return resource.Identifier{Type: TypeLagTracker, ID: joinNames(origin, receiver, database)}
}

// Resource makes the resource.
func (t LagTracker) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).text("database_name", t.DatabaseName)
	if len(t.DependentResources) > 0 {
		attributes = attributes.identifiers(nil, "dependent_resources", t.DependentResources)
	}
	attributes = attributes.text("origin_node", t.Origin).text("receiver_node", t.Receiver)
	if t.Source != "" {
		attributes = attributes.text("source_node", t.Source)
	}
	return ignoring(
		build(
			LagTrackerIdentifier(t.Origin, t.Receiver, t.DatabaseName),
			onPrimary(t.Receiver),
			attributes.json(),
			concat(t.DependentResources,
				PostgresDatabaseIdentifier(t.Receiver, t.DatabaseName),
				PostgresDatabaseIdentifier(t.Origin, t.DatabaseName)),
		),
		"/commit_timestamp", "/commit_lsn",
	)
}
