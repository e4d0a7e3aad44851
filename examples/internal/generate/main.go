// Command generate writes the example requests in examples/. They are one story: a database is created, and
// then changed again and again. The start state of each request is what executing the plans of the one
// before leaves behind, so that nothing in it is made by hand.
//
//	go run ./examples/internal/generate
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("examples"); err != nil {
		fmt.Fprintf(os.Stderr, "generate: %v\n", err)
		os.Exit(1)
	}
}

// run writes all examples into a directory, which has to be there.
func run(directory string) error {
	examples, err := generate()
	if err != nil {
		return err
	}
	for _, e := range examples {
		if err := os.WriteFile(filepath.Join(directory, e.file), e.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
