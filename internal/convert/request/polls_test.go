package request

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"add":        {Loops: 1, Bound: "nothing is desired more than twice"},
		"callers":    {Loops: 1, Bound: "2 lists"},
		"script":     {Loops: 1, Bound: "a node has 2 scripts"},
		"hasControl": {Loops: 1, Bound: "the bytes of one name, which are counted before"},
		"isDigest":   {Loops: 1, Bound: "the bytes of one text, which are counted before"},
		"standsFor":  {Loops: 1, Bound: "4 fields"},
		"Error":      {Loops: 1, Bound: "3 violations that are shown"},
		"shorten":    {Loops: 1, Bound: "4 bytes of a character"},
	})
}
