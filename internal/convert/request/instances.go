package request

import (
	"slices"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/planner"
)

// instanceOwner is what an instance gets from its node, and when the resources around it are desired.
type instanceOwner struct {
	node, databaseID, databaseName string
	postInit                       *database.Script
	// target means that the node is one to restore. Then primaryID is the id of its primary, and primaryHost, of the instance
	// that performs the restore, the host of that.
	target                 bool
	primaryID, primaryHost string
	scope                  scope
}

// instanceOf returns what converts the instances of that owner.
func (r *reader) instanceOf(owner *instanceOwner) func(*path, *plannerv1.InstanceResources) *planner.InstanceResources {
	return func(p *path, in *plannerv1.InstanceResources) *planner.InstanceResources {
		return r.instance(p, in, owner)
	}
}

// instance converts an instance and the resources around it.
func (r *reader) instance(p *path, in *plannerv1.InstanceResources, owner *instanceOwner) *planner.InstanceResources {
	out := &planner.InstanceResources{}
	q := at(p, "instance")
	if r.require(&q, "", in.GetInstance() != nil) {
		r.bareInstance(&q, in.GetInstance(), &out.Instance, owner)
	}
	out.InstanceDependencies = r.surrounding(p, "instance_dependencies", in.GetInstanceDependencies(), owner.scope)
	out.DatabaseDependencies = r.surrounding(p, "database_dependencies", in.GetDatabaseDependencies(), owner.scope)
	out.NodeDependents = r.surrounding(p, "node_dependents", in.GetNodeDependents(), owner.scope)
	return out
}

func (r *reader) bareInstance(p *path, in *plannerv1.Instance, out *database.Instance, owner *instanceOwner) {
	q := at(p, "spec")
	if r.require(&q, "", in.GetSpec() != nil) {
		r.spec(&q, in.GetSpec(), &out.Spec, owner)
	}
	out.Hostname = in.GetInstanceHostname()
	r.plain(p, "instance_hostname", out.Hostname)
	out.PrimaryInstanceID = in.GetPrimaryInstanceId()
	r.plain(p, "primary_instance_id", out.PrimaryInstanceID)
	out.Dependencies = r.dependencies(p, in.GetDependencies(), database.InstanceIdentifier(out.Spec.InstanceID), surrounding)
	if in.GetConnectionInfo() != nil {
		out.ConnectionInfo = r.structObject(p, "connection_info", in.GetConnectionInfo())
	}
	out.PostInit = owner.postInit
	if in.GetPostInit() != nil {
		script := scriptFromProto(in.GetPostInit())
		if script.Name != "" && script.Name != database.ScriptPostInit {
			s := at(p, "post_init")
			r.add(&s, "name", "must be empty or %s", database.ScriptPostInit)
		}
		script.Name = database.ScriptPostInit
		out.PostInit = &script
	}
}

func (r *reader) spec(p *path, in *plannerv1.InstanceSpec, out *database.InstanceSpec, owner *instanceOwner) {
	r.instanceID(p, in.GetInstanceId(), owner)
	*out = database.InstanceSpec{
		InstanceID:   in.GetInstanceId(),
		NodeName:     r.inherited(p, "node_name", in.GetNodeName(), owner.node),
		DatabaseID:   r.inherited(p, "database_id", in.GetDatabaseId(), owner.databaseID),
		HostID:       in.GetHostId(),
		DatabaseName: r.inherited(p, "database_name", in.GetDatabaseName(), owner.databaseName),
	}
	r.require(p, "host_id", out.HostID != "")
	r.plain(p, "host_id", out.HostID)
	r.notLost(p, "host_id", out.HostID)
	if owner.primaryHost != "" && out.HostID != "" && out.HostID != owner.primaryHost {
		r.add(p, "host_id", "must be that of the primary instance, %q: an instance is restored where it is", shorten(owner.primaryHost))
	}
	switch f := in.GetSettingsForm().(type) {
	case *plannerv1.InstanceSpec_Settings:
		r.forms.structs++
		out.Settings = r.structObject(p, "settings", f.Settings)
		r.settings(p, "settings", out.Settings)
	case *plannerv1.InstanceSpec_SettingsJson:
		r.forms.texts++
		out.Settings = r.textObject(p, "settings_json", f.SettingsJson)
		r.settings(p, "settings_json", out.Settings)
	case nil:
	}
}

// inherited returns the field's value: the node's unless it says the same.
func (r *reader) inherited(p *path, field, own, nodes string) string {
	if own == "" {
		return nodes
	}
	if own != nodes && nodes != "" {
		r.add(p, field, "%q is not that of the node, %q: leave it out", shorten(own), shorten(nodes))
	}
	return own
}

// settings checks that none of the settings is called like a member that a spec has anyway.
func (r *reader) settings(p *path, field string, text []byte) {
	if text == nil {
		return
	}
	members, err := jsontext.Members(r.Stop, text)
	if err != nil {
		return // already a violation
	}
	reserved := []string{"instance_id", "node_name", "database_id", "host_id", "database_name"}
	for _, m := range interrupt.Each(r.Stop, members) {
		if slices.Contains(reserved, m.Key) {
			r.add(p, field, "must not have the key %s, which is a field of the spec", m.Key)
		}
	}
}
