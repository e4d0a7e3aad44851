package planner_test

import (
	"errors"
	"fmt"
	"strings"
)

// printError writes an error, or each of those that it joins, with its type.
func printError(err error) string {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var b strings.Builder
		for _, e := range joined.Unwrap() {
			b.WriteString(printError(e))
		}
		return b.String()
	}
	return fmt.Sprintf("%s:\n  %s\n", strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), err)
}

// diffLines shows which lines are missing (-) and which are too much (+), with those around them.
func diffLines(want, got string) string {
	a, b := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	// longest[i][j] is how many lines a[i:] and b[j:] have in common at most, in order.
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if longest[i][j] = max(longest[i+1][j], longest[i][j+1]); a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out.WriteString("  " + a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			out.WriteString("- " + a[i])
			i++
		default:
			out.WriteString("+ " + b[j])
			j++
		}
	}
	return out.String()
}
