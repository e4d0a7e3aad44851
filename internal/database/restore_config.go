package database

import "encoding/json"

// RestoreConfig says which backup a node is made from, instead of copying another node. It is an input
// of planning and not a resource: of it, a PostgresDatabase keeps only the name to rename from, and that
// there was one. Everything else reaches the orchestrator in resources of its own.
type RestoreConfig struct {
	// Source names the database, the node and the Postgres database at the time of the backup.
	SourceDatabaseID, SourceNodeName, SourceDatabaseName string
	// Repository is a JSON object that says where the backup is. It may hold credentials.
	Repository     json.RawMessage
	RestoreOptions map[string]string
}
