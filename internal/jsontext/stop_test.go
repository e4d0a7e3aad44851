package jsontext

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/polls"

	"github.com/pgplanner/pgplanner/internal/interrupt"
)

// longComputations are all that take a Poller, on texts that keep them busy.
func longComputations() map[string]func(stop *interrupt.Poller) error {
	computations := map[string]func(stop *interrupt.Poller) error{}
	for name, text := range map[string]string{
		"unsorted": membersOf(20_000, "1.0"),
		"array":    numbers(0, 20_000),
		"deep":     nested("1.0", 2_000),
	} {
		computations["check "+name] = func(stop *interrupt.Poller) error {
			return CheckObject([]byte(text), Limits{MaxDepth: depthLimit, Stop: stop})
		}
		computations["canonical "+name] = func(stop *interrupt.Poller) error {
			_, err := Canonical(stop, []byte(" "+text))
			return err
		}
		computations["visible "+name] = func(stop *interrupt.Poller) error {
			_, err := CanonicalVisible(stop, []byte(text), []string{"/a/0/a/1", "/numbers/0"})
			return err
		}
	}
	for name, text := range longTexts() {
		computations["check "+name] = func(stop *interrupt.Poller) error {
			return Check([]byte(text), Limits{Stop: stop})
		}
		computations["canonical "+name] = func(stop *interrupt.Poller) error {
			_, err := Canonical(stop, []byte(" "+text))
			return err
		}
	}
	for name, pair := range map[string][2]string{
		"members":         {membersOf(20_000, "1.0"), membersOf(20_000, "2.0")},
		"equal members":   {membersOf(20_000, "1.0"), membersOf(20_000, "1")},
		"equal elements":  {numbers(0, 20_000), " " + numbers(0, 20_000)},
		"other elements":  {numbers(0, 20_000), numbers(20_000, 40_000)},
		"common elements": {numbers(100, 500), strings.ReplaceAll(numbers(101, 500), "5,", "x,")},
		"deep":            {nested("1", 2_000), nested("2", 2_000)},
	} {
		current, wanted := []byte(pair[0]), []byte(strings.ReplaceAll(pair[1], "x", "0"))
		for _, ignore := range [][]string{nil, {"/numbers/0", "/0"}} {
			computations[fmt.Sprintf("diff %s, %d ignored", name, len(ignore))] = func(stop *interrupt.Poller) error {
				_, err := Diff(stop, current, wanted, ignore)
				return err
			}
			computations[fmt.Sprintf("same %s, %d ignored", name, len(ignore))] = func(stop *interrupt.Poller) error {
				_, err := Same(stop, current, wanted, ignore)
				return err
			}
		}
	}
	return computations
}

func TestEveryLoopPolls(t *testing.T) {
	const (
		onePiece = "the bytes of one piece of a string"
		byPairs  = "pairs polls"
	)
	polls.CheckLoops(t, map[string]polls.Short{
		"plainPrefix":           {Loops: 2, Bound: onePiece},
		"appendCharacters":      {Loops: 1, Bound: onePiece},
		"appendCanonicalNumber": {Loops: 1, Bound: "maxPlainDigits"},
		"hexUnit":               {Loops: 1, Bound: "4 digits"},
		"longestCommon":         {Loops: 1, Bound: "a row of a table of maxCells, which is counted before"},
		"members":               {Loops: 1, Bound: byPairs},
		"sameMembers":           {Loops: 1, Bound: byPairs},
	})
}

// longTexts are texts with few tokens, which are long.
func longTexts() map[string]string {
	const n = 1 << 20
	return map[string]string{
		"plain string":     `"` + strings.Repeat("a", n) + `"`,
		"other string":     `"` + strings.Repeat("é", n/2) + `"`,
		"escaped string":   `"` + strings.Repeat(`\n`, n/2) + `"`,
		"escaped name":     `{"` + strings.Repeat(`\u0041`, n/6) + `":1}`,
		"whole number":     strings.Repeat("1", n),
		"fraction":         "0." + strings.Repeat("0", n) + "1",
		"zeros":            "1." + strings.Repeat("0", n),
		"zeros of a power": "1e" + strings.Repeat("0", n) + "1",
	}
}

