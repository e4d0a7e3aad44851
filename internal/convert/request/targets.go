package request

import (
	"cmp"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
)

// targets converts the nodes to restore, of which there has to be one, and whose names have to be distinct.
// Whether one of them is also kept is for the planner to look at.
func (r *reader) targets(
	parent *path, field string, in []*plannerv1.NodeRestoreResources,
) []*planner.NodeRestoreResources {
	if len(in) == 0 {
		r.add(parent, field, "name at least one node to restore")
	}
	return namedList(r, parent, field, in, r.target)
}

func (r *reader) target(p *path, in *plannerv1.NodeRestoreResources) *planner.NodeRestoreResources {
	primary := in.GetPrimaryInstance()
	spec := primary.GetInstance().GetSpec()
	owner := instanceOwner{
		node:         in.GetNodeName(),
		databaseID:   cmp.Or(in.GetDatabaseId(), spec.GetDatabaseId()),
		databaseName: cmp.Or(in.GetDatabaseName(), spec.GetDatabaseName()),
		target:       true,
		primaryID:    spec.GetInstanceId(),
		scope:        afterRestore,
	}
	restoring := owner
	restoring.scope = duringRestore

	out := &planner.NodeRestoreResources{
		NodeName:      in.GetNodeName(),
		DatabaseID:    owner.databaseID,
		DatabaseName:  owner.databaseName,
		DatabaseOwner: in.GetDatabaseOwner(),
	}
	r.nodeName(p, "node_name", out.NodeName)
	out.PrimaryInstance = required(r, p, "primary_instance", primary, r.instanceOf(&owner))
	out.RestoreInstance = required(r, p, "restore_instance", in.GetRestoreInstance(), r.instanceOf(&restoring))
	out.ReplicaInstances = list(r, p, "replica_instances", in.GetReplicaInstances(), r.instanceOf(&owner))
	r.require(p, "restore_config", in.GetRestoreConfig() != nil)
	out.RestoreConfig = r.restoreConfig(p, in.GetRestoreConfig())
	first := at(p, "primary_instance")
	r.database(p, in.GetDatabaseId(), in.GetDatabaseName(), &first, spec)
	return out
}
