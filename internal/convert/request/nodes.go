package request

import (
	"cmp"
	"slices"
	"strings"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
)

// primaryRule says what becomes of a node that names a primary which it does not have.
type primaryRule bool

const (
	checkPrimary primaryRule = true  // it is a violation
	leavePrimary primaryRule = false // the planner has to refuse it
)

// required converts a message that must be there.
func required[In, Out any](r *reader, parent *path, field string, in *In, convert func(*path, *In) *Out) *Out {
	p := at(parent, field)
	if !r.require(&p, "", in != nil) {
		return nil
	}
	return convert(&p, in)
}

// list converts a list; an empty one is nil.
func list[In, Out any](r *reader, parent *path, field string, in []In, convert func(*path, In) Out) []Out {
	if len(in) == 0 {
		return nil
	}
	out := make([]Out, len(in))
	for i, from := range interrupt.Each(r.Stop, in) {
		p := element(parent, field, i)
		out[i] = convert(&p, from)
	}
	return out
}

// nodeBy returns what converts a node by the rule.
func (r *reader) nodeBy(rule primaryRule) func(*path, *plannerv1.NodeResources) *planner.NodeResources {
	return func(p *path, in *plannerv1.NodeResources) *planner.NodeResources { return r.node(p, in, rule) }
}

// nodes converts a list of nodes, whose names have to be distinct.
func (r *reader) nodes(
	parent *path, field string, in []*plannerv1.NodeResources, rule primaryRule,
) []*planner.NodeResources {
	return namedList(r, parent, field, in, r.nodeBy(rule))
}

// namedList converts a list of nodes, to keep or to restore, whose names have to be distinct.
func namedList[In interface{ GetNodeName() string }, Out any](
	r *reader, parent *path, field string, in []In, node func(*path, In) *Out,
) []*Out {
	if !r.countNodes(len(in)) {
		return nil
	}
	seen := make(map[string]struct{}, len(in))
	return list(r, parent, field, in, func(p *path, from In) *Out {
		r.unique(seen, p, "node_name", from.GetNodeName())
		return node(p, from)
	})
}

func (r *reader) node(p *path, in *plannerv1.NodeResources, rule primaryRule) *planner.NodeResources {
	owner := r.nodeOwner(in)
	out := &planner.NodeResources{
		NodeName:          in.GetNodeName(),
		SourceNode:        in.GetSourceNode(),
		PrimaryInstanceID: in.GetPrimaryInstanceId(),
		DatabaseID:        owner.databaseID,
		DatabaseName:      owner.databaseName,
		DatabaseOwner:     in.GetDatabaseOwner(),
		Recovery:          r.recovery(p, in.GetRecovery()),
		AllowMissingRows:  in.GetAllowMissingRows(),
	}
	r.nodeName(p, "node_name", out.NodeName)
	r.plain(p, "database_owner", out.DatabaseOwner)
	r.source(p, in)
	instances := in.GetInstanceResources()
	if rule == checkPrimary && out.PrimaryInstanceID != "" && len(instances) > 0 &&
		!slices.ContainsFunc(instances, func(i *plannerv1.InstanceResources) bool {
			return r.Stop.Stopped() || i.GetInstance().GetSpec().GetInstanceId() == out.PrimaryInstanceID
		}) {
		r.add(p, "primary_instance_id", "%q is not among the instances of the node", shorten(out.PrimaryInstanceID))
	}
	if len(instances) == 0 {
		r.add(p, "instance_resources", "a node needs at least one instance")
	}
	out.InstanceResources = list(r, p, "instance_resources", instances, r.instanceOf(&owner))
	out.RestoreConfig = r.restoreConfig(p, in.GetRestoreConfig())
	first := element(p, "instance_resources", 0)
	r.database(p, in.GetDatabaseId(), in.GetDatabaseName(), &first, firstSpec(in))
	out.Scripts = r.scripts(p, "scripts", in.GetScripts())
	return out
}

// firstSpec is the spec of a node's first instance, or nil.
func firstSpec(in *plannerv1.NodeResources) *plannerv1.InstanceSpec {
	if len(in.GetInstanceResources()) == 0 {
		return nil
	}
	return in.GetInstanceResources()[0].GetInstance().GetSpec()
}

// nodeOwner is what the instances of a node get from it.
func (r *reader) nodeOwner(in *plannerv1.NodeResources) instanceOwner {
	first := firstSpec(in)
	owner := instanceOwner{
		node:         in.GetNodeName(),
		databaseID:   cmp.Or(in.GetDatabaseId(), first.GetDatabaseId()),
		databaseName: cmp.Or(in.GetDatabaseName(), first.GetDatabaseName()),
		scope:        always,
	}
	for _, s := range interrupt.Each(r.Stop, in.GetScripts()) {
		if s.GetName() == database.ScriptPostInit {
			script := scriptFromProto(s)
			owner.postInit = &script
			break
		}
	}
	return owner
}

