package database_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/polls"
)

func TestEveryLoopPolls(t *testing.T) {
	polls.CheckLoops(t, map[string]polls.Short{
		"Resource":              {Loops: 1, Bound: "the instances of a node, of which a request has at most as many as resources"},
		"ReadSubscriptionFlags": {Loops: 1, Bound: "3 flags, each of which is looked up with polls"},
		"SlotCreateLink":        {Loops: 1, Bound: "3 names, each of which is looked up with polls"},
		"spec":                  {Loops: 1, Bound: "5 members of every spec"},
		"settings":              {Loops: 2, Bound: "5 members of every spec, each searched for in 30 steps at most"},
	})
}

// TestLargeThingsPollAndStop: whoever reads or writes large attributes can be told to stop.
func TestLargeThingsPollAndStop(t *testing.T) {
	const n = 20_000
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":%d`, i*7919%n, i)
	}
	text := []byte("{" + strings.Join(members, ",") + "}")
	instance := database.Instance{
		Spec: database.InstanceSpec{Settings: text}, Dependencies: make([]resource.Identifier, n),
		PostInit: &database.Script{Statements: make([]string, n)},
	}
	listing := &resource.Resource{
		Identifier: database.InstanceIdentifier("i"),
		Attributes: []byte(`{"dependencies": [` + strings.Repeat(`{"id":"x","type":"t"},`, n-1) + `{"id":"x","type":"t"}]}`),
	}
	for name, compute := range map[string]func(*interrupt.Poller) error{
		"check": instance.Validate,
		"make": func(stop *interrupt.Poller) error {
			instance.Resource(stop)
			return nil
		},
		"read": func(stop *interrupt.Poller) error {
			_, err := database.NodePrimaryInstanceID(stop, &resource.Resource{
				Identifier: database.NodeIdentifier("n1"), Attributes: text,
			})
			var missing *database.AttributeError
			if !errors.As(err, &missing) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		},
		"order": func(stop *interrupt.Poller) error {
			database.InRecordedOrder(stop, listing, instance.Dependencies)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			compute := func(stop *interrupt.Poller) error {
				if err := compute(stop); stop.Err() == nil {
					return err
				}
				return stop.Err()
			}
			c := polls.Count()
			if err := compute(c.Poller); err != nil || c.Units < 10*n { // it is sorted, too
				t.Errorf("%v, %d units", err, c.Units)
			}
			polls.CheckStops(t, 3*n, compute) // sorting goes on, without looking at keys
		})
	}
}
