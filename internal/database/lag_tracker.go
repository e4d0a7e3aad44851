package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeLagTracker is the type of LagTracker.
const TypeLagTracker resource.Type = "database.lag_tracker_commit_ts"

// LagTracker reads the commit time of the last change of origin that receiver holds. Comparison skips it,
// and the attribute for it is left out here.
//
// It depends on the Postgres database of both nodes. For a new node as receiver and a peer as origin, the
// dependent resources are the wait for its source's marker: only then does the new node hold all that it
// gets of the peer by way of the source.
type LagTracker struct {
	Origin, Receiver, DatabaseName string
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
	return ignoring(
		build(
			LagTrackerIdentifier(t.Origin, t.Receiver, t.DatabaseName),
			onPrimary(t.Receiver),
			attributes.text("origin_node", t.Origin).text("receiver_node", t.Receiver).json(),
			concat(t.DependentResources,
				PostgresDatabaseIdentifier(t.Receiver, t.DatabaseName),
				PostgresDatabaseIdentifier(t.Origin, t.DatabaseName)),
		),
		"/commit_timestamp",
	)
}
