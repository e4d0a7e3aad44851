// Package testkit is what the tests of several packages need: once, instead of in each of them. Nothing that ships
// imports it.
package testkit

import "testing"

// Classes counts what a property has seen, by the name of its class, so that none passes on nothing.
type Classes map[string]int

// Count counts one example of the class, if it was seen.
func (c Classes) Count(class string, seen bool) {
	if seen {
		c[class]++
	}
}

// Require fails unless each of the classes was seen.
func (c Classes) Require(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if c[name] == 0 {
			t.Errorf("no example of %q was tried; tried were %v", name, c)
		}
	}
}
