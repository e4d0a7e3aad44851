package simulation

import (
	"flag"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// loss is something that happens to members.
type loss struct {
	name string
	// things are taken away, and a refresh finds that out; of others, the records are gone.
	things, records []resource.Identifier
}

// losses are those of member n2 by itself and on its link from n1.
func losses() []loss {
	slot, back := database.ReplicationSlotIdentifier(link(0, 1)), database.ReplicationSlotIdentifier(link(1, 0))
	subscription := database.SubscriptionIdentifier(link(0, 1))
	base := database.PostgresDatabaseIdentifier("n2", databases.Name)
	return []loss{
		{"slot", []resource.Identifier{slot}, nil},
		{"slot and subscription", []resource.Identifier{slot, subscription}, nil},
		{"slots of both directions", []resource.Identifier{slot, back}, nil},
		{"slots of two links", []resource.Identifier{slot, database.ReplicationSlotIdentifier(link(0, 2))}, nil},
		{"database", []resource.Identifier{base}, nil},
		{"record of the database", nil, []resource.Identifier{base}},
		{"subscription", []resource.Identifier{subscription}, nil},
		{"subscriptions of both directions", []resource.Identifier{
			subscription, database.SubscriptionIdentifier(link(1, 0)),
		}, nil},
		{"record of the subscription", nil, []resource.Identifier{subscription}},
		{"record of the slot", nil, []resource.Identifier{slot}},
		{"record of the node", nil, []resource.Identifier{database.NodeIdentifier("n2")}},
		{"slot, and subscription the other way", []resource.Identifier{slot, database.SubscriptionIdentifier(link(1, 0))}, nil},
		{"database, and slot between others", []resource.Identifier{base, database.ReplicationSlotIdentifier(link(0, 2))}, nil},
	}
}

// strikes lets the loss happen.
func (l loss) strikes(o *orchestrator) {
	for range 2 * maxNodes {
		o.pass()
	}
	o.misplace(l.records...)
	if len(l.things) > 0 {
		o.damage(l.things...)
	}
	for range maxNodes {
		o.pass()
	}
}

// situation is what the database is about when the loss happens.
type situation struct {
	name string
	// want asks for something; nil if nothing is wanted.
	want func(*orchestrator)
}

func situations() []situation {
	return []situation{
		{"settled", nil},
		{"while a node joins", func(o *orchestrator) { o.want(wishFor(4)) }},
		{"while a member is removed", func(o *orchestrator) { o.retire(2) }},
		{"while a member is replaced", func(o *orchestrator) {
			o.retire(2)
			o.want(o.wish.with(newNode(3)))
		}},
	}
}

// strikeEverywhere lets the loss happen at every phase of what is wanted.
func (s *search) strikeEverywhere(o *orchestrator, at situation, l loss, follows func(*orchestrator)) {
	strike := func(o *orchestrator) {
		l.strikes(o)
		follows(o)
	}
	if at.want == nil {
		strike(o)
		return
	}
	at.want(o)
	how := unrecordedPhases
	if *deep {
		how = everyEvent
	}
	s.everywhere(o, how, strike)
}

// deep tells to interrupt more, and to let more be lost on top of it.
var deep = flag.Bool("deep", false, "interrupt plans for members that lose something at every event, and let them lose more")

// afterwards are the losses that come on top of others: none, and some; deeply, all of them.
func afterwards() []loss {
	all := losses()
	if *deep {
		return append(all, loss{name: "nothing more"})
	}
	return []loss{{name: "nothing more"}, all[0], all[6]}
}

// A member loses something, in whatever situation, and asking goes on until all is as wished. A member that lacks rows is
// refused, and what is missing in the end is what a hazard named.
func TestMemberLosesSomething(t *testing.T) {
	t.Parallel()
	var seen classes
	seen.demand(t, memberDamaged, refusedIncomplete, wentOn, wantedAgain)
	for _, l := range losses() {
		for _, at := range situations() {
			t.Run(l.name+", "+at.name, func(t *testing.T) {
				t.Parallel()
				s := newSearch(&seen)
				s.founded(t, wishFor(3)).inAllWeathers(func(o *orchestrator) {
					s.strikeEverywhere(o, at, l, s.resume)
				})
				s.report(t)
			})
		}
	}
}
