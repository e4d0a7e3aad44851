package admission

import (
	"testing"

	"pgregory.net/rapid"
)

// TestArrivalsCountAllThatHasNotArrived lets requests of many calls arrive on a few connections, in any order, and
// counts beside it what is really there.
func TestArrivalsCountAllThatHasNotArrived(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a := newArrivals(1 << 60)
		connections := []*connection{{arrivals: a}, {arrivals: a}, {arrivals: a}}
		type part struct {
			*Arrival
			bytes int64
		}
		var open []*part
		check := func() {
			actual, counted := map[*connection]int64{}, int64(0)
			for _, p := range open {
				actual[p.connection] += p.bytes
			}
			for _, c := range connections {
				if c.held() < actual[c] {
					r.Fatalf("%d bytes of %d count", c.held(), actual[c])
				}
				if len(c.arriving) == 0 && c.held() != 0 {
					r.Fatalf("%d bytes of nothing", c.held())
				}
				counted += c.held()
			}
			if used := a.used; used != counted {
				r.Fatalf("%d bytes in all, %d by connections", used, counted)
			}
		}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			c := rapid.SampledFrom(connections).Draw(r, "connection")
			switch rapid.IntRange(0, 3).Draw(r, "step") {
			case 0: // what is read begins a call, and brings some of its request
				n := rapid.Int64Range(1, 1000).Draw(r, "read with it")
				a.brought(c, n)
				p := &part{Arrival: &Arrival{arrivals: a, connection: c, weight: 10}, bytes: n - 1}
				p.Expect()
				open = append(open, p)
			case 1, 2:
				if len(open) > 0 {
					p := rapid.SampledFrom(open).Draw(r, "call")
					n := rapid.Int64Range(1, 1000).Draw(r, "read")
					a.brought(p.connection, n)
					p.bytes += n
				}
			case 3:
				if len(open) > 0 {
					i := rapid.IntRange(0, len(open)-1).Draw(r, "arrived")
					size := open[i].bytes
					if rapid.Bool().Draw(r, "compressed") {
						size = 0
					}
					open[i].Arrived(size)
					open = append(open[:i], open[i+1:]...)
				}
			}
			check()
		}
		for _, p := range open {
			p.Arrived(p.bytes)
		}
		open = nil
		check()
	})
}
