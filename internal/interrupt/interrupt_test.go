package interrupt

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNilNeverStops(t *testing.T) {
	p := When(nil)
	if p != nil || p.Stopped() || p.Spend(1<<30) || p.Err() != nil {
		t.Error("without a channel, nothing stops")
	}
}

func TestStopsSoonAndForGood(t *testing.T) {
	done := make(chan struct{})
	p := When(done)
	for range 10 * Every {
		if p.Stopped() || p.Err() != nil {
			t.Fatal("stopped before it was told to")
		}
	}
	close(done)
	n := 1
	for !p.Stopped() {
		n++
	}
	if n > Every {
		t.Errorf("went on for %d units, at most %d are promised", n, Every)
	}
	if !p.Stopped() || !p.Spend(0) || !errors.Is(p.Err(), ErrInterrupted) {
		t.Error("once stopped, it should stay so")
	}
}

func TestManyUnitsAreLookedAtOnce(t *testing.T) {
	done := make(chan struct{})
	p := When(done)
	p.Stopped()
	close(done)
	if p.Spend(Every / 2) {
		t.Error("looked before it was time")
	}
	if !p.Spend(Every / 2) {
		t.Error("did not look when it was time")
	}
}

func TestWatchSeesEveryPoll(t *testing.T) {
	var seen []int
	p := Watched(nil, func(units int) { seen = append(seen, units) })
	p.Stopped()
	p.Spend(7)
	if len(seen) != 2 || seen[0] != 1 || seen[1] != 7 {
		t.Errorf("saw %v", seen)
	}
}

func TestEachPollsBeforeEveryElement(t *testing.T) {
	list := []string{"a", "b", "c"}
	for stopAt := range 4 { // polls that find nothing: 3 is for all
		done, polls := make(chan struct{}), 0
		p := Watched(done, func(int) {
			if polls++; polls > stopAt {
				close(done)
			}
		})
		var seen []string
		for i, element := range Each(p, list) {
			if element != list[i] {
				t.Errorf("%q has the index %d", element, i)
			}
			seen = append(seen, element)
		}
		if !slices.Equal(seen, list[:stopAt]) || (p.Err() != nil) != (stopAt < len(list)) {
			t.Errorf("stopped at %d: saw %q, the error is %v", stopAt, seen, p.Err())
		}
	}
	n := 0
	for i := range Each(nil, list) {
		if n++; i == 1 {
			break
		}
	}
	if n != 2 {
		t.Errorf("went on to %d", n)
	}
}

func TestSortFuncComparesNothingOnceStopped(t *testing.T) {
	list := []int{3, 1, 2}
	SortFunc(nil, list, func(a, b int) int { return a - b })
	if !slices.Equal(list, []int{1, 2, 3}) {
		t.Error(list)
	}
	done := make(chan struct{})
	close(done)
	SortFunc(Watched(done, func(int) {}), list, func(int, int) int { panic("compared") })
}

func TestPiecesAreTheText(t *testing.T) {
	for _, unit := range []string{"a", "é", "€", "𝄞", "x𝄞", "\x80", "\xf0\x9d\x84", "\xc3", "€\xe2\x82"} {
		for _, size := range []int{0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 5*pieceBytes + 7} {
			text := strings.Repeat(unit, size/len(unit)+1)[:size]
			var whole string
			var characters []rune
			for piece := range Pieces(nil, text) {
				if len(piece) > pieceBytes {
					t.Errorf("%q, %d bytes: a piece has %d", unit, size, len(piece))
				}
				whole += piece
				characters = append(characters, []rune(piece)...)
			}
			if whole != text || !slices.Equal(characters, []rune(text)) {
				t.Errorf("%q, %d bytes: the pieces hold something else", unit, size)
			}
		}
	}
}

func TestPiecesPollsBetweenThem(t *testing.T) {
	const pieces = 5
	text := make([]byte, pieces*pieceBytes)
	for stopAt := 1; stopAt <= pieces; stopAt++ {
		done, polls, units := make(chan struct{}), 0, 0
		p := Watched(done, func(n int) {
			units += n
			if polls++; polls == stopAt {
				close(done)
			}
		})
		seen := 0
		for range Pieces(p, text) {
			seen++
		}
		if want := min(stopAt, pieces); seen != want || units != min(stopAt, pieces-1)*pieceBytes/bytesPerUnit {
			t.Errorf("stopped at %d: saw %d pieces, %d units", stopAt, seen, units)
		}
	}
	p := Watched(nil, func(int) { t.Error("polled for a short text") })
	for range Pieces(p, text[:pieceBytes]) {
		break
	}
}
