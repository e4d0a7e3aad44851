package verify_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/verify"
)

// TestRulesAreDocumented shows that callers who get a rule's name find what it means.
func TestRulesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/planning.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rule := verify.Rule(1); rule.String() != "invalid"; rule++ {
		n++
		if !strings.Contains(string(text), "| `"+rule.String()+"` |") {
			t.Errorf("docs/planning.md does not have the rule %s", rule)
		}
	}
	if n < 20 {
		t.Errorf("only %d rules were looked for", n)
	}
}
