package jsontext

import "strconv"

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

	common, found := d.commonElements(have, want)
	if !found {
		d.emit("replace", wanted)
		return
	}
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
