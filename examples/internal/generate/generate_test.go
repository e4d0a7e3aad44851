package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const directory = "../.."

// TestExamplesAreUpToDate compares the files with what the generator makes now: a change of the planner or
// of the shape of the example database must not leave states behind that nothing can produce.
func TestExamplesAreUpToDate(t *testing.T) {
	examples, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range examples {
		known[e.file] = true
		text, err := os.ReadFile(filepath.Join(directory, e.file))
		if err != nil || !bytes.Equal(text, e.text) {
			t.Errorf("%s is not up to date (%v): run go run ./examples/internal/generate", e.file, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("%s is not generated", file)
		}
	}
}

func TestGeneratingTwiceGivesTheSame(t *testing.T) {
	first, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i].file != second[i].file || !bytes.Equal(first[i].text, second[i].text) {
			t.Errorf("%s differs", first[i].file)
		}
	}
}

func TestRunWritesAllFiles(t *testing.T) {
	temporary := t.TempDir()
	if err := run(temporary); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(temporary)
	if err != nil || len(files) != 12 {
		t.Errorf("%d files, %v", len(files), err)
	}
	if err := run(filepath.Join(temporary, "missing")); err == nil {
		t.Error("no error for a directory that is not there")
	}
}
