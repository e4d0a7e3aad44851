package simulation

import "fmt"

// joins are wishes changed while nodes join, in turns or not.
func (l *tries) joins() {
	for _, stop := range []string{"02", "05", "08", "11"} {
		at := fmt.Sprintf("n1 n2 n3 | stop %s n1 n2 n3 n4 n5", stop)
		l.add("%s | n1 n2 n3", at)
		l.add("%s | n1 n2 n3 n4", at)
		l.add("%s | n1 n2 n4 n5", at)
		l.add("%s | n2 n3 n4 n5", at)
		l.add("%s | n4 n5", at)
		l.add("%s | n1 n4", at)
		l.add("%s | n1 n2 n3 n4<n2 n5<n2", at)
		l.add("%s | n1 n2 n3 n4 n5<n4", at)
		l.add("%s | n1 n2 n3 n4 n5 n6", at)
		l.add("%s | n1 n4 n5 n6", at)
		l.add("%s | restore n2 of n1 n2 n3", at)
		l.add("%s | restore n1 of n1 n2 n3 n4 n5", at)
	}
	l.add("n1 n2 n3 | stop 08 n1 n2 n3 n4 | stop 08 n1 n2 n3 n4 n5<n3 | n1 n2 n3 n4 n5")
	l.add("n1 n2 n3 | stop 08 n1 n2 n3 n4 | stop 08 n1 n2 n3 n4 n5<n3 | n2 n3 n5<n3")
	l.add("n1 n2 n3 | stop 08 n1 n2 n3 n4 | stop 03 n1 n2 n3 | n1 n2 n3 n4")
	l.add("n1 | stop 05 n1 n2 | n2")
	l.add("n1 | stop 05 n1 n2 | n1 n2 n3<n2")
	l.add("n1 | stop 05 n1 n2 n3 | n1 n2")
	l.add("n1 | stop 05 n1 n2 n3 | n2 n3")
	l.add("n1 | stop 05 n1 n2 | lose database n1 | n1 n2")
	l.add("n1 | stop 07 n1 n2 | lose instance n1-a | n1 n2")
	l.add("n1 n2 | n1 n2 n3<n4 n4")
	l.add("n1 n2 | n1 n2 n3<n3")
	l.add("n1 n2 | n1 n2 n3 n4 n5 n6")
	l.add("n1 n2 | n1 n2 n3<n1 n4<n2")
	l.add("n1 n2 | n1 n3<n2")
	l.add("n1 n2 | lose-records 06 n1 n2 n3<n1 n4<n2 | n1 n2 n3<n1 n4<n2")
	l.add("n1 n2 | fail-all 06 n1 n2 n3<n1 n4<n2 | n1 n2 n4<n2")
	l.add("- | stop 03 n1 n2 n3 | n1 n2")
	l.add("- | stop 03 n1 n2 n3 | n1 n2 n3 n4")
	l.add("- | fail-all 03 n1 n2 n3 | n1 n2 n3")
	l.add("- | lose-records 04 n1 n2 | n1 n2")
}

// removals are interrupted, and then something else is wanted.
func (l *tries) removals() {
	for _, stop := range []string{"01", "02", "03", "04"} {
		for _, verb := range []string{"stop", "lose-records"} {
			at := fmt.Sprintf("n1 n2 n3 | %s %s n1 n3", verb, stop)
			l.add("%s | n1 n2 n3", at)
			l.add("%s | n1 n3 | n1 n2 n3", at)
			l.add("%s | n2 n3", at)
			l.add("%s | n2", at)
			l.add("%s | n1 n3 n4", at)
			l.add("%s | n1 n3 n4<n2", at)
		}
		at := fmt.Sprintf("n1 n2 n3 | stop %s n1 n3", stop)
		l.add("%s | lose slot n1>n3 | n1 n2 n3", at)
		l.add("%s | restore n2 of n1 n2 n3", at)
		l.add("%s | restore n1 of n1 n3", at)
		l.add("%s | n3", at)
		l.add("n1 n2 n3 | stop %s n1 | n1 n2", stop)
	}
	l.add("n1 n2 n3 | n1")
	l.add("n1 n2 | n2 | n1 n2 | n1 | n1 n2")
	l.add("n1 n2 | -")
	l.add("n1 n2 | delete_database")
	l.add("n1 n2 | delete_database | n1 n2")
	l.add("n1 n2 | n1 n2 delete_database")
	l.add("n1 n2 | n3 delete_database")
	l.add("n1 n2 | lose slot n1>n2 | delete_database")
	l.add("n1 n2 | lose slot n1>n2 | -")
	for _, stop := range []string{"01", "02", "03"} {
		l.add("n1 n2 | stop %s delete_database | n1 n2", stop)
		l.add("n1 n2 | stop %s delete_database | n1", stop)
		l.add("n1 n2 | stop %s delete_database | n3", stop)
		l.add("n1 n2 | stop %s delete_database | -", stop)
	}
}

