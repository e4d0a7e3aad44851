package polls

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Source is what the source of a package has of loops and polls.
type Source struct {
	// Polls are all polls, in order.
	Polls []Place
	// Unpolled are the loops without a poll in each round, by the name of their function: one in a loop inside does not
	// count, but what a function of the package does that is called. A loop is also what a function of package slices does
	// with a function.
	Unpolled map[string][]string
	// polling are the functions that poll, by name.
	polling map[string]bool
}

// Place is where a poll is: file and line, and function.
type Place struct{ Position, Function string }

// Inspect reads the source, but not the tests, of the package whose tests are running.
func Inspect(t *testing.T) *Source {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	source := &Source{Unpolled: map[string][]string{}, polling: map[string]bool{}}
	files, functions := token.NewFileSet(), []*ast.FuncDecl(nil)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				functions = append(functions, f)
			}
		}
	}
	source.findPolling(functions)
	for _, f := range functions {
		source.add(files, f)
	}
	return source
}

// CheckLoops reads the source: whatever loops, polls in each round, itself and not only in a loop inside, but for the
// given loops.
func CheckLoops(t *testing.T, short map[string]Short) {
	t.Helper()
	found := Inspect(t).Unpolled
	for name, loops := range found {
		if len(loops) != short[name].Loops {
			t.Errorf("%s has %d loops without a poll, not %d: %v", name, len(loops), short[name].Loops, loops)
		}
	}
	for name, s := range short {
		if len(found[name]) == 0 || s.Bound == "" {
			t.Errorf("%s has no loop without a poll, or no bound", name)
		}
	}
}

// Short are the loops of a function that need no poll.
type Short struct {
	Loops int
	// Bound is the most that they go over, and why it is no more.
	Bound string
}

// findPolling finds the functions that poll whenever they are called.
func (s *Source) findPolling(functions []*ast.FuncDecl) {
	for before := -1; before < len(s.polling); {
		before = len(s.polling)
		silent := map[string]bool{} // also of those of one name, only one polls
		for _, f := range functions {
			if !s.hasPoll([]ast.Node{f.Body}) {
				silent[f.Name.Name] = true
			}
		}
		for _, f := range functions {
			if !silent[f.Name.Name] {
				s.polling[f.Name.Name] = true
			}
		}
	}
}

func (s *Source) add(files *token.FileSet, f *ast.FuncDecl) {
	ast.Inspect(f, func(n ast.Node) bool {
		position := func() string {
			at := files.Position(n.Pos())
			return fmt.Sprintf("%s:%d", at.Filename, at.Line)
		}
		if isPoll(n) {
			s.Polls = append(s.Polls, Place{position(), f.Name.Name})
		}
		if round := roundOf(n); round != nil && !s.hasPoll(round) {
			s.Unpolled[f.Name.Name] = append(s.Unpolled[f.Name.Name], position())
		}
		return true
	})
}

// roundOf is what a loop does again and again; nil if it is none.
func roundOf(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.ForStmt:
		return []ast.Node{n.Cond, n.Post, n.Body}
	case *ast.RangeStmt:
		return []ast.Node{n.X, n.Body} // what is ranged over may poll at each element
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.SelectorExpr)
		if ok && fmt.Sprint(f.X) == "slices" && strings.HasSuffix(f.Sel.Name, "Func") {
			return []ast.Node{n.Args[len(n.Args)-1]}
		}
	}
	return nil
}

// hasPoll tells whether there is a poll, outside of loops inside.
func (s *Source) hasPoll(round []ast.Node) bool {
	found := false
	for _, part := range round {
		if part == nil {
			continue
		}
		ast.Inspect(part, func(n ast.Node) bool {
			found = found || isPoll(n) || s.callsPolling(n)
			return roundOf(n) == nil
		})
	}
	return found
}

// isPoll tells whether n polls, or calls what polls at each element.
func isPoll(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch f.Sel.Name {
	case "Stopped", "Spend":
		return true
	case "Each", "SortFunc", "Pieces":
		return fmt.Sprint(f.X) == "interrupt"
	case "All": // of a state
		return len(call.Args) == 1
	}
	return false
}

// callsPolling tells whether n calls a function of the package that polls.
func (s *Source) callsPolling(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return s.polling[f.Name]
	case *ast.SelectorExpr:
		return s.polling[f.Sel.Name]
	}
	return false
}
