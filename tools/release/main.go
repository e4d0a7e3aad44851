// Command release prints the software bill of materials of a Go binary, in CycloneDX's JSON:
//
//	go run . -name planner-server -version v1.2.3 -time 2026-01-02T03:04:05Z planner-server
//
// What it says, it has from the binary itself: the modules that were linked into it, and how it was built. The same
// binary, version and time give the same bytes, so that there is no serial number, and the time is that of the
// commit and not of the build.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	name := flags.String("name", "", "`NAME` of the program")
	version := flags.String("version", "", "`VERSION` of the program")
	at := flags.String("time", "", "`TIME` of the commit that it was built from, as in RFC 3339")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *name == "" || *version == "" || flags.NArg() != 1 {
		return fmt.Errorf("want -name, -version, -time and the path of a binary")
	}
	committed, err := time.Parse(time.RFC3339, *at)
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	bom, err := describe(flags.Arg(0), *name, *version, committed)
	if err != nil {
		return err
	}
	return cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
}
