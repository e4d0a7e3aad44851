package planner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// printPlans writes plans for readers: plans and phases counted from 1, and for each event its type, the
// resource, the reason in brackets, and what its resource has to show (see remarks). Below that come the
// difference, and what caused an update because of a dependency.
func printPlans(plans []resource.Plan) string {
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
			}
		}
	}
	return trimLines(b.String())
}

// printStates writes states for readers: the resources of each in identifier order, with what they depend on.
func printStates(states []*resource.State) string {
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
		if a.Primary != a.InstanceIDs[0] {
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

// printError writes an error, or each of those that it joins, with its type.
func printError(err error) string {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var b strings.Builder
		for _, e := range joined.Unwrap() {
			b.WriteString(printError(e))
		}
		return b.String()
	}
	return fmt.Sprintf("%s:\n  %s\n", strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), err)
}

func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// diffLines shows which lines are missing (-) and which are too much (+), with those around them.
func diffLines(want, got string) string {
	a, b := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	// longest[i][j] is how many lines a[i:] and b[j:] have in common at most, in order.
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if longest[i][j] = max(longest[i+1][j], longest[i][j+1]); a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out.WriteString("  " + a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			out.WriteString("- " + a[i])
			i++
		default:
			out.WriteString("+ " + b[j])
			j++
		}
	}
	return out.String()
}

func digestOf(plans []resource.Plan) string {
	digest, err := resource.Digest(nil, plans)
	if err != nil {
		panic(err)
	}
	return digest
}
