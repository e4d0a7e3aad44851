// Package interrupt is the one way in which a long computation is told to stop.
//
//	computation  conversion, planning, judging, encoding: anything that works on a request without waiting
//	unit         one step of a loop: a resource, an edge, an event, some hundred bytes; some 100 ns, at most 10 us
//	poll         to count units, and look every so often whether to stop
//	piece        of a long text: what is worked on between two polls
//
// Whoever starts a computation makes a [Poller] and hands it down; every loop whose length depends on the input polls
// it, and returns once it is told to. A computation that was stopped has no result: what it holds by then is thrown
// away, and its error is [ErrInterrupted].
package interrupt

import (
	"errors"
	"iter"
	"slices"
	"unicode/utf8"
)

// ErrInterrupted is the error of a computation that was told to stop.
var ErrInterrupted = errors.New("the computation was interrupted")

// Every is how many units are done, at most, between two looks at whether to stop, if each call of Spend counts
// few of them.
const Every = 256

// Poller tells a computation whether to stop. It is for one goroutine at a time. A nil Poller never stops.
type Poller struct {
	done    <-chan struct{}
	left    int // units until the next look
	stopped bool
	watch   func(units int)
}

// When returns a Poller that stops once the channel is closed. Of a nil channel, which never is, it is nil.
func When(done <-chan struct{}) *Poller {
	if done == nil {
		return nil
	}
	return &Poller{done: done}
}

// Watched is When, and calls watch at every poll, with its units: for tests that count them.
func Watched(done <-chan struct{}, watch func(units int)) *Poller {
	return &Poller{done: done, watch: watch}
}

// Stopped counts one unit, and tells whether to stop. Once it has said so, it always does. It is Spend, written out to be
// inlined.
func (p *Poller) Stopped() bool {
	if p == nil {
		return false
	}
	if p.left--; p.left > 0 {
		return p.stopped
	}
	return p.look(1)
}

// Spend counts some units, and tells whether to stop.
func (p *Poller) Spend(units int) bool {
	if p == nil {
		return false
	}
	if p.left -= units; p.left > 0 {
		return p.stopped
	}
	return p.look(units)
}

// Err is ErrInterrupted once the computation was told to stop, else nil. It counts nothing, and looks at nothing new.
func (p *Poller) Err() error {
	if p != nil && p.stopped {
		return ErrInterrupted
	}
	return nil
}

// Each hands over the elements of a list, with their indexes, and polls before each. Once the poller says to stop there are
// no more: whoever goes over them looks at its Err afterwards, or leaves that to those who called it.
func Each[T any](p *Poller, list []T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for i, element := range list {
			if p.Stopped() || !yield(i, element) {
				return
			}
		}
	}
}

const (
	// pieceBytes is how long a text is that is worked on in one piece.
	pieceBytes = 4 << 10
	// bytesPerUnit is how much of a text takes a unit.
	bytesPerUnit = 256
)

// Pieces hands over a text in pieces that are not long, and polls between them. No piece ends inside of a character of UTF-8: bytes that are
// none, and what is wrong about them, are the same in the pieces as in the text. As with Each, there are no more once the
// poller says to stop.
func Pieces[T string | []byte](p *Poller, text T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for len(text) > pieceBytes {
			end := pieceEnd(text)
			if !yield(text[:end]) || p.Spend(end/bytesPerUnit) {
				return
			}
			text = text[end:]
		}
		yield(text)
	}
}

// pieceEnd is where the first piece of a text that is longer than one ends.
func pieceEnd[T string | []byte](text T) int {
	for end := pieceBytes; end > pieceBytes-utf8.UTFMax; end-- {
		if utf8.RuneStart(text[end]) {
			return end
		}
	}
	return pieceBytes // after so many bytes that begin no character, another one does not go on with one
}

// SortFunc sorts in the order of compare, unless it is told to stop: then the order means nothing. A short list is sorted in
// one go.
func SortFunc[T any](p *Poller, list []T, compare func(a, b T) int) {
	if len(list) <= Every/8 {
		if !p.Spend(len(list)) {
			slices.SortFunc(list, compare)
		}
		return
	}
	slices.SortFunc(list, func(a, b T) int {
		if p.Err() != nil || p.Stopped() {
			return 0
		}
		return compare(a, b)
	})
}

func (p *Poller) look(units int) bool {
	if p.watch == nil {
		p.left = Every
	} else {
		p.watch(units)
	}
	select {
	case <-p.done:
		p.stopped = true
	default:
	}
	return p.stopped
}
