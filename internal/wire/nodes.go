package wire

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
)

// fields hands over one field after the other of a message in which all have a length in front.
func (d *decoder) fields(data []byte, take func(tag byte, content []byte) bool) bool {
	for len(data) > 0 {
		content, rest, ok := next(data[1:])
		if !ok || d.stop.Stopped() || !take(data[0], content) {
			return false
		}
		data = rest
	}
	return true
}

func (d *decoder) node(data []byte, out *plannerv1.NodeResources) bool {
	return d.fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case convert.TagNodeName:
			out.NodeName, ok = text(content)
		case convert.TagNodeSourceNode:
			out.SourceNode, ok = text(content)
		case convert.TagNodePrimaryInstanceID:
			out.PrimaryInstanceId, ok = text(content)
		case convert.TagNodeInstanceResources:
			i := d.instanceLists.One()
			out.InstanceResources = append(out.InstanceResources, i)
			ok = d.instanceResources(content, i)
		case convert.TagNodeRestoreConfig:
			if out.RestoreConfig != nil {
				return false
			}
			out.RestoreConfig = &plannerv1.RestoreConfig{}
			ok = d.inPieces(content, out.RestoreConfig)
		case convert.TagNodeDatabaseID:
			out.DatabaseId, ok = text(content)
		case convert.TagNodeDatabaseName:
			out.DatabaseName, ok = text(content)
		case convert.TagNodeDatabaseOwner:
			out.DatabaseOwner, ok = text(content)
		case convert.TagNodeScripts:
			script := &plannerv1.Script{}
			out.Scripts = append(out.Scripts, script)
			ok = d.inPieces(content, script)
		}
		return ok
	})
}

func (d *decoder) instanceResources(data []byte, out *plannerv1.InstanceResources) bool {
	return d.fields(data, func(tag byte, content []byte) bool {
		switch tag {
		case convert.TagInstanceResourcesInstance:
			if out.Instance != nil {
				return false
			}
			out.Instance = d.instances.One()
			return d.instance(content, out.Instance)
		case convert.TagInstanceResourcesInstanceDependencies:
			return d.appendResource(&out.InstanceDependencies, content)
		case convert.TagInstanceResourcesDatabaseDependencies:
			return d.appendResource(&out.DatabaseDependencies, content)
		case convert.TagInstanceResourcesNodeDependents:
			return d.appendResource(&out.NodeDependents, content)
		}
		return false
	})
}

func (d *decoder) appendResource(list *[]*plannerv1.Resource, data []byte) bool {
	r := d.resources.One()
	*list = append(*list, r)
	return d.resource(data, r)
}

func (d *decoder) instance(data []byte, out *plannerv1.Instance) bool {
	return d.fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case convert.TagInstanceSpec:
			if out.Spec != nil {
				return false
			}
			out.Spec = d.specs.One()
			ok = d.spec(content, out.Spec)
		case convert.TagInstanceHostname:
			out.InstanceHostname, ok = text(content)
		case convert.TagInstancePrimaryInstanceID:
			out.PrimaryInstanceId, ok = text(content)
		case convert.TagInstanceDependencies:
			var id *plannerv1.Identifier
			id, ok = d.identifier(content, false)
			out.Dependencies = append(out.Dependencies, id)
		case convert.TagInstanceConnectionInfo:
			if out.ConnectionInfo != nil {
				return false
			}
			out.ConnectionInfo, ok = d.structOf(content)
		case convert.TagInstancePostInit:
			if out.PostInit != nil {
				return false
			}
			out.PostInit = &plannerv1.Script{}
			ok = d.inPieces(content, out.PostInit)
		}
		return ok
	})
}

func (d *decoder) spec(data []byte, out *plannerv1.InstanceSpec) bool {
	return d.fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case convert.TagSpecInstanceID:
			out.InstanceId, ok = text(content)
		case convert.TagSpecNodeName:
			out.NodeName, ok = text(content)
		case convert.TagSpecDatabaseID:
			out.DatabaseId, ok = text(content)
		case convert.TagSpecHostID:
			out.HostId, ok = text(content)
		case convert.TagSpecDatabaseName:
			out.DatabaseName, ok = text(content)
		case convert.TagSpecSettings:
			if out.SettingsForm != nil {
				return false
			}
			form := d.structSettings.One()
			out.SettingsForm = form
			form.Settings, ok = d.structOf(content)
		case convert.TagSpecSettingsJSON:
			if out.SettingsForm != nil {
				return false
			}
			form := d.jsonSettings.One()
			out.SettingsForm = form
			form.SettingsJson, ok = text(content)
		}
		return ok
	})
}
