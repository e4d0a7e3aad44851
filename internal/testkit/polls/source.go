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
	// count. A loop is also what a function of package slices does with a function.
	Unpolled map[string][]string
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
	source := &Source{Unpolled: map[string][]string{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				source.add(files, f)
			}
		}
	}
	return source
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
		if round := roundOf(n); round != nil && !hasPoll(round) {
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
func hasPoll(round []ast.Node) bool {
	found := false
	for _, part := range round {
		if part == nil {
			continue
		}
		ast.Inspect(part, func(n ast.Node) bool {
			found = found || isPoll(n)
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
	case "Each", "SortFunc":
		return fmt.Sprint(f.X) == "interrupt"
	case "All": // of a state
		return len(call.Args) == 1
	}
	return false
}
