package simulation

import "testing"

// These are schedules that have broken earlier rules for members, by the numbers that they have there.

// Schedule 15: [n1, n2, n3] becomes [n1, n2, n4], stops anywhere, and n3 is wanted again. As long as nobody writes on n4
// before the plans are through, nothing is lost: what n4 has, n3 had. If a service writes there as soon as n4 replicates,
// n3 gets a link from n4 that begins too late, or n4 copies again. It has to come when all else is done.
func TestSchedule15(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		joining func(*wanted)
		tampers func([]plan) []plan
		// wrong is what goes wrong then; nothing if it is empty.
		wrong string
	}{
		{"no service", func(*wanted) {}, nil, ""},
		{"service where plans have it", serve, nil, "node n# has lost"},
		{"service before anything is deleted", serve, servicesAt(beforeDeletes), "node n# has lost"},
		{"service behind all plans", serve, servicesAt(behindAll), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSearch(&classes{})
			s.advisor.tampers = c.tampers
			o := s.founded(t, wishFor(3))
			o.retire(2)
			o.want(o.wish.with(newNode(3)).change(3, c.joining))
			o.inAllWeathers(func(o *orchestrator) {
				s.everywhere(o, everyEvent, func(o *orchestrator) {
					o.want(o.wish.with(newNode(2)))
					s.resume(o)
				})
			})
			s.expect(t, c.wrong)
		})
	}
}
