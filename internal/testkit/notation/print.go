// Package notation writes plans and states as text for readers: of scenarios, and of tests that fail.
package notation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// Plans writes plans for readers: plans and phases counted from 1, and for each event its type, the
// resource, the reason in brackets, and what its resource has to show (see remarks). Below that come the
// difference, and what caused an update because of a dependency.
func Plans(plans []resource.Plan) string {
	if len(plans) == 0 {
		return "no plans\n"
	}
	var b strings.Builder
	for i, plan := range plans {
		fmt.Fprintf(&b, "plan %d\n", i+1)
		for j, phase := range plan.Phases {
			fmt.Fprintf(&b, "  phase %d\n", j+1)
			for _, e := range phase.Events {
				fmt.Fprintf(&b, "    %s %s (%s)%s\n", e.Type, e.Resource.Identifier, e.Reason, remarks(e.Resource))
				for _, o := range e.Diff {
					fmt.Fprintf(&b, "      %s %s %s\n", o.Op, o.Path, o.Value)
				}
				for _, id := range e.CausedBy {
					fmt.Fprintf(&b, "      caused by %s\n", id)
				}
				for _, t := range e.CausedByTypes {
					fmt.Fprintf(&b, "      caused by type %s\n", t)
				}
			}
		}
	}
	return trimLines(b.String())
}

// States writes states for readers: the resources of each in identifier order, with what they depend on.
func States(states []*resource.State) string {
	if len(states) == 0 {
		return "no states\n"
	}
	var b strings.Builder
	for i, state := range states {
		fmt.Fprintf(&b, "state %d\n", i+1)
		if state.Len() == 0 {
			b.WriteString("  empty\n")
		}
		for _, r := range state.Resources() {
			fmt.Fprintf(&b, "  %s%s\n", r.Identifier, remarks(r))
			for _, id := range r.Dependencies {
				fmt.Fprintf(&b, "    after %s\n", id)
			}
			for _, t := range r.TypeDependencies {
				fmt.Fprintf(&b, "    after all %s\n", t)
			}
		}
	}
	return trimLines(b.String())
}

// remarks are the attributes on which the reading of a plan depends, and the marks that a resource carries.
func remarks(r *resource.Resource) string {
	var a struct {
		Disabled         bool     `json:"disabled"`
		SyncStructure    bool     `json:"sync_structure"`
		SyncData         bool     `json:"sync_data"`
		HasRestoreConfig bool     `json:"has_restore_config"`
		RenameFrom       string   `json:"rename_from"`
		SourceNodeName   string   `json:"source_node_name"`
		InstanceIDs      []string `json:"instance_ids"`
		Primary          string   `json:"primary_instance_id"`
	}
	if database.IsCatalogType(r.Identifier.Type) {
		if err := json.Unmarshal(r.Attributes, &a); err != nil {
			return " " + err.Error()
		}
	}
	var all []string
	if a.Disabled {
		all = append(all, "disabled")
	}
	if a.SyncStructure || a.SyncData {
		all = append(all, fmt.Sprintf("copies structure %t, data %t", a.SyncStructure, a.SyncData))
	}
	if a.HasRestoreConfig {
		all = append(all, "restored, renamed from "+a.RenameFrom)
	}
	if r.Identifier.Type == database.TypeRolesSource {
		all = append(all, "from "+a.SourceNodeName)
	}
	if r.Identifier.Type == database.TypeNode {
		all = append(all, strings.Join(a.InstanceIDs, ", "))
		if len(a.InstanceIDs) > 0 && a.Primary != a.InstanceIDs[0] {
			all = append(all, "primary "+a.Primary)
		}
	}
	if r.NeedsRecreate {
		all = append(all, "marked needs_recreate")
	}
	if r.Error != "" {
		all = append(all, "marked error")
	}
	if r.PendingDeletion {
		all = append(all, "marked pending_deletion")
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, "; ")
}

func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
