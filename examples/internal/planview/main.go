// Command planview prints the answer of the planner so that a person can follow it. It reads what grpcurl
// prints, a sequence of JSON messages, from standard input:
//
//	grpcurl -plaintext -d @ 127.0.0.1:7070 planner.v1.PlannerService/UpdateDatabase \
//	  < examples/add-node.json | go run ./examples/internal/planview
//
// Any rpc that streams plans will do. Attributes may hold secrets: of a change only operation and path are
// printed, never a value.
//
// A stream that does not end with its summary, or does not agree with it, is incomplete: nothing of it is
// printed, and the exit code is 1.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "planview: %v\n", err)
		os.Exit(1)
	}
}

// run prints the stream that it reads, or nothing of it.
func run(in io.Reader, out io.Writer) error {
	answer, err := read(in)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, describe(answer))
	return err
}