// recovery converts what becomes of a node if it is a damaged member.
func (r *reader) recovery(p *path, in plannerv1.NodeRecovery) planner.NodeRecovery {
	recovery, ok := convert.NodeRecoveries.FromProto(in)
	if !ok {
		r.add(p, "recovery", "unknown value %d", in)
	}
	return recovery
}

// source checks where a node gets its first data from.
func (r *reader) source(p *path, in *plannerv1.NodeResources) {
	if in.GetSourceNode() == "" {
		return
	}
	r.nodeName(p, "source_node", in.GetSourceNode())
	if in.GetRestoreConfig() != nil {
		r.add(p, "source_node", "must be empty in a node with a restore_config: that gets its data from the backup")
	}
}

// database checks the id and the name of a node's database: the node's own, or else those of its first
// instance. They are the same for all nodes of a request.
func (r *reader) database(p *path, id, name string, instance *path, spec *plannerv1.InstanceSpec) {
	q := at(instance, "instance")
	first := at(&q, "spec")
	r.databaseField(p, "database_id", id, &first, spec.GetDatabaseId(), &r.names.databaseID)
	holder := r.databaseField(p, "database_name", name, &first, spec.GetDatabaseName(), &r.names.databaseName)
	if strings.IndexByte(cmp.Or(name, spec.GetDatabaseName()), ':') >= 0 {
		r.add(holder, "database_name", "must not contain a colon: it separates names in ids")
	}
}

// databaseField returns the message that holds the value of the field.
func (r *reader) databaseField(p *path, field, own string, spec *path, fromSpec string, common *string) *path {
	value, holder := own, p
	if value == "" {
		value, holder = fromSpec, spec
	}
	switch {
	case value == "":
		r.add(p, field, "is required, here or in the spec of the first instance")
	case *common == "":
		*common = value
		r.plain(holder, field, value)
	case *common != value:
		r.add(holder, field, "%q is not %q, as it is before in the request: all nodes are of one database",
			shorten(value), shorten(*common))
	}
	return holder
}

// scripts converts the scripts of a node.
func (r *reader) scripts(parent *path, field string, in []*plannerv1.Script) []database.Script {
	seen := make(map[string]bool, 2)
	return list(r, parent, field, in, func(p *path, from *plannerv1.Script) database.Script {
		switch name := from.GetName(); {
		case name == "":
			r.add(p, "name", "is required")
		case name != database.ScriptPostInit && name != database.ScriptPostDatabaseCreate:
			r.add(p, "name", "%q is unknown: a script is %s or %s",
				shorten(name), database.ScriptPostInit, database.ScriptPostDatabaseCreate)
		case seen[name]:
			r.add(p, "name", "a node has at most one script %s", name)
		default:
			seen[name] = true
		}
		return scriptFromProto(from)
	})
}

func scriptFromProto(in *plannerv1.Script) database.Script {
	return database.Script{
		Name:       in.GetName(),
		Statements: in.GetStatements(),
		Succeeded:  in.GetSucceeded(),
		NeedsToRun: in.GetNeedsToRun(),
	}
}

// restoreConfig converts a restore config; nil stays nil.
func (r *reader) restoreConfig(parent *path, in *plannerv1.RestoreConfig) *database.RestoreConfig {
	if in == nil {
		return nil
	}
	p := at(parent, "restore_config")
	r.plain(&p, "source_database_id", in.GetSourceDatabaseId())
	r.plain(&p, "source_node_name", in.GetSourceNodeName())
	r.plain(&p, "source_database_name", in.GetSourceDatabaseName())
	out := &database.RestoreConfig{
		SourceDatabaseID:   in.GetSourceDatabaseId(),
		SourceNodeName:     in.GetSourceNodeName(),
		SourceDatabaseName: in.GetSourceDatabaseName(),
		RestoreOptions:     in.GetRestoreOptions(),
	}
	if in.GetRepository() != nil {
		out.Repository = r.structObject(&p, "repository", in.GetRepository())
	}
	return out
}

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
	restoring.scope, restoring.primaryHost = duringRestore, spec.GetHostId()

	out := &planner.NodeRestoreResources{
		NodeName:      in.GetNodeName(),
		DatabaseID:    owner.databaseID,
		DatabaseName:  owner.databaseName,
		DatabaseOwner: in.GetDatabaseOwner(),
	}
	r.nodeName(p, "node_name", out.NodeName)
	r.plain(p, "database_owner", out.DatabaseOwner)
	out.PrimaryInstance = required(r, p, "primary_instance", primary, r.instanceOf(&owner))
	out.RestoreInstance = required(r, p, "restore_instance", in.GetRestoreInstance(), r.instanceOf(&restoring))
	out.ReplicaInstances = list(r, p, "replica_instances", in.GetReplicaInstances(), r.instanceOf(&owner))
	r.require(p, "restore_config", in.GetRestoreConfig() != nil)
	out.RestoreConfig = r.restoreConfig(p, in.GetRestoreConfig())
	first := at(p, "primary_instance")
	r.database(p, in.GetDatabaseId(), in.GetDatabaseName(), &first, spec)
	return out
}
