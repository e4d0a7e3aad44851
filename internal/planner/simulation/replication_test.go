package simulation

// slot is a logical replication slot. Its provider sends nothing from before the confirmed position; saved
// is the position to which a restart takes it back.
type slot struct {
	exists           bool
	confirmed, saved position
}

// copying is how far the copy of a subscription has come.
type copying uint8

const (
	copyNone     copying = iota // there is nothing to copy
	copyWanted                  // it has not begun
	copyRunning                 // the snapshot is taken, and its rows are on their way
	copyBroken                  // it stopped half-way, and nothing goes on by itself
	copyComplete                // all rows of the snapshot are there
)

// subscription is a subscription at its subscriber. Its origin is the position in the provider's WAL up to
// which changes have been applied. Received, but not yet applied, is what is between that and received.
type subscription struct {
	exists, enabled  bool
	copying          copying
	snapshot         content
	received, origin position
}

// reconnect loses what was received and not applied: it is sent again.
func (s *subscription) reconnect() { s.received = s.origin }

// subscriptionShape is what the orchestrator wants of a subscription.
type subscriptionShape struct {
	enabled, copyData bool
}

// dropSubscription removes a subscription and its origin. One that is enabled tells its provider, when it
// stops, how far it has come; the slot stays.
func (w *world) dropSubscription(provider, subscriber int) {
	w.confirm(provider, subscriber)
	w.servers[subscriber].subscriptions[provider] = subscription{}
}

// createSubscription makes a subscription, in the place of one that is there: the new one knows nothing of
// the old one's origin, but takes over its slot. Without a copy, a slot that is not there is made at
// the provider's present end of WAL: rows from before are never sent.
func (w *world) createSubscription(provider, subscriber int, shape subscriptionShape) {
	if w.open[provider] && w.open[subscriber] {
		w.seen.count(memberRepaired)
	}
	w.dropSubscription(provider, subscriber)
	s := subscription{exists: true, enabled: shape.enabled}
	if shape.copyData {
		s.copying = copyWanted
	} else {
		w.createSlot(provider, subscriber)
	}
	w.servers[subscriber].subscriptions[provider] = s
}

// updateSubscription changes the subscription, and makes it if it is not there. A copy that is wanted and
// not complete starts anew; one that is complete is not repeated. Without a copy, whatever rows there are
// have to do.
func (w *world) updateSubscription(provider, subscriber int, shape subscriptionShape) {
	s := &w.servers[subscriber].subscriptions[provider]
	if !s.exists {
		w.createSubscription(provider, subscriber, shape)
		return
	}
	if s.enabled != shape.enabled {
		s.enabled = shape.enabled
		s.reconnect()
	}
	if shape.copyData && s.copying != copyComplete {
		s.copying = copyWanted
	}
	if shape.copyData {
		return
	}
	if s.copying == copyBroken {
		s.copying = copyNone
	}
	if s.copying != copyWanted {
		w.createSlot(provider, subscriber)
	}
}

// createSlot makes the slot at the present end of WAL, unless it is there.
func (w *world) createSlot(provider, subscriber int) {
	p := &w.servers[provider]
	if s := &p.slots[subscriber]; !s.exists {
		if w.goingOn[provider][subscriber] {
			w.giveUp(subscriber, provider)
		}
		*s = slot{exists: true, confirmed: p.end(), saved: p.end()}
	}
}

// advanceSlot moves the slot to just behind the commit with the timestamp, never backwards, and returns
// where it is then. It is not saved before the next checkpoint.
func (w *world) advanceSlot(provider, subscriber, timestamp int) position {
	p := &w.servers[provider]
	s := &p.slots[subscriber]
	if to := p.behind(timestamp); to > s.confirmed {
		w.seen.count(slotAdvanced)
		s.confirmed = to
	}
	return s.confirmed
}

// advanceOrigin records at the subscriber that it has the provider's changes up to the position. Where
// the subscription is enabled already (its event was not recorded), the origin is in use, and further on.
func (w *world) advanceOrigin(provider, subscriber int, to position) {
	if s := &w.servers[subscriber].subscriptions[provider]; !s.enabled {
		s.origin = to
	}
}

// connected tells whether the subscription can get anything from its provider.
func (w *world) connected(provider, subscriber int) bool {
	p, s := &w.servers[provider], &w.servers[subscriber]
	return p.exists && s.exists && s.subscriptions[provider].exists && s.subscriptions[provider].enabled
}

// streaming tells whether the subscription gets changes. While there is something to copy, it gets none.
func (w *world) streaming(provider, subscriber int) bool {
	if !w.connected(provider, subscriber) || !w.servers[provider].slots[subscriber].exists {
		return false
	}
	switch w.servers[subscriber].subscriptions[provider].copying {
	case copyNone, copyComplete:
		return true
	case copyWanted, copyRunning, copyBroken:
	}
	return false
}

