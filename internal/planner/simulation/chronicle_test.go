package simulation

import (
	"fmt"
	"slices"
	"strings"
)

// chronicle is what has happened so far, the last thing first. Those who go different ways from the same
// point share what was before.
type chronicle struct {
	before *chronicle
	format string
	args   []any
}

func (c *chronicle) then(format string, args ...any) *chronicle {
	return &chronicle{before: c, format: format, args: args}
}

func (c *chronicle) String() string {
	var lines []string
	for ; c != nil; c = c.before {
		lines = append(lines, fmt.Sprintf(c.format, c.args...))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}
