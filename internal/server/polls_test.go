package server

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	const (
		start  = "what the server is made of, once"
		faults = "100 missing dependencies: all other errors come alone"
		send   = "each waits for the stream, which the call ends"
	)
	polls.CheckLoops(t, map[string]polls.Short{
		"buildInfo":           {Loops: 1, Bound: start},
		"newMetrics":          {Loops: 2, Bound: start},
		"watch":               {Loops: 1, Bound: start},
		"register":            {Loops: 2, Bound: start},
		"framed":              {Loops: 1, Bound: start},
		"indexRules":          {Loops: 1, Bound: start},
		"zapLogger":           {Loops: 1, Bound: "the fields of a log line"},
		"detailBudget":        {Loops: 1, Bound: "the user agents that one call names"},
		"translate":           {Loops: 1, Bound: faults},
		"leaves":              {Loops: 1, Bound: faults},
		"ruledError":          {Loops: 1, Bound: faults},
		"preconditionFailure": {Loops: 1, Bound: faults},
		"badRequest":          {Loops: 2, Bound: "one error, and the 100 violations that it lists at most"},
		"errorInfo":           {Loops: 1, Bound: "8 resources of a cycle"},
		"ofMembers":           {Loops: 2, Bound: "3 members, with the first of their records"},
		"ofNodes":             {Loops: 1, Bound: "the first nodes of an error"},
		"pairs":               {Loops: 1, Bound: "the few identifiers of an error"},
		"shorten":             {Loops: 1, Bound: "4 bytes of a character"},
		"Error":               {Loops: 1, Bound: "10 violations that are logged"},
		"answer":              {Loops: 1, Bound: "4 types of events, with 8 reasons"},
		"inflate":             {Loops: 1, Bound: "as many bytes as a request may have: no call has begun"},
		"sendPlans":           {Loops: 1, Bound: send},
		"sendStates":          {Loops: 1, Bound: send},
	})
}
