package messages

import (
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// InexactError says that a field which the API has as a Struct only holds JSON that a Struct cannot hold
// exactly, or no JSON object at all.
type InexactError struct {
	// Field is connection_info or repository.
	Field string
}

func (e *InexactError) Error() string {
	return fmt.Sprintf("%s is no JSON object that a Struct could hold exactly", e.Field)
}

// Node writes the wanted shape of a node, for a request. The error is an *InexactError.
func (e *Encoder) Node(n *planner.NodeResources) (*plannerv1.NodeResources, error) {
	instances, err := e.instances(n.InstanceResources)
	if err != nil {
		return nil, err
	}
	config, err := restoreConfigToProto(n.RestoreConfig)
	if err != nil {
		return nil, err
	}
	out := &plannerv1.NodeResources{
		NodeName:          n.NodeName,
		SourceNode:        n.SourceNode,
		PrimaryInstanceId: n.PrimaryInstanceID,
		InstanceResources: instances,
		RestoreConfig:     config,
		DatabaseId:        n.DatabaseID,
		DatabaseName:      n.DatabaseName,
		DatabaseOwner:     n.DatabaseOwner,
		Recovery:          convert.NodeRecoveries.ToProto(n.Recovery),
		AllowMissingRows:  n.AllowMissingRows,
	}
	for i := range n.Scripts {
		out.Scripts = append(out.Scripts, scriptToProto(&n.Scripts[i]))
	}
	return out, nil
}

// RestoreNode writes a node to restore, for a request. The error is an *InexactError.
func (e *Encoder) RestoreNode(n *planner.NodeRestoreResources) (*plannerv1.NodeRestoreResources, error) {
	all, err := e.instances(append(
		[]*planner.InstanceResources{n.PrimaryInstance, n.RestoreInstance}, n.ReplicaInstances...))
	if err != nil {
		return nil, err
	}
	config, err := restoreConfigToProto(n.RestoreConfig)
	if err != nil {
		return nil, err
	}
	return &plannerv1.NodeRestoreResources{
		NodeName:         n.NodeName,
		PrimaryInstance:  all[0],
		RestoreInstance:  all[1],
		ReplicaInstances: all[2:],
		RestoreConfig:    config,
		DatabaseId:       n.DatabaseID,
		DatabaseName:     n.DatabaseName,
		DatabaseOwner:    n.DatabaseOwner,
	}, nil
}

// Service writes a service, for a request.
func (e *Encoder) Service(s *planner.ServiceResources) *plannerv1.ServiceResources {
	out := &plannerv1.ServiceResources{
		ServiceInstanceId: s.ServiceInstanceID,
		Resources:         e.resources(s.Resources),
	}
	if s.MonitorResource != nil {
		out.MonitorResource = e.Resource(s.MonitorResource)
	}
	return out
}

func (e *Encoder) instances(list []*planner.InstanceResources) ([]*plannerv1.InstanceResources, error) {
	out := make([]*plannerv1.InstanceResources, len(list))
	for i, from := range list {
		if from == nil {
			continue
		}
		instance, err := e.instance(&from.Instance)
		if err != nil {
			return nil, err
		}
		out[i] = &plannerv1.InstanceResources{
			Instance:             instance,
			InstanceDependencies: e.resources(from.InstanceDependencies),
			DatabaseDependencies: e.resources(from.DatabaseDependencies),
			NodeDependents:       e.resources(from.NodeDependents),
		}
	}
	return out, nil
}

func (e *Encoder) instance(from *database.Instance) (*plannerv1.Instance, error) {
	info, err := exactStruct("connection_info", from.ConnectionInfo)
	if err != nil {
		return nil, err
	}
	return &plannerv1.Instance{
		Spec:              e.spec(&from.Spec),
		InstanceHostname:  from.Hostname,
		PrimaryInstanceId: from.PrimaryInstanceID,
		Dependencies:      identifiersToProto(from.Dependencies),
		ConnectionInfo:    info,
		PostInit:          scriptToProto(from.PostInit),
	}, nil
}

func (e *Encoder) spec(from *database.InstanceSpec) *plannerv1.InstanceSpec {
	out := &plannerv1.InstanceSpec{
		InstanceId:   from.InstanceID,
		NodeName:     from.NodeName,
		DatabaseId:   from.DatabaseID,
		HostId:       from.HostID,
		DatabaseName: from.DatabaseName,
	}
	if len(from.Settings) == 0 {
		return out
	}
	if convert.FormOf(e.settings.Format) == convert.FormStruct {
		if s, ok := structOf(from.Settings); ok {
			out.SettingsForm = &plannerv1.InstanceSpec_Settings{Settings: s}
			return out
		}
	}
	out.SettingsForm = &plannerv1.InstanceSpec_SettingsJson{SettingsJson: string(from.Settings)}
	return out
}

func scriptToProto(s *database.Script) *plannerv1.Script {
	if s == nil {
		return nil
	}
	return &plannerv1.Script{
		Name:       s.Name,
		Statements: s.Statements,
		Succeeded:  s.Succeeded,
		NeedsToRun: s.NeedsToRun,
	}
}

func restoreConfigToProto(c *database.RestoreConfig) (*plannerv1.RestoreConfig, error) {
	if c == nil {
		return nil, nil
	}
	repository, err := exactStruct("repository", c.Repository)
	if err != nil {
		return nil, err
	}
	return &plannerv1.RestoreConfig{
		SourceDatabaseId:   c.SourceDatabaseID,
		SourceNodeName:     c.SourceNodeName,
		SourceDatabaseName: c.SourceDatabaseName,
		Repository:         repository,
		RestoreOptions:     c.RestoreOptions,
	}, nil
}

// exactStruct returns a JSON object as a Struct; an empty text is none.
func exactStruct(field string, text []byte) (*structpb.Struct, error) {
	if len(text) == 0 {
		return nil, nil
	}
	s, ok := structOf(text)
	if !ok {
		return nil, &InexactError{Field: field}
	}
	return s, nil
}

// structOf returns a JSON object as a Struct, or false if a Struct cannot hold it exactly.
func structOf(text []byte) (*structpb.Struct, bool) {
	e := In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT)
	s := e.Resource(&resource.Resource{Attributes: text}).GetAttributes()
	return s, s != nil
}

func identifiersToProto(ids []resource.Identifier) []*plannerv1.Identifier {
	var out []*plannerv1.Identifier
	for _, id := range ids {
		out = append(out, &plannerv1.Identifier{Type: string(id.Type), Id: id.ID})
	}
	return out
}
