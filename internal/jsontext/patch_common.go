package jsontext

import "github.com/pgplanner/pgplanner/internal/interrupt"

const (
	// mostEdits is how many elements of an array may come, go, or be replaced. Of an array with more, all is replaced.
	mostEdits = 1000
	// maxCells bounds the tables of common subsequences of one comparison. Arrays that would need more are divided
	// first.
	maxCells = 1 << 20
	// fewCells is how large a table may be at any time.
	fewCells = 1 << 10
)

// commonElement is an element that two arrays have in common, by its index in both.
type commonElement struct{ current, wanted int }

// commonElements finds a longest common subsequence of elements of which neither the first nor the last ones are the
// same. It returns false if more than mostEdits of them are not in it. Beyond the table, its memory is in proportion to
// the elements.
func (d *differ) commonElements(have, want []node) (common []commonElement, found bool) {
	if len(have)*len(want) <= 1 {
		return nil, max(len(have), len(want)) <= mostEdits
	}
	numbers := make(map[string]int32, len(have)+len(want))
	a, b := d.numberElements(d.current, have, numbers), d.numberElements(d.wanted, want, numbers)
	switch shared := d.shared(a, b, len(numbers)); {
	case shared == 0:
		return nil, max(len(have), len(want)) <= mostEdits
	case len(have)+len(want)-2*shared > mostRounds:
		return nil, false
	}
	if len(have) <= d.cells/len(want) {
		d.cells -= len(have) * len(want)
		common = longestCommon(d.stop, a, b)
	} else {
		x := newDivision(d.stop)
		if !x.divide(a, b, commonElement{}) {
			return nil, false
		}
		common = x.common
	}
	return common, d.edits(common, len(have), len(want)) <= mostEdits
}

// shared is how many elements are in both lists, in whatever order.
func (d *differ) shared(a, b []int32, numbers int) int {
	left, n := make([]int32, numbers), 0
	for _, number := range interrupt.Each(d.stop, a) {
		left[number]++
	}
	for _, number := range interrupt.Each(d.stop, b) {
		if left[number] > 0 {
			left[number]--
			n++
		}
	}
	return n
}

// edits counts what has to be done to the elements that are not common: where some go and others come, they are
// replaced.
func (d *differ) edits(common []commonElement, have, want int) int {
	n, before := 0, commonElement{}
	for _, c := range interrupt.Each(d.stop, common) {
		n += max(c.current-before.current, c.wanted-before.wanted)
		before = commonElement{c.current + 1, c.wanted + 1}
	}
	return n + max(have-before.current, want-before.wanted)
}

// numberElements gives the same number to the same values.
func (d *differ) numberElements(t *tree, elements []node, numbers map[string]int32) []int32 {
	numbered := make([]int32, len(elements))
	for i := range elements {
		if d.stop.Stopped() {
			break
		}
		canonical := t.canonString(&elements[i])
		number, known := numbers[canonical]
		if !known {
			number = int32(len(numbers))
			numbers[canonical] = number
		}
		numbered[i] = number
	}
	return numbered
}

// longestCommon returns a longest common subsequence of a and b, in order. The shorter of them has less
// than 65536 elements: see maxCells.
func longestCommon(stop *interrupt.Poller, a, b []int32) []commonElement {
	// lengths[i*width+j] is the length of a longest common subsequence of a[i:] and b[j:].
	width := len(b) + 1
	lengths := make([]uint16, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		if stop.Spend(1 + width/bytesPerUnit) {
			return nil
		}
		row, next := lengths[i*width:], lengths[(i+1)*width:]
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				row[j] = next[j+1] + 1
			} else {
				row[j] = max(row[j+1], next[j])
			}
		}
	}
	common := make([]commonElement, 0, lengths[0])
	for i, j := 0, 0; i < len(a) && j < len(b) && !stop.Stopped(); {
		switch {
		case a[i] == b[j]:
			common = append(common, commonElement{i, j})
			i, j = i+1, j+1
		case lengths[(i+1)*width+j] >= lengths[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return common
}
