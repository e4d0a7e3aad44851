package database

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// version is the resource_version of every type of the catalog.
const version = "1"

// separator stands between the names in an identifier.
const separator = ":"

// IsCatalogType tells whether t is one of the types of this package. Resources of all other types belong
// to the orchestrator, and nothing is known about them.
func IsCatalogType(t resource.Type) bool {
	switch t {
	case TypeInstance, TypeNode, TypePostgresDatabase, TypeMonitorInstance,
		TypeReplicationSlot, TypeSubscription,
		TypeReplicationSlotCreate, TypeSyncEvent, TypeWaitForSyncEvent, TypePeerCatchup,
		TypeLagTracker, TypeReplicationSlotAdvance, TypeReplicationOriginAdvance,
		TypeDumpRoles, TypeRolesSource:
		return true
	}
	return false
}

// build makes a resource of the catalog. It keeps attributes and dependencies: they must be its own.
func build(
	id resource.Identifier,
	executor resource.Executor,
	attributes json.RawMessage,
	dependencies []resource.Identifier,
) *resource.Resource {
	return &resource.Resource{
		Identifier:      id,
		Executor:        executor,
		Attributes:      attributes,
		Dependencies:    dependencies,
		ResourceVersion: version,
	}
}

// ignoring makes comparison skip the given attributes, named by JSON pointers.
func ignoring(r *resource.Resource, pointers ...string) *resource.Resource {
	r.DiffIgnore = pointers
	return r
}

// concat returns first and then extra in a slice of its own; nil when both are empty.
func concat(extra []resource.Identifier, first ...resource.Identifier) []resource.Identifier {
	n := len(first) + len(extra)
	if n == 0 {
		return nil
	}
	all := make([]resource.Identifier, 0, n)
	return append(append(all, first...), extra...)
}

// onHost lets a resource's events run at the host of that id.
func onHost(id string) resource.Executor {
	return resource.Executor{Type: resource.ExecutorHost, ID: id}
}

// onPrimary lets a resource's events run at the primary instance of the node.
func onPrimary(node string) resource.Executor {
	return resource.Executor{Type: resource.ExecutorPrimary, ID: node}
}

// anywhere lets a resource's events run at any host.
func anywhere() resource.Executor { return resource.Executor{Type: resource.ExecutorAny} }
