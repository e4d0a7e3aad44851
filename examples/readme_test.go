package examples_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestReadmeShowsTheFirstProgram: the Go code of the README is examples/first, which is compiled like all else.
func TestReadmeShowsTheFirstProgram(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("first/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "\n") // without its package comment
	if strings.Count(string(readme), "```go\n") != 1 || !strings.Contains(string(readme), "```go\n"+code+"```\n") {
		t.Error("the README does not show examples/first/main.go as it is")
	}
}

// TestTheFirstProgramRuns against the real server.
func TestTheFirstProgramRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the server")
	}
	program := build(t, "./first")
	printed := string(output(t, exec.Command(program, startServer(t))))
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	first, last := lines[0], lines[len(lines)-1]
	if first != "0 0 EVENT_TYPE_CREATE database.instance n1-a" || !strings.HasPrefix(last, "12 to create, digest ") || len(lines) != 13 {
		t.Errorf("printed\n%s", printed)
	}
	if out, err := exec.Command(program, "127.0.0.1:1").CombinedOutput(); err == nil || !strings.Contains(string(out), "nnect") {
		t.Errorf("without a server: %v\n%s", err, out)
	}
}
