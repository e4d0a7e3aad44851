package database

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypeInstance is the type of Instance.
const TypeInstance resource.Type = "database.instance"

// InstanceSpec is what an instance should be. Settings is a JSON object of whatever else the caller knows
// about it, or nil; its members stand in the spec beside those named here, whose keys it must not have.
type InstanceSpec struct {
	InstanceID, NodeName, DatabaseID, HostID, DatabaseName string
	Settings                                               json.RawMessage
}

// Instance is one Postgres server process on one host. Executing it starts the server, as the primary of
// its node or as a physical replica of that primary; on a node that copies a source, it loads the roles
// that the node's RolesSource names.
//
// It depends on the orchestrator's own resources that it needs: directories, containers, files. Which
// instance is the primary, since when, and how to connect to it may change while the server runs, so
// comparison skips these.
type Instance struct {
	Spec              InstanceSpec
	Hostname          string
	PrimaryInstanceID string
	Dependencies      []resource.Identifier
	// ConnectionInfo is a JSON object, or nil. It is copied as it is: whoever wants attributes that compare
	// byte by byte hands in compact text with sorted keys.
	ConnectionInfo json.RawMessage
	// PostInit runs once after the server was first started; nil if there is nothing to run.
	PostInit *Script
}

// InstanceIdentifier identifies the instance of that id.
func InstanceIdentifier(instanceID string) resource.Identifier {
	return resource.Identifier{Type: TypeInstance, ID: instanceID}
}

// InstanceHome reads from a stored instance on which host it is, and which node it belongs to; "" where it does not tell.
func InstanceHome(stop *interrupt.Poller, r *resource.Resource) (hostID, nodeName string) {
	spec, err := attribute(stop, r, TypeInstance, "spec")
	if err != nil {
		return "", ""
	}
	inside := &resource.Resource{Identifier: r.Identifier, Attributes: spec}
	hostID, _ = textAttribute(stop, inside, TypeInstance, "host_id")
	nodeName, _ = textAttribute(stop, inside, TypeInstance, "node_name")
	return hostID, nodeName
}

// Validate returns an *InstanceFieldError unless the settings and the connection info are JSON objects, or
// absent, and the settings leave the spec's own keys alone. Told to stop, the error means nothing.
func (i Instance) Validate(stop *interrupt.Poller) error {
	if len(i.ConnectionInfo) > 0 {
		if err := jsontext.CheckObject(i.ConnectionInfo, jsontext.Limits{MaxDepth: math.MaxInt, Stop: stop}); err != nil {
			return &InstanceFieldError{InstanceID: i.Spec.InstanceID, Field: "connection_info"}
		}
	}
	_, err := i.Spec.settings(stop)
	return err
}

// Resource makes the resource. The instance must be one that Validate accepts: with other settings it
// panics, since there is no spec that could hold them and leaving them out would change a running server. Told to
// stop, it makes one that means nothing.
func (i Instance) Resource(stop *interrupt.Poller) *resource.Resource {
	var buffer [2 * bufferSize]byte
	attributes := newObject(buffer[:0]).
		raw("connection_info", i.ConnectionInfo).
		identifiers(stop, "dependencies", i.Dependencies).
		text("instance_hostname", i.Hostname).
		script(stop, "post_init", i.PostInit).
		text("primary_instance_id", i.PrimaryInstanceID).
		null("primary_instance_id_updated_at").
		spec(stop, "spec", i.Spec).
		json()
	ignored := []string{"/primary_instance_id", "/primary_instance_id_updated_at", "/connection_info"}
	if i.PostInit != nil {
		ignored = append(ignored, scriptMarks("post_init")...)
	}
	return ignoring(
		build(InstanceIdentifier(i.Spec.InstanceID), onHost(i.Spec.HostID), attributes, concat(i.Dependencies)),
		ignored...,
	)
}

// specMember is a member of the spec that InstanceSpec has a field for.
type specMember struct{ key, value string }

// members are the spec's own members in ascending order of their keys.
func (s InstanceSpec) members() [5]specMember {
	return [5]specMember{
		{"database_id", s.DatabaseID},
		{"database_name", s.DatabaseName},
		{"host_id", s.HostID},
		{"instance_id", s.InstanceID},
		{"node_name", s.NodeName},
	}
}

// settings returns the members of Settings in ascending order of their keys.
func (s InstanceSpec) settings(stop *interrupt.Poller) ([]jsontext.Member, error) {
	if len(s.Settings) == 0 {
		return nil, nil
	}
	settings, err := jsontext.Members(stop, s.Settings)
	if err != nil {
		return nil, &InstanceFieldError{InstanceID: s.InstanceID, Field: "settings"}
	}
	interrupt.SortFunc(stop, settings, func(a, b jsontext.Member) int { return strings.Compare(a.Key, b.Key) })
	byKey := func(m jsontext.Member, key string) int { return strings.Compare(m.Key, key) }
	for _, own := range s.members() {
		if _, has := slices.BinarySearchFunc(settings, own.key, byKey); has {
			return nil, &InstanceFieldError{InstanceID: s.InstanceID, Field: "settings", Key: own.key}
		}
	}
	return settings, nil
}

// spec appends the spec: its own members and those of the settings, merged by key.
func (o object) spec(stop *interrupt.Poller, key string, s InstanceSpec) object {
	settings, err := s.settings(stop)
	if err != nil && stop.Err() == nil {
		panic(err)
	}
	o = o.begin(key)
	for _, own := range s.members() {
		for len(settings) > 0 && settings[0].Key < own.key && !stop.Stopped() {
			o = o.member(settings[0])
			settings = settings[1:]
		}
		o = o.text(own.key, own.value)
	}
	for _, m := range interrupt.Each(stop, settings) {
		o = o.member(m)
	}
	return o.end()
}
