package simulation

import "testing"

// search interrupts plans everywhere, and collects what goes wrong.
type search struct {
	advisor   *advisor
	schedules int
	failures  map[string]failure
}

// failure is the first schedule in which something went wrong, and how many there were.
type failure struct {
	schedules int
	err       error
	story     *chronicle
}

func newSearch(seen *classes) *search {
	return &search{advisor: newAdvisor(seen), failures: make(map[string]failure)}
}

// report fails the test if anything went wrong.
func (s *search) report(t *testing.T) {
	t.Helper()
	for _, f := range s.failures {
		t.Errorf("in %d of %d schedules, %v, first\n%v", f.schedules, s.schedules, f.err, f.story)
	}
	t.Logf("%d schedules", s.schedules)
}

// expect fails the test unless that kind of thing went wrong; nothing must if it is empty.
func (s *search) expect(t *testing.T, wrong string) {
	t.Helper()
	if wrong == "" {
		s.report(t)
		return
	}
	found := s.failures[wrong].schedules
	t.Logf("%s: %d of %d schedules", wrong, found, s.schedules)
	if found == 0 {
		t.Errorf("never: %s; but %v", wrong, s.failures)
	}
}

// note counts the schedule, and keeps what went wrong.
func (s *search) note(o *orchestrator, err error) {
	s.schedules++
	if err == nil {
		err = o.objected
	}
	if err == nil {
		return
	}
	f, ok := s.failures[kindOf(err)]
	if !ok {
		f.story, f.err = o.story, err
	}
	f.schedules++
	s.failures[kindOf(err)] = f
}

// founded returns an orchestrator whose wish has been fulfilled from nothing, with rows on every node.
func (s *search) founded(t *testing.T, w wish) *orchestrator {
	t.Helper()
	o := newOrchestrator(w, s.advisor)
	if err := o.found(); err != nil {
		t.Fatalf("%v\n%v", err, o.story)
	}
	return o
}

// found fulfills the wish from nothing, and writes rows on every node.
func (o *orchestrator) found() error {
	a, err := o.ask()
	if err != nil {
		return err
	}
	if err := o.finish(a); err != nil {
		return err
	}
	for range 2 * len(o.wish.nodes) {
		o.writeNext()
	}
	o.story = nil
	o.note("there are %v", o.wish)
	return nil
}

// thoroughness says which interruptions are tried.
type thoroughness uint8

const (
	// betweenPhases interrupts only where everything is recorded.
	betweenPhases thoroughness = iota
	// unrecordedPhases interrupts also where nothing of a whole phase is recorded.
	unrecordedPhases
	// everyEvent lets every single event go wrong in all ways.
	everyEvent
)

// everywhere executes the plans to o's wish. At each phase it tries everything that can go wrong there, and
// each time what follows. An o that it gives away is one of its own.
func (s *search) everywhere(o *orchestrator, how thoroughness, follows func(*orchestrator)) {
	a, err := o.accepted()
	if err != nil || o.over {
		s.note(o, err)
		return
	}
	for i, plan := range a.plans {
		for j, phase := range plan {
			o.note("plan %d phase %d", i+1, j+1)
			for _, mishaps := range o.interruptions(phase, how) {
				c := o.clone()
				c.tape = randomTape(uint64(s.schedules))
				if err := c.runPhase(phase, mishaps); err != nil {
					s.note(c, err)
					continue
				}
				follows(c)
			}
			if err := o.runPhase(phase, nil); err != nil {
				s.note(o, err)
				return
			}
		}
	}
}

// interruptions lists the ways in which a phase can be interrupted.
func (o *orchestrator) interruptions(p phase, how thoroughness) [][]mishap {
	n := len(p)
	list := [][]mishap{make([]mishap, n)}
	if how == betweenPhases {
		return list
	}
	list = append(list, mishapsLike(n, unrecorded))
	if how == unrecordedPhases {
		return list
	}
	for k := range p {
		for _, m := range o.mishapsOf(&p[k]) {
			for _, others := range []mishap{{}, unrecorded, notBegun} {
				mishaps := mishapsLike(n, others)
				mishaps[k] = m
				list = append(list, mishaps)
				if n == 1 {
					break
				}
			}
		}
	}
	return list
}

func mishapsLike(n int, m mishap) []mishap {
	list := make([]mishap, n)
	for i := range list {
		list[i] = m
	}
	return list
}

// inAllWeathers does something in each kind of weather, each time with an orchestrator of its own.
func (o *orchestrator) inAllWeathers(do func(*orchestrator)) {
	for _, w := range []weather{lazy, eager, mixed} {
		c := o.clone()
		c.weather, c.tape = w, randomTape(uint64(len(o.wish.nodes)))
		c.note("%v weather", w)
		do(c)
	}
}

// resume asks again until everything is as wished.
func (s *search) resume(o *orchestrator) { s.note(o, o.reach()) }
