package database

import (
	"bytes"
	"slices"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeSyncEvent is the type of SyncEvent.
const TypeSyncEvent resource.Type = "database.sync_event"

// SyncEvent writes a marker into the provider's WAL and records its position, which comparison skips.
// WaitForSyncEvent and PeerCatchup wait until the subscriber has come that far.
//
// It depends on the link's subscription, which carries the marker to the subscriber. The extra dependency
// of a peer's marker is the slot that the peer keeps for the new node: the marker has to come after the
// slot, so that every change is either before the marker or kept in the slot.
type SyncEvent struct {
	Link
	ExtraDependencies []resource.Identifier
}

// SyncEventIdentifier identifies the link's sync event.
func SyncEventIdentifier(l Link) resource.Identifier { return l.identifier(TypeSyncEvent) }

// Resource makes the resource.
func (e SyncEvent) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("database_name", e.DatabaseName).
		identifiers(nil, "extra_dependencies", e.ExtraDependencies).
		text("provider_node", e.Provider).
		text("subscriber_node", e.Subscriber).
		text("sync_event_lsn", "").
		json()
	id := SyncEventIdentifier(e.Link)
	return ignoring(
		build(
			id,
			onPrimary(e.Provider),
			attributes,
			concat(e.ExtraDependencies, resource.Identifier{Type: TypeSubscription, ID: id.ID}),
		),
		"/sync_event_lsn",
	)
}

// SyncEventForgets tells of a stored sync event whether its attributes have id as an extra dependency, and the resource
// does not depend on that: comparison finds no difference, and nothing says what came first.
func SyncEventForgets(stop *interrupt.Poller, r *resource.Resource, id resource.Identifier) bool {
	extra, err := attribute(stop, r, TypeSyncEvent, "extra_dependencies")
	return err == nil && !stop.Spend(len(extra)+len(r.Dependencies)) && bytes.Contains(extra, jsontext.AppendString(stop, nil, id.ID)) && !slices.Contains(r.Dependencies, id)
}
