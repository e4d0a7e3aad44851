package jsontext

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// list is an object with a list of the numbers.
func list(numbers []int32) []byte {
	var b strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&b, ",%d", n)
	}
	return []byte(`{"list":[` + strings.TrimPrefix(b.String(), ",") + `]}`)
}

// applied is what the patch makes of the list.
func applied(t *testing.T, numbers []int32, patch []Operation) []int32 {
	t.Helper()
	out := slices.Clone(numbers)
	for _, o := range patch {
		var n int32
		if o.Op != "remove" && o.Path != "/list" {
			if err := json.Unmarshal(o.Value, &n); err != nil {
				t.Fatal(err)
			}
		}
		if o.Path == "/list" {
			if err := json.Unmarshal(o.Value, &out); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var at int
		if _, err := fmt.Sscanf(o.Path, "/list/%d", &at); err != nil {
			t.Fatal(err)
		}
		switch o.Op {
		case "add":
			out = slices.Insert(out, at, n)
		case "remove":
			out = slices.Delete(out, at, at+1)
		case "replace":
			out[at] = n
		}
	}
	return out
}

func diffLists(t *testing.T, a, b []int32) []Operation {
	t.Helper()
	patch, err := Diff(nil, list(a), list(b), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := applied(t, a, patch); !slices.Equal(got, b) {
		t.Fatalf("the patch of %d operations from %.200v does not give %.200v, but %.200v", len(patch), a, b, got)
	}
	return patch
}

func numbered(n int) []int32 {
	numbers := make([]int32, n)
	for i := range numbers {
		numbers[i] = int32(i)
	}
	return numbers
}

// edited does some edits to a copy, no two of them side by side: it replaces elements, or else inserts and removes.
func edited(random *rand.Rand, numbers []int32, edits int, inserts bool) []int32 {
	numbers = slices.Clone(numbers)
	apart := len(numbers) / edits
	for i := range edits {
		numbers[i*apart+random.IntN(apart/2)] = int32(1_000_000 + i)
	}
	if !inserts {
		return numbers
	}
	out := make([]int32, 0, 2*len(numbers))
	for i, n := range numbers {
		switch {
		case n < 1_000_000:
			out = append(out, n)
		case n%2 == 0:
			out = append(out, n, int32(i))
		}
	}
	return out
}

// TestDivisionEqualsTable: what is found by dividing is as long as what the table finds.
func TestDivisionEqualsTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	long := 0
	for i := range 4000 {
		size, letters := 1+random.IntN(120), 1+random.IntN(40)
		a, b := make([]int32, size), make([]int32, 1+random.IntN(120))
		for i := range a {
			a[i] = int32(random.IntN(letters))
		}
		for i := range b {
			b[i] = int32(random.IntN(letters))
		}
		if i%2 == 0 { // one of them is the other one with a few edits
			b = slices.Clone(a)
			for range 1 + random.IntN(8) {
				at := random.IntN(len(b))
				b = slices.Insert(slices.Delete(b, at, at+1), random.IntN(len(b)), int32(random.IntN(letters)))
			}
		}
		x := newDivision(nil)
		if !x.divide(a, b, commonElement{}) {
			t.Fatalf("nothing found for %v and %v", a, b)
		}
		before := commonElement{-1, -1}
		for _, c := range x.common {
			if a[c.current] != b[c.wanted] || c.current <= before.current || c.wanted <= before.wanted {
				t.Fatalf("%v is not common to %v and %v, in order", x.common, a, b)
			}
			before = c
		}
		if want := len(longestCommon(nil, a, b)); len(x.common) != want {
			t.Fatalf("%d elements are common to %v and %v, not %d", want, a, b, len(x.common))
		}
		if len(a)*len(b) > fewCells {
			long++
		}
	}
	if long < 1000 {
		t.Errorf("only %d lists were divided", long)
	}
}

func TestPatchesOfLongLists(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		name                string
		size, edits, most   int
		inserts, isReplaced bool
	}{
		{name: "two edits in 5,000", size: 5000, edits: 2, most: 2},
		{name: "1,000 replaced in 100,000", size: 100_000, edits: 1000, most: 1000},
		{name: "1,001 replaced in 100,000", size: 100_000, edits: 1001, isReplaced: true},
		{name: "1,000 come or go in 100,000", size: 100_000, edits: 1000, most: 1000, inserts: true},
		{name: "1,001 come or go in 100,000", size: 100_000, edits: 1001, inserts: true, isReplaced: true},
	} {
		a := numbered(c.size)
		b := edited(random, a, c.edits, c.inserts)
		for _, pair := range [][2][]int32{{a, b}, {b, a}} {
			patch := diffLists(t, pair[0], pair[1])
			isReplaced := len(patch) == 1 && patch[0].Op == "replace" && patch[0].Path == "/list"
			if isReplaced != c.isReplaced || !c.isReplaced && len(patch) > c.most {
				t.Errorf("%s: %d operations, replaced as a whole: %v", c.name, len(patch), isReplaced)
			}
		}
	}
}

// TestPatchesOfListsOfFewValues has lists in which the same values come again and again.
func TestPatchesOfListsOfFewValues(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		a := make([]int32, 3000)
		for i := range a {
			a[i] = int32(random.IntN(3))
		}
		b := slices.Clone(a)
		for range 1 + random.IntN(60) {
			b = slices.Insert(b, random.IntN(len(b)), 7)
		}
		if patch := diffLists(t, a, b); len(patch) != len(b)-len(a) {
			t.Errorf("%d operations for %d new elements", len(patch), len(b)-len(a))
		}
	}
}

// TestOneElementOfManyMoves: it goes at one place and comes at another one.
func TestOneElementOfManyMoves(t *testing.T) {
	a := numbered(20_000)
	for _, move := range [][2]int{{0, 19_999}, {19_999, 0}, {5_000, 15_000}, {15_000, 5_000}} {
		b := slices.Delete(slices.Clone(a), move[0], move[0]+1)
		if patch := diffLists(t, a, slices.Insert(b, move[1], a[move[0]])); len(patch) != 2 {
			t.Errorf("%d operations for a move from %d to %d", len(patch), move[0], move[1])
		}
	}
}
