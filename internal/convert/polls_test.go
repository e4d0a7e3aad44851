package convert

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) { polls.CheckLoops(t, nil) }
