package simulation

import (
	"bytes"
	"strings"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// typeService is the type of a service beside a node: it writes from the moment it starts.
const typeService resource.Type = "host.service"

// deed is an event as the world understands it: what to do, to which nodes.
type deed struct {
	resource.Event
	kind resource.Type
	// node is the node that a resource is about; of a link, the provider.
	node int
	// other is the subscriber of a link, the instance of an instance, and the source that roles are from.
	other int
	// shape is that of a subscription.
	shape subscriptionShape
}

// thing is the deed of looking at a resource.
func thing(r *resource.Resource) deed {
	return deedOf(resource.Event{Type: resource.EventRefresh, Resource: r})
}

// deedOf reads an event. Resources of the orchestrator's own have no meaning here.
func deedOf(e resource.Event) deed {
	id := e.Resource.Identifier
	d := deed{Event: e, kind: id.Type}
	switch id.Type {
	case database.TypeInstance:
		d.node, d.other = instanceNumber(id.ID)
	case database.TypeNode, database.TypeDumpRoles, typeService:
		d.node = nodeNumber(id.ID)
	case database.TypeRolesSource:
		d.node, d.other = nodeNumber(id.ID), sourceNumber(e.Resource)
	case database.TypePostgresDatabase:
		node, _, _ := strings.Cut(id.ID, ":")
		d.node = nodeNumber(node)
	case database.TypeReplicationSlotCreate:
		// The names are the last two of what the slot's name is made of.
		parts := strings.Split(id.ID, "_")
		d.node, d.other = nodeNumber(parts[len(parts)-2]), nodeNumber(parts[len(parts)-1])
	case database.TypePeerCatchup:
		// It is named after the source, which waits here as the subscriber of the peer.
		d.other, d.node = linkNumbers(id.ID)
	case database.TypeReplicationSlot, database.TypeSubscription, database.TypeSyncEvent,
		database.TypeWaitForSyncEvent, database.TypeLagTracker, database.TypeReplicationSlotAdvance,
		database.TypeReplicationOriginAdvance:
		d.node, d.other = linkNumbers(id.ID)
	}
	if id.Type == database.TypeSubscription {
		d.shape = subscriptionShape{
			enabled:  !bytes.Contains(e.Resource.Attributes, []byte(`"disabled":true`)),
			copyData: bytes.Contains(e.Resource.Attributes, []byte(`"sync_data":true`)),
		}
	}
	return d
}

// makes tells whether the event creates or updates.
func (d *deed) makes() bool { return d.Type == resource.EventCreate || d.Type == resource.EventUpdate }

func (d *deed) String() string { return d.Type.String() + " " + d.Resource.Identifier.String() }

// nodeName and instanceName name what nodeNumber and instanceNumber read back.
func nodeName(node int) string { return "n" + string(rune('1'+node)) }

func instanceName(node, instance int) string {
	return databases.InstanceID(nodeName(node), instance)
}

func nodeNumber(name string) int { return int(name[1] - '1') }

func instanceNumber(id string) (node, instance int) { return nodeNumber(id), int(id[3] - 'a') }

func linkNumbers(id string) (provider, subscriber int) {
	names := strings.SplitN(id, ":", 3)
	return nodeNumber(names[0]), nodeNumber(names[1])
}

// sourceNumber is the source that a roles source names.
func sourceNumber(r *resource.Resource) int {
	name, err := database.RolesSourceNode(nil, r)
	if err != nil {
		panic(err)
	}
	return nodeNumber(name)
}
