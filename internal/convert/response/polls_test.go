package response

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	const next = "the reader of tokens polls in Next"
	polls.CheckLoops(t, map[string]polls.Short{
		"object":   {Loops: 1, Bound: next},
		"array":    {Loops: 1, Bound: next},
		"Verdict":  {Loops: 1, Bound: "1000 violations that are listed"},
		"addCost":  {Loops: 2, Bound: "the kinds of hazards, and the 100 that are listed"},
		"Messages": {Loops: 1, Bound: "each message waits for the stream, which the call ends"},
	})
}
