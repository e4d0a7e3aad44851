package database

import "github.com/pgplanner/pgplanner/internal/interrupt"

// The names of the scripts, which say when they run.
const (
	ScriptPostInit           = "post_init"            // after an instance was first started
	ScriptPostDatabaseCreate = "post_database_create" // after the Postgres database of a node was created
)

// Script is a list of SQL statements that run once, at a point in the life of an instance or a database.
// The marks are the orchestrator's: Succeeded after all statements ran, NeedsToRun while they should.
type Script struct {
	Name                  string
	Statements            []string
	Succeeded, NeedsToRun bool
}

// scriptMarks are the JSON pointers of what only execution knows about the script under the key.
func scriptMarks(key string) []string {
	return []string{"/" + key + "/needs_to_run", "/" + key + "/succeeded"}
}

// script appends a script, or null where there is none.
func (o object) script(stop *interrupt.Poller, key string, s *Script) object {
	if s == nil {
		return o.null(key)
	}
	return o.begin(key).
		text("name", s.Name).
		flag("needs_to_run", s.NeedsToRun).
		texts(stop, "statements", s.Statements).
		flag("succeeded", s.Succeeded).
		end()
}
