package request

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"add":       {Loops: 1, Bound: "nothing is desired more than twice"},
		"callers":   {Loops: 1, Bound: "2 lists"},
		"script":    {Loops: 1, Bound: "a node has 2 scripts"},
		"standsFor": {Loops: 1, Bound: "4 fields"},
		"Error":     {Loops: 1, Bound: "3 violations that are shown"},
		"shorten":   {Loops: 1, Bound: "4 bytes of a character"},
	})
}
