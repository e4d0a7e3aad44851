package simulation

// weather is what happens between any two steps of the orchestrator.
type weather uint8

const (
	// mixed weather does whatever the tape says.
	mixed weather = iota
	// lazy weather writes a row at every step, applies nothing unless someone waits for it, and restarts
	// servers all the time: what is sent too late, is lost here.
	lazy
	// eager weather writes a row at every step and applies everything at once: what is sent too often, is
	// doubled here.
	eager
)

func (w weather) String() string { return [...]string{"mixed", "lazy", "eager"}[w] }

// pass lets the weather be for one step.
func (o *orchestrator) pass() {
	switch o.weather {
	case mixed:
		for range o.tape.pick(4) {
			o.gust()
		}
	case lazy:
		o.writeNext()
		for node := range o.world.servers {
			o.world.restart(node)
		}
	case eager:
		o.writeNext()
		o.world.drainAll()
		if o.tape.oneIn(2) {
			o.world.confirmAll()
		}
		for node := range o.world.servers {
			o.world.checkpoint(node)
		}
	}
}

// writeNext writes a row on the next node that has writers, and at two of five times edits there the latest one that is
// from elsewhere.
func (o *orchestrator) writeNext() {
	for range maxNodes {
		o.writer = (o.writer + 1) % maxNodes
		if o.world.hasWriters(o.writer) {
			o.world.write(o.writer)
			break
		}
	}
	if o.steps++; o.steps%5 < 2 {
		o.world.edit(o.writer, o.world.servers[o.writer].rows.minus(o.world.committed[o.writer]).last())
	}
}

// editSome edits some row on a node, the latest one if things are dull.
func (o *orchestrator) editSome(node int) {
	if rows := o.world.servers[node].rows.list(); len(rows) > 0 {
		o.world.edit(node, rows[len(rows)-1-o.tape.pick(len(rows))])
	}
}

// gust is one thing that happens somewhere.
func (o *orchestrator) gust() {
	if len(o.wish.nodes) == 0 {
		return
	}
	some := func() int { return o.wish.nodes[o.tape.pick(len(o.wish.nodes))].node }
	switch o.tape.pick(9) {
	case 0, 1:
		o.world.write(some())
	case 2:
		provider, subscriber := some(), some()
		for range 1 + o.tape.pick(4) {
			o.world.receive(provider, subscriber)
		}
	case 3:
		provider, subscriber := some(), some()
		for range 1 + o.tape.pick(4) {
			o.world.apply(provider, subscriber)
		}
		if o.tape.oneIn(2) {
			o.world.confirm(provider, subscriber)
		}
	case 4:
		o.world.copyNext(some(), some())
	case 5:
		o.world.drain(some(), some())
	case 6:
		o.world.checkpoint(some())
	case 7:
		o.world.restart(some())
	case 8:
		o.editSome(some())
	}
}
