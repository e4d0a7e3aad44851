// Package testkit is what the tests of several packages need: once, instead of in each of them. Nothing that ships
// imports it.
package testkit

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Classes counts what a property has seen, by the name of its class, so that none passes on nothing. One goroutine at
// a time may use it.
type Classes map[string]int

// Add counts one example of the class.
func (c Classes) Add(class string) { c[class]++ }

// Count counts one example of the class, if it was seen.
func (c Classes) Count(class string, seen bool) {
	if seen {
		c[class]++
	}
}

// Merge adds what others have counted.
func (c Classes) Merge(others Classes) {
	for class, n := range others {
		c[class] += n
	}
}

// Require fails unless each of the classes was seen, and logs what was.
func (c Classes) Require(t *testing.T, names ...string) {
	t.Helper()
	c.RequireMany(t, 1, names...)
}

// RequireMany fails unless each of the classes was seen so often, and logs what was.
func (c Classes) RequireMany(t *testing.T, least int, names ...string) {
	t.Helper()
	for _, name := range names {
		if c[name] < least {
			t.Errorf("%d examples of %q were tried, want %d", c[name], name, least)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		t.Logf("%6d %s", c[name], name)
	}
}

// Check checks a property in so many rounds of examples, and in up to 50 times as many until each of the classes was
// seen: which ones a round meets is left to chance. Then it requires them.
func (c Classes) Check(t *testing.T, rounds int, property func(*rapid.T), names ...string) {
	t.Helper()
	c.CheckMany(t, rounds, 1, property, names...)
}

// CheckMany is Check until each of the classes was seen so often.
func (c Classes) CheckMany(t *testing.T, rounds, least int, property func(*rapid.T), names ...string) {
	t.Helper()
	missing := func(name string) bool { return c[name] < least }
	for round := 0; round < rounds || round < 50*rounds && slices.ContainsFunc(names, missing); round++ {
		if rapid.Check(t, property); t.Failed() {
			return
		}
	}
	c.RequireMany(t, least, names...)
}
