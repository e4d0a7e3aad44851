package jsontext

import "strconv"

// maxCells bounds the tables of common subsequences of one comparison. Arrays that would need more are
// compared element by element, beyond what they have in common at both ends.
const maxCells = 1 << 20

// elements compares two arrays of which nothing is ignored.
func (d *differ) elements(current, wanted *node) {
	have, want := d.current.children(current), d.wanted.children(wanted)
	head := 0
	for head < min(len(have), len(want)) && d.equal(&have[head], &want[head]) && !d.stop.Stopped() {
		head++
	}
	have, want = have[head:], want[head:]
	tail := 0
	for tail < min(len(have), len(want)) && d.equal(&have[len(have)-1-tail], &want[len(want)-1-tail]) && !d.stop.Stopped() {
		tail++
	}
	have, want = have[:len(have)-tail], want[:len(want)-tail]

	common := d.commonElements(have, want)
	if head+tail+len(common) == 0 {
		d.orReplace(wanted, func() { d.stretch(0, have, want) })
		return
	}
	i, j := 0, 0
	for _, k := range append(common, commonElement{len(have), len(want)}) {
		if d.stop.Stopped() {
			return
		}
		d.stretch(head+j, have[i:k.current], want[j:k.wanted])
		i, j = k.current+1, k.wanted+1
	}
}

// stretch turns the elements that are at the index into the wanted ones. Those that take each other's place
// are compared; the others come or go. Operations are made from front to back, so that what is in front of
// the index is as wanted already.
func (d *differ) stretch(index int, have, want []node) {
	both := min(len(have), len(want))
	for i := range both {
		d.at(index+i, func() {
			d.orReplace(&want[i], func() { d.value(&have[i], &want[i], nil) })
		})
	}
	for range have[both:] {
		d.at(index+both, func() { d.emit("remove", nil) })
	}
	for i := both; i < len(want); i++ {
		d.at(index+i, func() { d.emit("add", &want[i]) })
	}
}

// elementsByIndex compares two arrays in which places are ignored. Elements keep their index: it would mean
// nothing to ignore one of them otherwise.
func (d *differ) elementsByIndex(current, wanted *node, ignored *pointerSet) {
	have, want := d.current.children(current), d.wanted.children(wanted)
	// An ignored element without a counterpart need neither go nor come, unless one behind it must.
	stay, need := len(want), len(want)
	for stay < len(have) && ignored.element(stay).all() && !d.stop.Stopped() {
		stay++
	}
	for need > len(have) && ignored.element(need-1).all() && !d.stop.Stopped() {
		need--
	}
	for i := len(have); i < need && !d.stop.Stopped(); i++ {
		if ignored.element(i).all() {
			d.emit("replace", wanted) // since no operation may name the element
			return
		}
	}
	for i := range min(len(have), len(want)) {
		d.at(i, func() { d.value(&have[i], &want[i], ignored.element(i)) })
	}
	for range len(have) - stay {
		d.at(stay, func() { d.emit("remove", nil) })
	}
	for i := len(have); i < need; i++ {
		d.at(i, func() { d.emit("add", &want[i]) })
	}
}

// at runs a comparison of the elements at the index of two arrays, unless it was stopped: the rest is quick then.
func (d *differ) at(index int, compare func()) {
	if d.stop.Stopped() {
		return
	}
	length := len(d.path)
	d.path = strconv.AppendInt(append(d.path, '/'), int64(index), 10)
	compare()
	d.path = d.path[:length]
}

// commonElement is an element that two arrays have in common, by its index in both.
type commonElement struct{ current, wanted int }

// commonElements finds a longest common subsequence of elements of which neither the first nor the last ones are the
// same. It returns none where finding it would cost too much, which is correct as well.
func (d *differ) commonElements(have, want []node) []commonElement {
	if len(have)*len(want) <= 1 || len(have) > d.cells/len(want) {
		return nil
	}
	d.cells -= len(have) * len(want)
	numbers := make(map[string]int32, len(have)+len(want))
	return d.longestCommon(d.numberElements(d.current, have, numbers), d.numberElements(d.wanted, want, numbers))
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
func (d *differ) longestCommon(a, b []int32) []commonElement {
	// lengths[i*width+j] is the length of a longest common subsequence of a[i:] and b[j:].
	width := len(b) + 1
	lengths := make([]uint16, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		if d.stop.Spend(1 + width/bytesPerUnit) {
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
	for i, j := 0, 0; i < len(a) && j < len(b) && !d.stop.Stopped(); {
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
