package database

import "github.com/pgplanner/pgplanner/internal/resource"

// TypeMonitorInstance is the type of MonitorInstance.
const TypeMonitorInstance resource.Type = "monitor.instance"

// MonitorInstance watches one instance from the instance's own host: executing it starts the watch.
//
// It depends on the instance, so that nothing is watched before it is there, nor after it is gone.
type MonitorInstance struct {
	DatabaseID, InstanceID, DatabaseName, HostID string
}

// MonitorInstanceIdentifier identifies the monitor of the instance of that id.
func MonitorInstanceIdentifier(instanceID string) resource.Identifier {
	return resource.Identifier{Type: TypeMonitorInstance, ID: instanceID}
}

// Resource makes the resource.
func (m MonitorInstance) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("database_id", m.DatabaseID).
		text("db_name", m.DatabaseName).
		text("host_id", m.HostID).
		text("instance_id", m.InstanceID).
		json()
	return build(
		MonitorInstanceIdentifier(m.InstanceID),
		onHost(m.HostID),
		attributes,
		[]resource.Identifier{InstanceIdentifier(m.InstanceID)},
	)
}
