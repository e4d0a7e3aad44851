package jsontext

import "github.com/pgplanner/pgplanner/internal/interrupt"

// division finds a longest common subsequence of two lists in memory that is in proportion to them: it looks from both
// ends for the middle of a shortest way from one list to the other, and goes on with the two halves. It is Myers'
// algorithm ("An O(ND) Difference Algorithm and Its Variations"), in its linear refinement.
//
// A way goes through points (x, y): x elements of the one list and y of the other are behind it. A step leaves out one
// element; along a diagonal, x-y, elements are the same.
type division struct {
	stop   *interrupt.Poller
	common []commonElement
	// reached from the beginning and from the end: by diagonal, how far in the first list; -1: not.
	forward, backward []int32
}

// mostRounds is how many edits from both ends together make mostEdits: an element that is replaced takes two.
const mostRounds = 2 * mostEdits

func newDivision(stop *interrupt.Poller) *division {
	return &division{
		stop: stop, forward: make([]int32, mostRounds+5), backward: make([]int32, mostRounds+5),
	}
}

// divide adds the common elements of a and b, which begin at that place. It returns false if that takes more than
// mostRounds, or if it is stopped.
func (x *division) divide(a, b []int32, at commonElement) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] && !x.stop.Stopped() {
		x.common = append(x.common, at)
		a, b, at = a[1:], b[1:], commonElement{at.current + 1, at.wanted + 1}
	}
	n, m := len(a), len(b)
	for n > 0 && m > 0 && a[n-1] == b[m-1] && !x.stop.Stopped() {
		n, m = n-1, m-1
	}
	tail := len(a) - n
	if !x.divideRest(a[:n], b[:m], at) {
		return false
	}
	for i := 0; i < tail && !x.stop.Stopped(); i++ {
		x.common = append(x.common, commonElement{at.current + n + i, at.wanted + m + i})
	}
	return true
}

// divideRest is divide for lists that begin and end with other elements.
func (x *division) divideRest(a, b []int32, at commonElement) bool {
	switch {
	case len(a) == 0 || len(b) == 0:
		return max(len(a), len(b)) <= mostRounds
	case len(a) <= fewCells/len(b):
		for _, c := range interrupt.Each(x.stop, longestCommon(x.stop, a, b)) {
			x.common = append(x.common, commonElement{at.current + c.current, at.wanted + c.wanted})
		}
		return true
	}
	middle, found := x.middle(a, b)
	if !found || x.stop.Err() != nil {
		return false
	}
	return x.divide(a[:middle.current], b[:middle.wanted], at) &&
		x.divide(a[middle.current:], b[middle.wanted:], commonElement{at.current + middle.current, at.wanted + middle.wanted})
}

// middle returns a point in the middle of a shortest way.
func (x *division) middle(a, b []int32) (commonElement, bool) {
	for i := range interrupt.Each(x.stop, x.forward) {
		x.forward[i], x.backward[i] = -1, -1
	}
	n, m := len(a), len(b)
	delta, most := n-m, len(x.forward)/2
	for edits := 0; edits <= mostEdits && !x.stop.Stopped(); edits++ {
		for k := -edits; k <= edits && !x.stop.Stopped(); k += 2 {
			i := reach(x.forward[most+k-1:], edits, n, m, k)
			for i >= 0 && i < n && i-k < m && a[i] == b[i-k] && !x.stop.Stopped() {
				i++
			}
			x.forward[most+k] = int32(i)
			// From the other end, one step less has been done: together it is an odd number.
			if other := delta - k; delta&1 != 0 && -edits < other && other < edits && meet(i, x.backward[most+other], n) {
				return commonElement{i, i - k}, true
			}
		}
		for k := -edits; k <= edits && !x.stop.Stopped(); k += 2 {
			i := reach(x.backward[most+k-1:], edits, n, m, k)
			for i >= 0 && i < n && i-k < m && a[n-1-i] == b[m-1-i+k] && !x.stop.Stopped() {
				i++
			}
			x.backward[most+k] = int32(i)
			if other := delta - k; delta&1 == 0 && -edits <= other && other <= edits && meet(i, x.forward[most+other], n) {
				return commonElement{n - i, m - i + k}, true
			}
		}
	}
	return commonElement{}, false
}

// meet tells whether what was reached from both ends, on one diagonal, covers the first list.
func meet(i int, other int32, n int) bool { return i >= 0 && other >= 0 && i+int(other) >= n }

// reach returns how far on diagonal k one gets with a step from its neighbors, of which around begins with the lower
// one; -1 if that leads beyond the lists.
func reach(around []int32, edits, n, m, k int) int {
	if edits == 0 {
		return 0
	}
	best := -1
	if below := int(around[0]); below >= 0 && below < n {
		best = below + 1
	}
	if above := int(around[2]); above > best && above-k <= m {
		best = above
	}
	return best
}
