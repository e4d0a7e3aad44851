package simulation

import "math/rand/v2"

// tape is the choices of a schedule, in the order in which they were made. The same tape gives the same
// schedule again, and a tape with more zeros a duller one: every choice is made so that 0 is the dullest.
type tape struct {
	choices []byte
	next    int
	// random makes the choices that are not on the tape; without it they are 0.
	random *rand.Rand
}

func randomTape(seed uint64) *tape { return &tape{random: rand.New(rand.NewPCG(seed, seed>>32))} }

// pick makes a choice between 0 and n-1. n must not be above 256.
func (t *tape) pick(n int) int {
	if n <= 1 {
		return 0
	}
	if t.next == len(t.choices) {
		choice := 0
		if t.random != nil {
			choice = int(t.random.Uint32N(uint32(n)))
		}
		t.choices = append(t.choices, byte(choice))
	}
	choice := int(t.choices[t.next]) % n
	t.next++
	return choice
}

// oneIn is true once in n times, and never on a dull tape.
func (t *tape) oneIn(n int) bool { return t.pick(n) == n-1 }

// shrink returns choices that are as short and dull as it can make them, and for which fails is still true.
func shrink(choices []byte, fails func([]byte) bool) []byte {
	try := func(candidate []byte) bool {
		if !fails(candidate) {
			return false
		}
		choices = candidate
		return true
	}
	for size := len(choices); size > 0; size /= 2 {
		for again := true; again; {
			again = false
			for at := len(choices) - size; at >= 0; at -= size {
				at := min(at, len(choices)-size)
				if at < 0 {
					break
				}
				cut := append(append([]byte{}, choices[:at]...), choices[at+size:]...)
				if try(cut) {
					again = true
					continue
				}
				dull := append([]byte{}, choices...)
				clear(dull[at : at+size])
				if string(dull) != string(choices) && try(dull) {
					again = true
				}
			}
		}
	}
	for at := range choices {
		for choices[at] > 0 {
			lower := append([]byte{}, choices...)
			lower[at]--
			if !try(lower) {
				break
			}
		}
	}
	return choices
}