// copyNext takes the copy of a subscription one step further: to its snapshot, or to its end. It tells
// whether there was anything to do.
func (w *world) copyNext(provider, subscriber int) bool {
	if !w.connected(provider, subscriber) {
		return false
	}
	switch s := &w.servers[subscriber].subscriptions[provider]; s.copying {
	case copyWanted:
		w.takeSnapshot(provider, subscriber)
		return true
	case copyRunning:
		w.load(subscriber, s.snapshot)
		s.copying = copyComplete
		return true
	case copyNone, copyBroken, copyComplete:
	}
	return false
}

// takeSnapshot begins a copy from scratch: the subscriber's tables are emptied, and the slot is made, or
// made again, at the very position of the snapshot.
func (w *world) takeSnapshot(provider, subscriber int) {
	p, d := &w.servers[provider], &w.servers[subscriber].tables
	if d.rows != (rowset{}) {
		w.seen.count(copyRepeated)
	}
	d.content, d.doubled = content{}, rowset{}
	if w.goingOn[subscriber][subscriber] {
		w.strand(subscriber)
	}
	for other, goesOn := range w.goingOn[subscriber] {
		if goesOn {
			w.giveUp(other, subscriber)
		}
	}
	w.givenUp[subscriber] = w.givenUp[provider]
	p.slots[subscriber] = slot{exists: true, confirmed: p.end(), saved: p.end()}
	s := &d.subscriptions[provider]
	s.copying, s.snapshot = copyRunning, p.content
	s.received, s.origin = p.end(), p.end()
}

// breakCopy lets a copy stop half-way.
func (w *world) breakCopy(provider, subscriber int) {
	s := &w.servers[subscriber].subscriptions[provider]
	if s.copying == copyWanted {
		w.takeSnapshot(provider, subscriber)
	}
	if s.copying == copyRunning {
		w.seen.count(copyInterrupted)
		w.load(subscriber, s.snapshot.half())
		s.copying = copyBroken
	}
}

// load puts what was copied into the tables. The records of the rows in the WAL are not local.
func (w *world) load(subscriber int, copied content) {
	s := &w.servers[subscriber]
	for _, row := range copied.rows.list() {
		s.insert(row)
		s.log(row, false)
	}
	s.edited, s.missed = s.edited.or(copied.edited), s.missed.or(copied.missed)
}

// receive takes the next record from the provider, if there is one. The provider starts at the later of the
// origin that the subscriber asks for and the position that the slot has confirmed.
func (w *world) receive(provider, subscriber int) bool {
	if !w.streaming(provider, subscriber) {
		return false
	}
	p, s := &w.servers[provider], &w.servers[subscriber].subscriptions[provider]
	if s.origin > p.slots[subscriber].confirmed {
		w.seen.count(originAhead)
	}
	s.origin = max(s.origin, p.slots[subscriber].confirmed)
	s.received = max(s.received, s.origin)
	if s.received >= p.end() {
		return false
	}
	s.received++
	return true
}

// apply applies the next received record, if there is one.
func (w *world) apply(provider, subscriber int) bool {
	if !w.streaming(provider, subscriber) {
		return false
	}
	p, s := &w.servers[provider], &w.servers[subscriber].subscriptions[provider]
	if s.origin >= s.received {
		return false
	}
	if r := p.wal[s.origin]; r.local && r.commit != noCommit {
		if s.copying == copyNone && !w.open[subscriber] {
			w.seen.count(keptBySlot)
		}
		w.take(subscriber, int(r.commit))
	}
	s.origin++
	return true
}

// confirm lets a subscription tell its provider how far it has come, which it does now and then.
func (w *world) confirm(provider, subscriber int) {
	if slot := &w.servers[provider].slots[subscriber]; w.streaming(provider, subscriber) {
		slot.confirmed = max(slot.confirmed, w.servers[subscriber].subscriptions[provider].origin)
		slot.saved = slot.confirmed
	}
}

// drain lets a subscription do all that it can do now.
func (w *world) drain(provider, subscriber int) {
	if !w.connected(provider, subscriber) {
		return
	}
	for moved := true; moved; {
		moved = w.copyNext(provider, subscriber) || w.receive(provider, subscriber) || w.apply(provider, subscriber)
	}
}

// drainAll lets all subscriptions do all that they can do now.
func (w *world) drainAll() {
	for provider := range w.servers {
		if !w.servers[provider].exists {
			continue
		}
		for subscriber := range w.servers {
			w.drain(provider, subscriber)
		}
	}
}

// confirmAll lets all subscriptions tell how far they have come.
func (w *world) confirmAll() {
	for provider := range w.servers {
		for subscriber := range w.servers {
			w.confirm(provider, subscriber)
		}
	}
}
