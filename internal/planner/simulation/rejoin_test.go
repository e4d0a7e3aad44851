package simulation

import (
	"fmt"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// slots are those of links, given as n1>n2.
func slots(links ...string) []resource.Identifier {
	var ids []resource.Identifier
	for _, name := range links {
		ids = append(ids, things("slot", name))
	}
	return ids
}

// damages are those that members rejoin after.
func damages(members int) []loss {
	base := database.PostgresDatabaseIdentifier("n2", databases.Name)
	list := []loss{
		{name: "slot", things: slots("n1>n2")},
		{name: "slot and subscription", things: append(slots("n1>n2"), things("subscription", "n1>n2"))},
		{name: "slot, and subscription the other way", things: append(slots("n1>n2"), things("subscription", "n2>n1"))},
		{name: "slots of both directions", things: slots("n1>n2", "n2>n1")},
		{name: "database", things: []resource.Identifier{base}},
	}
	if members > 2 {
		list = append(list,
			loss{name: "two into one", things: slots("n1>n2", "n3>n2")},
			loss{name: "all out of one", things: slots("n1>n2", "n1>n3")},
			loss{name: "chain", things: slots("n1>n2", "n2>n3")},
			loss{name: "circle", things: slots("n1>n2", "n2>n3", "n3>n1")},
			loss{name: "database, and slot between others", things: append(slots("n1>n3"), base)},
		)
	}
	return list
}

// Members rejoin, and the plans are interrupted everywhere, recorded or not.
func TestRejoinInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, rejoined, refusedIncomplete, refusedUndrainable, refusedSourceless, copyRepeated)
	for members := 2; members <= 3; members++ {
		for _, l := range damages(members) {
			t.Run(fmt.Sprintf("%d members, %s", members, l.name), func(t *testing.T) {
				t.Parallel()
				s := newSearch(&seen)
				o := s.founded(t, wishFor(members))
				o.way = rejoin
				o.inAllWeathers(func(o *orchestrator) {
					l.strikes(o)
					s.everywhere(o, everyEvent, s.resume)
				})
				s.report(t)
			})
		}
	}
}
