package database

import (
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// TypePostgresDatabase is the type of PostgresDatabase.
const TypePostgresDatabase resource.Type = "database.postgres_database"

const keyHasRestoreConfig = "has_restore_config"

// PostgresDatabase is the Postgres database on one node, with the extensions that replication needs.
// Executing it creates the database and makes it a member of the mesh; after a restore, it renames the
// database that was in the backup.
//
// It depends on the node, whose primary must accept writes, and on the orchestrator's resources that the
// database on each of the node's instances needs.
type PostgresDatabase struct {
	DatabaseID, NodeName, DatabaseName, Owner string
	// RenameFrom is the database's name in the backup that the node was restored from; "" without one.
	RenameFrom       string
	HasRestoreConfig bool
	// ExtraDependencies are the database dependencies of the node's instances, in the order in which they
	// are to be written.
	ExtraDependencies []resource.Identifier
	// PostDatabaseCreate runs once after the database was created. Without it the attribute is left out.
	PostDatabaseCreate *Script
}

// PostgresDatabaseIdentifier identifies the Postgres database on the node.
func PostgresDatabaseIdentifier(node, database string) resource.Identifier {
	return resource.Identifier{Type: TypePostgresDatabase, ID: node + separator + database}
}

// PostgresDatabaseNode reads the node back from the identifier of a PostgresDatabase; ok is false for any other
// identifier.
func PostgresDatabaseNode(id resource.Identifier) (node string, ok bool) {
	if id.Type != TypePostgresDatabase {
		return "", false
	}
	node, _, ok = strings.Cut(id.ID, separator)
	return node, ok
}

// PostgresDatabaseID reads from a stored Postgres database which database it belongs to. It is "" if that does not tell.
func PostgresDatabaseID(stop *interrupt.Poller, r *resource.Resource) string {
	id, err := textAttribute(stop, r, TypePostgresDatabase, "database_id")
	if err != nil {
		return ""
	}
	return id
}

// PostgresDatabaseRestored tells of a stored Postgres database whether it comes from a backup. One that does not tell does
// not.
func PostgresDatabaseRestored(stop *interrupt.Poller, r *resource.Resource) bool {
	restored, err := flagAttribute(stop, r, TypePostgresDatabase, keyHasRestoreConfig)
	return err == nil && restored
}

// Resource makes the resource.
func (d PostgresDatabase) Resource() *resource.Resource {
	var buffer [bufferSize]byte
	attributes := newObject(buffer[:0]).
		text("database_id", d.DatabaseID).
		text("database_name", d.DatabaseName).
		identifiers(nil, "extra_dependencies", d.ExtraDependencies).
		flag(keyHasRestoreConfig, d.HasRestoreConfig).
		text("node_name", d.NodeName).
		text("owner", d.Owner)
	var ignored []string
	if d.PostDatabaseCreate != nil {
		attributes = attributes.script(nil, "post_database_create", d.PostDatabaseCreate)
		ignored = scriptMarks("post_database_create")
	}
	return ignoring(
		build(
			PostgresDatabaseIdentifier(d.NodeName, d.DatabaseName),
			onPrimary(d.NodeName),
			attributes.text("rename_from", d.RenameFrom).json(),
			concat(d.ExtraDependencies, NodeIdentifier(d.NodeName)),
		),
		ignored...,
	)
}
