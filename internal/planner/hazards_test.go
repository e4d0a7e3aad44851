package planner_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/planner"
)

// TestHazards: what is given up because a request says so, or because nobody can bring it, is said.
func TestHazards(t *testing.T) {
	for name, want := range map[string][]string{
		"member_continues/not damaged":    nil,
		"member_continues/slot":           {"rows_given_up n2 database.replication_slot::n1:n2:app"},
		"member_continues/slots from two": {"rows_given_up n2 database.replication_slot::n1:n2:app", "rows_given_up n2 database.replication_slot::n3:n2:app"},
		"member_continues/database": {
			"rows_given_up n1 database.replication_slot::n2:n1:app", "rows_given_up n2 database.postgres_database::n2:app",
			"rows_given_up n3 database.replication_slot::n2:n3:app",
		},
		"member_damaged/of a leaving node without its database": {
			"rows_given_up n1 database.replication_slot::n3:n1:app", "rows_given_up n2 database.replication_slot::n3:n2:app",
		},
		"member_damaged/of a leaving node that was let go":  nil,
		"member_damaged/never created":                      nil,
		"member_position/gone":                              nil,
		"member_position/while one is removed":              nil,
		"member_position/way out of a leaving node is lost": {"rows_given_up n2 database.replication_slot::n3:n2:app"},
		"add_node_from_backup":                              {"rows_given_up n2 database.postgres_database::n2:app"},
		"resource_moved":                                    {"resource_moved  proxy.backend::n1", "resource_moved  rest.container::rest", "resource_moved  rest.monitor::rest"},
		"resource_moved/gone":                               nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := findScenario(t, name)
			w := parseWish(t, s.wish)
			outcome, err := planner.UpdateDatabaseTo(nil, w.options, buildStart(t, s.start), w.nodes)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range outcome.Hazards {
				got = append(got, fmt.Sprintf("%s %s %v", h.Kind, h.Node, h.Resource))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