// TestLongTextsArePolled counts the bytes of long texts that are worked on between two polls.
func TestLongTextsArePolled(t *testing.T) {
	pointer := "/" + strings.Repeat("~1", 1<<19)
	long := map[string]func(stop *interrupt.Poller){
		"append":  func(stop *interrupt.Poller) { AppendString(stop, nil, pointer) },
		"valid":   func(stop *interrupt.Poller) { ValidText(stop, pointer) },
		"pointer": func(stop *interrupt.Poller) { ValidPointer(stop, pointer) },
		"cut":     func(stop *interrupt.Poller) { cutPointerSegment(stop, pointer) },
		"segment": func(stop *interrupt.Poller) { appendPointerSegment(stop, nil, []byte(pointer)) },
	}
	for name, text := range longTexts() {
		long["name or value of "+name] = func(stop *interrupt.Poller) {
			r := NewTokenReader([]byte(text), Limits{Stop: stop})
			switch {
			case text[0] == '{' && r.Open() && r.Next(true, '}'):
				r.Name()
			case text[0] == '"':
				r.Text()
			default:
				r.Scalar()
			}
		}
		if text[0] != '"' && text[0] != '{' {
			long["double of "+name] = func(stop *interrupt.Poller) { ExactFloat(stop, []byte(text)) }
		}
	}
	for name, compute := range long {
		c := polls.Count()
		if compute(c.Poller); c.Units < (1<<20)/bytesPerUnit-1 || c.Polls < c.Units/16 {
			t.Errorf("%s: %d units in %d polls", name, c.Units, c.Polls)
		}
		done := make(chan struct{})
		number := 0
		compute(interrupt.Watched(done, func(int) {
			if number++; number == 3 {
				close(done)
			}
		}))
		if number > 16 {
			t.Errorf("%s polls %d times when it is told to stop at the third", name, number)
		}
	}
}

// TestComputationsPollAndStop counts the polls of each computation, and stops it at some of them.
func TestComputationsPollAndStop(t *testing.T) {
	for name, compute := range longComputations() {
		all := 0
		err := compute(interrupt.Watched(make(chan struct{}), func(units int) {
			if all++; units > 16 {
				t.Errorf("%s: %d units at once", name, units)
			}
		}))
		if err != nil || all < 500 {
			t.Errorf("%s: %v, %d polls", name, err, all)
		}
		// Only sorting goes on, without looking at names.
		t.Run(name, func(t *testing.T) { polls.CheckStops(t, 60_000, compute) })
	}
}

// nested is a value in as many objects and arrays.
func nested(value string, depth int) string {
	return strings.Repeat(`{"a":[`, depth/2) + value + strings.Repeat(`]}`, depth/2)
}

// TestDeepestTextTakesFewMegabytesOfStack: recursion goes as deep as a text is nested, which is limited.
func TestDeepestTextTakesFewMegabytesOfStack(t *testing.T) {
	one, other := []byte(nested("1", depthLimit)), []byte(nested("2", depthLimit))
	ignore := []string{strings.Repeat("/a/0", depthLimit/2-1) + "/a/1"}
	for name, compute := range map[string]func() error{
		"check":              func() error { return CheckObject(one, Limits{MaxDepth: depthLimit}) },
		"canonical":          func() error { _, err := rewrite(nil, one); return err },
		"visible":            func() error { _, err := CanonicalVisible(nil, one, ignore); return err },
		"same":               func() error { _, err := Same(nil, one, other, nil); return err },
		"diff":               func() error { _, err := Diff(nil, one, other, nil); return err },
		"diff, some ignored": func() error { _, err := Diff(nil, one, other, ignore); return err },
		"same, some ignored": func() error { _, err := Same(nil, one, other, ignore); return err },
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		done := make(chan error)
		go func() {
			err := compute()
			runtime.ReadMemStats(&after)
			done <- err
		}()
		if err := <-done; err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if taken := int64(after.StackInuse) - int64(before.StackInuse); taken > 16<<20 {
			t.Errorf("%s takes %d kB of stack", name, taken>>10)
		}
	}
}
