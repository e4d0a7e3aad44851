package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypePeerCatchup is the type of PeerCatchup.
const TypePeerCatchup resource.Type = "database.peer_catchup"

// PeerCatchup blocks until the source has applied what the peer had committed when it wrote its marker.
// Having received it, as WaitForSyncEvent says, is not enough: the new node copies the source's rows.
//
// It depends on the sync event from the peer to the source, which knows the marker's position.
type PeerCatchup struct {
	Source, Peer, DatabaseName string
}

// PeerCatchupIdentifier identifies the catch-up of the source with the peer.
func PeerCatchupIdentifier(source, peer, database string) resource.Identifier {
	return resource.Identifier{Type: TypePeerCatchup, ID: joinNames(source, peer, database)}
}

// Resource makes the resource.
func (c PeerCatchup) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("database_name", c.DatabaseName).
		text("peer_node", c.Peer).
		text("source_node", c.Source).
		json()
	toSource := Link{Provider: c.Peer, Subscriber: c.Source, DatabaseName: c.DatabaseName}
	return build(
		PeerCatchupIdentifier(c.Source, c.Peer, c.DatabaseName),
		onPrimary(c.Source),
		attributes,
		[]resource.Identifier{SyncEventIdentifier(toSource)},
	)
}
