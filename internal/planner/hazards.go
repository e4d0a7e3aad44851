package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// sortedHazards returns the hazards in order, each once; none if it was told to stop. It changes the list.
func sortedHazards(stop *interrupt.Poller, list []Hazard) []Hazard {
	if stop.Err() != nil {
		return nil
	}
	interrupt.SortFunc(stop, list, func(a, b Hazard) int {
		return cmp.Or(
			strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Node, b.Node), a.Resource.Compare(b.Resource),
		)
	})
	return slices.Compact(list)
}
