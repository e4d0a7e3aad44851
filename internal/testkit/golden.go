package testkit

import (
	"flag"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata anew; commit only changes that you can explain")

// Rewrite writes a file of testdata anew, if the flag -rewrite asks for that, and tells whether it did.
func Rewrite(t *testing.T, path, text string) bool {
	t.Helper()
	if !*rewrite {
		return false
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}

// Golden compares a text with a file of testdata, or writes that anew.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if Rewrite(t, path, got) {
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (rewrite with -rewrite)\n got:\n%s\nwant:\n%s", path, got, want)
	}
}
