package simulation

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// serve lets a service run beside the node.
func serve(n *wanted) { n.service = true }

// Services write from the moment they start, at whatever phase plans are interrupted.
func TestServicesWriteFromTheirStart(t *testing.T) {
	t.Parallel()
	everywhere := func(n int) wish { return wishFor(n).changeAll(serve) }
	for _, c := range []struct {
		name  string
		start wish
		want  func(*orchestrator)
	}{
		{"created", wish{}, func(o *orchestrator) { o.want(everywhere(3)) }},
		{"first node created with one", wish{}, func(o *orchestrator) { o.want(wishFor(3).change(0, serve)) }},
		{"service added", wishFor(3), func(o *orchestrator) { o.want(everywhere(3)) }},
		{"node with one joins", wishFor(3), func(o *orchestrator) { o.want(wishFor(4).change(3, serve)) }},
		{"two nodes with one join", wishFor(2), func(o *orchestrator) { o.want(everywhere(4)) }},
		{"node with one joins beside one with one", everywhere(1), func(o *orchestrator) { o.want(everywhere(2)) }},
		{"member with one removed", everywhere(3), func(o *orchestrator) { o.retire(1) }},
		{"member replaced by one with one", wishFor(3), func(o *orchestrator) {
			o.retire(2)
			o.want(o.wish.with(newNode(3)).change(3, serve))
		}},
		{"node with one changed", everywhere(2), func(o *orchestrator) {
			o.want(o.wish.changeAll(func(n *wanted) { n.version++ }))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := newOrchestrator(c.start, s.advisor)
			if len(c.start.nodes) > 0 {
				o = s.founded(t, c.start)
			}
			c.want(o)
			o.inAllWeathers(func(o *orchestrator) { s.everywhere(o, everyEvent, s.resume) })
			s.report(t)
		})
	}
}

// Services that start before the links of the end state are there write what others never get.
func TestServicesHaveToComeLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		start, want wish
	}{
		{"created", wish{}, wishFor(3).changeAll(serve)},
		{"node joins", wishFor(3), wishFor(4).change(3, serve)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			o := newOrchestrator(c.start, s.advisor)
			if len(c.start.nodes) > 0 {
				o = s.founded(t, c.start)
			}
			o.advisor.tampers = servicesFirst
			o.want(c.want)
			o.inAllWeathers(func(o *orchestrator) { s.everywhere(o, betweenPhases, s.resume) })
			s.expect(t, "node n# has lost")
		})
	}
}

// Services that start while their node is recorded as joining write what is lost if another node is wanted then, or a
// link is lost.
func TestServicesHaveToWaitForTheirNode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		tampers func([]plan) []plan
		wrong   string
	}{
		{"afterwards", nil, ""},
		{"beside it", servicesBesideJoins, "node n# has lost"},
	} {
		for _, meanwhile := range []struct {
			name    string
			members int
			does    func(*orchestrator)
		}{
			{"another joins", 1, func(o *orchestrator) { o.want(o.wish.with(newNode(4)).change(4, serve)) }},
			{"a member leaves", 3, func(o *orchestrator) { o.retire(1) }},
			{"a slot is lost", 3, func(o *orchestrator) {
				if o.joins(3) {
					loss{things: []resource.Identifier{database.ReplicationSlotIdentifier(link(0, 3))}}.strikes(o)
				}
			}},
		} {
			t.Run(c.name+", "+meanwhile.name, func(t *testing.T) {
				t.Parallel()
				s := newSearch(&classes{})
				o := s.founded(t, wishFor(meanwhile.members).change(0, serve))
				o.advisor.tampers = c.tampers
				o.want(o.wish.with(newNode(3)).change(3, serve))
				o.inAllWeathers(func(o *orchestrator) {
					s.everywhere(o, unrecordedPhases, func(o *orchestrator) {
						meanwhile.does(o)
						s.resume(o)
					})
				})
				s.expect(t, c.wrong)
			})
		}
	}
}
