package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Tags of the fields of nodes and their instances, all of which have a length in front.
const (
	nodeName              = 1<<3 | byte(protowire.BytesType)
	nodeSourceNode        = 2<<3 | byte(protowire.BytesType)
	nodePrimaryInstanceID = 3<<3 | byte(protowire.BytesType)
	nodeInstanceResources = 4<<3 | byte(protowire.BytesType)
	nodeRestoreConfig     = 5<<3 | byte(protowire.BytesType)
	nodeDatabaseID        = 6<<3 | byte(protowire.BytesType)
	nodeDatabaseName      = 7<<3 | byte(protowire.BytesType)
	nodeDatabaseOwner     = 8<<3 | byte(protowire.BytesType)
	nodeScripts           = 9<<3 | byte(protowire.BytesType)

	instanceResourcesInstance             = 1<<3 | byte(protowire.BytesType)
	instanceResourcesInstanceDependencies = 2<<3 | byte(protowire.BytesType)
	instanceResourcesDatabaseDependencies = 3<<3 | byte(protowire.BytesType)
	instanceResourcesNodeDependents       = 4<<3 | byte(protowire.BytesType)

	instanceSpec              = 1<<3 | byte(protowire.BytesType)
	instanceHostname          = 2<<3 | byte(protowire.BytesType)
	instancePrimaryInstanceID = 3<<3 | byte(protowire.BytesType)
	instanceDependencies      = 4<<3 | byte(protowire.BytesType)
	instanceConnectionInfo    = 5<<3 | byte(protowire.BytesType)
	instancePostInit          = 6<<3 | byte(protowire.BytesType)

	specInstanceID   = 1<<3 | byte(protowire.BytesType)
	specNodeName     = 2<<3 | byte(protowire.BytesType)
	specDatabaseID   = 3<<3 | byte(protowire.BytesType)
	specHostID       = 4<<3 | byte(protowire.BytesType)
	specDatabaseName = 5<<3 | byte(protowire.BytesType)
	specSettings     = 6<<3 | byte(protowire.BytesType)
	specSettingsJSON = 7<<3 | byte(protowire.BytesType)
)

// fields hands over one field after the other of a message in which all have a length in front.
func fields(data []byte, take func(tag byte, content []byte) bool) bool {
	for len(data) > 0 {
		content, rest, ok := next(data[1:])
		if !ok || !take(data[0], content) {
			return false
		}
		data = rest
	}
	return true
}

func (d *decoder) node(data []byte, out *plannerv1.NodeResources) bool {
	return fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case nodeName:
			out.NodeName, ok = text(content)
		case nodeSourceNode:
			out.SourceNode, ok = text(content)
		case nodePrimaryInstanceID:
			out.PrimaryInstanceId, ok = text(content)
		case nodeInstanceResources:
			i := d.instanceLists.One()
			out.InstanceResources = append(out.InstanceResources, i)
			ok = d.instanceResources(content, i)
		case nodeRestoreConfig:
			if out.RestoreConfig != nil {
				return false
			}
			out.RestoreConfig = &plannerv1.RestoreConfig{}
			ok = proto.Unmarshal(content, out.RestoreConfig) == nil
		case nodeDatabaseID:
			out.DatabaseId, ok = text(content)
		case nodeDatabaseName:
			out.DatabaseName, ok = text(content)
		case nodeDatabaseOwner:
			out.DatabaseOwner, ok = text(content)
		case nodeScripts:
			script := &plannerv1.Script{}
			out.Scripts = append(out.Scripts, script)
			ok = proto.Unmarshal(content, script) == nil
		}
		return ok
	})
}

func (d *decoder) instanceResources(data []byte, out *plannerv1.InstanceResources) bool {
	return fields(data, func(tag byte, content []byte) bool {
		switch tag {
		case instanceResourcesInstance:
			if out.Instance != nil {
				return false
			}
			out.Instance = d.instances.One()
			return d.instance(content, out.Instance)
		case instanceResourcesInstanceDependencies:
			return d.appendResource(&out.InstanceDependencies, content)
		case instanceResourcesDatabaseDependencies:
			return d.appendResource(&out.DatabaseDependencies, content)
		case instanceResourcesNodeDependents:
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
	return fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case instanceSpec:
			if out.Spec != nil {
				return false
			}
			out.Spec = d.specs.One()
			ok = d.spec(content, out.Spec)
		case instanceHostname:
			out.InstanceHostname, ok = text(content)
		case instancePrimaryInstanceID:
			out.PrimaryInstanceId, ok = text(content)
		case instanceDependencies:
			var id *plannerv1.Identifier
			id, ok = d.identifier(content, false)
			out.Dependencies = append(out.Dependencies, id)
		case instanceConnectionInfo:
			if out.ConnectionInfo != nil {
				return false
			}
			out.ConnectionInfo = &structpb.Struct{}
			ok = proto.Unmarshal(content, out.ConnectionInfo) == nil
		case instancePostInit:
			if out.PostInit != nil {
				return false
			}
			out.PostInit = &plannerv1.Script{}
			ok = proto.Unmarshal(content, out.PostInit) == nil
		}
		return ok
	})
}

func (d *decoder) spec(data []byte, out *plannerv1.InstanceSpec) bool {
	return fields(data, func(tag byte, content []byte) (ok bool) {
		switch tag {
		case specInstanceID:
			out.InstanceId, ok = text(content)
		case specNodeName:
			out.NodeName, ok = text(content)
		case specDatabaseID:
			out.DatabaseId, ok = text(content)
		case specHostID:
			out.HostId, ok = text(content)
		case specDatabaseName:
			out.DatabaseName, ok = text(content)
		case specSettings:
			if out.SettingsForm != nil {
				return false
			}
			s := &structpb.Struct{}
			out.SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: s}
			ok = proto.Unmarshal(content, s) == nil
		case specSettingsJSON:
			if out.SettingsForm != nil {
				return false
			}
			form := d.settings.One()
			out.SettingsForm = form
			form.SettingsJson, ok = text(content)
		}
		return ok
	})
}
