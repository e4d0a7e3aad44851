// Command deploy checks what is in deploy/ as far as that is possible without the programs that read it.
// scripts/deploy-check.sh calls it.
//
//	deploy compose FILE                             refuses what is not in the compose specification; prints the project as JSON
//	deploy descriptors <buf.binpb >planner.binpb    adds the types of error details to a set of descriptors
//	deploy envoy -descriptors F -client F FILE...   refuses what is not in Envoy's API, and what does not fit the planner
//	deploy queries -metrics URL [-prometheus URL] FILE...  refuses dashboards and rules that ask for what the server does not expose
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{
		"compose": compose, "descriptors": descriptors, "envoy": envoy, "queries": queries,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: deploy compose | descriptors | envoy | queries")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

// problems collects all that is wrong, so that one run shows it.
type problems struct{ errs []error }

func (p *problems) add(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf(format, args...))
}

func (p *problems) err() error { return errors.Join(p.errs...) }
