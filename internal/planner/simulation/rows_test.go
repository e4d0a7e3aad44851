package simulation

import "math/bits"

// maxRows is how many rows a world has room for. Writers pause when it is used up.
const maxRows = 256

// noRow stands for a row where there is none.
const noRow = -1

// rowset is a set of rows.
type rowset [maxRows / 64]uint64

func (s *rowset) has(row int) bool { return s[row/64]&(1<<(row%64)) != 0 }

func (s *rowset) add(row int) { s[row/64] |= 1 << (row % 64) }

func (s rowset) and(other rowset) rowset {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

func (s rowset) or(other rowset) rowset {
	for i := range s {
		s[i] |= other[i]
	}
	return s
}

func (s rowset) minus(other rowset) rowset {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

func (s rowset) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// last returns the row with the latest commit timestamp, noRow if there is none.
func (s rowset) last() int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != 0 {
			return 64*i + bits.Len64(s[i]) - 1
		}
	}
	return noRow
}

// list returns the rows in the order of their commit timestamps.
func (s rowset) list() []int {
	rows := make([]int, 0, s.count())
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			rows = append(rows, 64*i+bits.TrailingZeros64(word))
		}
	}
	return rows
}

// half returns every second row, which is what a copy that broke half-way has brought.
func (s rowset) half() rowset {
	var half rowset
	for i, row := range s.list() {
		if i%2 == 0 {
			half.add(row)
		}
	}
	return half
}
