package simulation

import "testing"

// restoring returns the wish with some nodes to be restored now.
func (w wish) restoring(nodes ...int) wish {
	for _, node := range nodes {
		w = w.change(node, func(n *wanted) { n.restored = true })
	}
	w.restore = true
	return w
}

// afterRestore returns the wish for what a restore leads to.
func (w wish) afterRestore() wish {
	w.restore = false
	return w
}

// orderRestore asks for the restore. What the nodes hold is given up, so that their writers stop; to ask for
// something else before they are restored may be refused, as they are removed first.
func (o *orchestrator) orderRestore(nodes ...int) {
	o.want(o.wish.restoring(nodes...))
	for _, node := range nodes {
		o.world.open[node], o.world.restored[node] = false, true
		o.dropped[node] = true
	}
}

// A restore that stopped anywhere is finished by asking for it again, or by asking for what it leads to.
// Either way the end is the same, and nothing is left to do.
func TestRestoreInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	replicas := wishFor(3).changeAll(func(n *wanted) { n.instances = 2 })
	for _, c := range []struct {
		name  string
		start wish
		nodes []int
	}{
		{"only node", wishFor(1), []int{0}},
		{"one of three", wishFor(3), []int{1}},
		{"two of three", wishFor(3), []int{0, 2}},
		{"all three", wishFor(3), []int{0, 1, 2}},
		{"one of three with replicas", replicas, []int{2}},
	} {
		for _, next := range []struct {
			name    string
			restore bool
		}{{"restored again", true}, {"updated instead", false}} {
			t.Run(c.name+", "+next.name, func(t *testing.T) {
				t.Parallel()
				s := newSearch(&classes{})
				o := s.founded(t, c.start)
				o.orderRestore(c.nodes...)
				o.inAllWeathers(func(o *orchestrator) {
					s.everywhere(o, everyEvent, func(o *orchestrator) {
						if next.restore {
							s.note(o, o.restore())
						} else {
							o.want(o.wish.afterRestore())
							s.note(o, o.reach())
						}
					})
				})
				s.report(t)
			})
		}
	}
}

// restore restores, and asks for what that leads to: nothing must be left to do.
func (o *orchestrator) restore() error {
	a, err := o.ask()
	if err != nil {
		return err
	}
	if err := o.run(a.plans); err != nil {
		return err
	}
	o.want(o.wish.afterRestore())
	return o.finish(&answer{})
}
