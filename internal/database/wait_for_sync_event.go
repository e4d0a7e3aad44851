package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeWaitForSyncEvent is the type of WaitForSyncEvent.
const TypeWaitForSyncEvent resource.Type = "database.wait_for_sync_event"

// WaitForSyncEvent blocks until the subscriber has passed the marker that the link's SyncEvent left in the
// provider's WAL. It depends on that sync event, which knows the marker's position.
type WaitForSyncEvent struct{ Link }

// WaitForSyncEventIdentifier identifies the wait for the link's sync event.
func WaitForSyncEventIdentifier(l Link) resource.Identifier {
	return l.identifier(TypeWaitForSyncEvent)
}

// Resource makes the resource.
func (w WaitForSyncEvent) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	id := WaitForSyncEventIdentifier(w.Link)
	return build(
		id,
		onPrimary(w.Subscriber),
		w.attributes(buffer[:0]).json(),
		[]resource.Identifier{{Type: TypeSyncEvent, ID: id.ID}},
	)
}
