package simulation

import "math/bits"

// maxCommits is how many commits a world has room for. Writers pause when it is used up.
const maxCommits = 256

// noCommit stands for a commit where there is none.
const noCommit = -1

// rowset is a set of commits: mostly of those that insert a row, and so of the rows.
type rowset [maxCommits / 64]uint64

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

// last returns the latest commit, noCommit if there is none.
func (s rowset) last() int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != 0 {
			return 64*i + bits.Len64(s[i]) - 1
		}
	}
	return noCommit
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