// renames are wishes for the same under other names, or elsewhere.
func (l *tries) renames() {
	l.add("n1 | n2")
	l.add("n1 | n2<n1")
	l.add("n1 n2 | n3 n2")
	l.add("n1 n2 | n3<n1 n2")
	l.add("n1 n2 | n3<n2 n2")
	l.add("n1 n2 | n3 n4")
	l.add("n1 n2 | n3<n1 n4<n2")
	l.add("n1 n2 n3 | n4 n5 n3")
	l.add("n1 n2 n3 | n4 n5 n6")
	l.add("n1 n2 | n2 n1")
	l.add("n1 n2 | lose database n2 | n3 n2")
	l.add("n1 n2 | lose database n2 | n3 n2!")
	l.add("n1 n2 | lose instance n1-a | n3 n2")
	l.add("n1 n2 | stop 05 n1 n2 n3 | n3 n2")
	l.add("n1 n2 | stop 05 n1 n2 n3 | n3")
	for _, what := range []string{
		"owner", "host_id", "spec_database_name", "node_name", "executor", "no_directory",
		"database_needs", "reversed",
	} {
		l.add("n1 | set %s n1 | n1", what)
		l.add("n1x2 n2 | set %s n1 | n1x2 n2", what)
		l.add("n1 n2 n3 | set %s n2 | n1 n2 n3 n4", what)
		l.add("n1 n2 n3 | lose slot n1>n2 | set %s n2 | n1 n2! n3", what)
		l.add("n1 n2 n3 | stop 06 n1 n2 n3 n4 | set %s n4 | n1 n2 n3 n4", what)
	}
	for _, what := range []string{"database_name", "database_id"} { // all nodes of a request have the same
		l.add("n1 | set %s all | n1", what)
		l.add("n1x2 n2 | set %s all | n1x2 n2", what)
		l.add("n1 n2 n3 | set %s all | n1 n2 n3 n4", what)
		l.add("n1 n2 n3 | set %s all | n4", what)
		l.add("n1 n2 n3 | set %s all | n1 n2", what)
		l.add("n1 n2 n3 | lose slot n1>n2 | set %s all | n1 n2! n3", what)
		l.add("n1 n2 n3 | stop 06 n1 n2 n3 n4 | set %s all | n1 n2 n3 n4", what)
		l.add("n1 n2 | lose database n1 | set %s all | n1! n2", what)
		l.add("n1 n2 | set %s n1 | n1 n2", what)
		l.add("n1 n2 | set %s n3 | n1 n2 n3", what)
		l.add("n1 n2 | set %s all | restore n1 of n1 n2", what)
		l.add("n1 n2 | set %s all | restore n1 n2 of n1 n2", what)
	}
	l.add("n1x2 n2 | set last_host n1 | n1x2 n2")
	l.add("n1x2 n2 | lose instance n1-b | set last_host n1 | n1x2 n2")
	l.add("n1 n2 | lose instance n1-a | set host_id n1 | n1 n2")
	l.add("n1 n2 | set instance_id n1 | n1 n2")
	l.add("n1 n2 | set watch n1 | n1 n2 | set nothing n1 | set watch_elsewhere n1 | n1 n2")
	l.add("n1 n2 | set watch n1 | n1 n2 | lose slot n2>n1 | set nothing n1 | set watch_elsewhere n1 | n1! n2")
	l.add("n1 n2 | set watch n1 | n1 n2 | set nothing n1 | set watch_elsewhere n1 | stop 01 n1 n2 | set nothing n1 | n1 n2")
	l.add("n1 n2 | lose instance n1-a | set executor n1 | n1 n2")
	l.add("n1x2 n2 | lose instance n1-a | set executor n1 | n1x2 n2")
}
