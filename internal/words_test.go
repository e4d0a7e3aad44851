// Package internal_test looks at the code of all packages.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// word is a word, or several in a row, that name one thing only, wherever it stands in a name, as one or as many. Other forms
// of it are words of their own.
type word struct {
	word string
	// packages may use it, by their folder; none: nobody may.
	packages []string
	// means is the one thing, or what to say instead.
	means string
}

var words = []word{
	{"settled", []string{"internal/database", "internal/planner", "internal/verify"}, "a subscription that replicates and has nothing to copy"},
	{"settle", nil, "what is settled, and by what: decided, placed, found out"},
	{"in order", nil, "the order: sorted, by layer, done one after the other"},
	{"step", []string{"internal/resource"}, "the way from one state to the next"},
	{"stage", []string{"internal/server"}, "a part of a call that is timed"},
	{"room", []string{"internal/server", "internal/server/admission"}, "what a message of an answer takes while it is on its way"},
	{"scratch", []string{"internal/convert/response", "internal/slab"}, "memory to work in that is used again"},
	{"membership", []string{"internal/planner"}, "where each wanted node stands"},
	{"wish", []string{"client", "examples/clients/go"}, "a question that is asked until nothing is left to do"},
	{"constraint", []string{"internal/resource"}, "an order that is no dependency of any state"},
	{"planning", []string{"internal/verify"}, "the second planning of a rule; else say what is planned"},
	{"keep", nil, "what is kept, and for what"},
	{"kept", []string{"internal/planner", "internal/server"}, "a node that stays beside those that are restored"},
	{"standing", nil, "membership"},
	{"roster", nil, "membership"},
	{"wished", nil, "desired"},
	{"wishes", nil, "desired"},
	{"converted", nil, "what it is: a call, a message"},
	{"decoded", nil, "what it is: a message, a text"},
	{"planned", []string{"internal/verify"}, "the name of a rule; else what it is: a plan, a proposal, an event"},
	{"gap", []string{"internal/verify"}, "what a joining node's data lacks"},
	{
		"place",
		[]string{"internal/server/admission", "internal/verify"},
		"where a request is worked on; in verify, where in the plans something stands",
	},
	{"share", []string{"internal/server", "internal/server/admission"}, "what one call has taken of what all have"},
	{"link", []string{"internal/database", "internal/planner", "internal/verify"}, "from a provider to a subscriber"},
	{"member", []string{
		"internal/convert", "internal/convert/request", "internal/convert/response", "internal/database", "internal/jsontext",
		"internal/planner", "internal/server", "internal/verify", "internal/wire",
	}, "of a JSON object, a name and a value; in planner, server and verify, a node that is no longer joining"},
}

// TestOneWordOneThing finds words of the list above where they would name a second thing.
func TestOneWordOneThing(t *testing.T) {
	used := map[string]bool{}
	for place, names := range declared(t, "..") {
		folder := filepath.ToSlash(filepath.Dir(place))
		for name := range names {
			for _, w := range words {
				if !says(name, w.word) {
					continue
				}
				used[w.word+" "+folder] = true
				if !slices.Contains(w.packages, folder) {
					t.Errorf("%s: %s: %q is for %q", place, name, w.word, w.means)
				}
			}
		}
	}
	for _, w := range words {
		for _, folder := range w.packages {
			if !used[w.word+" "+folder] {
				t.Errorf("%s does not use the word %q: take it out of the list", folder, w.word)
			}
		}
	}
}

// TestEveryPackageHasAGlossary: the comment of a package with more than one file says what its words mean.
func TestEveryPackageHasAGlossary(t *testing.T) {
	files := map[string][]string{}
	for _, path := range sources(t, ".") {
		files[filepath.Dir(path)] = append(files[filepath.Dir(path)], path)
	}
	for folder, paths := range files {
		comment := ""
		for _, path := range paths {
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			comment += parsed.Doc.Text()
		}
		switch {
		case comment == "":
			t.Errorf("%s has no package comment", folder)
		case len(paths) > 1 && !strings.Contains(comment, "\n\t") && !strings.Contains(comment, "# Words"):
			t.Errorf("the comment of package %s explains no words", folder)
		}
	}
}

// says tells whether a name has the word among its own, or its plural: inOrder in isInOrder, but not in admin.
func says(name, word string) bool {
	lower := " " + strings.ToLower(strings.Join(split(name), " ")) + " "
	return strings.Contains(lower, " "+word+" ") || strings.Contains(lower, " "+word+"s ")
}

// split returns the words of a name in camel case.
func split(name string) []string {
	var found []string
	start := 0
	runes := []rune(name)
	for i := range runes {
		begins := i > start && unicode.IsUpper(runes[i]) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins || runes[i] == '_' {
			found = append(found, string(runes[start:i]))
			start = i
		}
	}
	return append(found, string(runes[start:]))
}

// declared returns what each source file below the root, by its path there, declares.
func declared(t *testing.T, root string) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	for _, path := range sources(t, root) {
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = true
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.ValueSpec:
				add(names, n.Names...)
			case *ast.Field: // parameters and results too
				add(names, n.Names...)
			case *ast.AssignStmt:
				if n.Tok == token.DEFINE {
					add(names, n.Lhs...)
				}
			case *ast.RangeStmt:
				if n.Tok == token.DEFINE {
					add(names, n.Key, n.Value)
				}
			}
			return true
		})
		relative, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		all[relative] = names
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found: %v", len(all), slices.Sorted(maps.Keys(all)))
	}
	return all
}

// add adds those that are names, of any variables.
func add[E ast.Expr](names map[string]bool, variables ...E) {
	for _, v := range variables {
		if id, ok := ast.Expr(v).(*ast.Ident); ok {
			names[id.Name] = true
		}
	}
}

// sources are the Go files below a folder that ship: no tests, and nothing that is generated.
func sources(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && slices.Contains([]string{"gen", "tools", "testkit", ".git", "testdata"}, entry.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNamesAreSplitIntoWords(t *testing.T) {
	for name, want := range map[string]string{
		"isInOrder": "is In Order", "URLPath": "URL Path", "walID": "wal ID", "x": "x", "stepSeconds": "step Seconds",
	} {
		if got := strings.Join(split(name), " "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if !says("isInOrder", "in order") || says("admission", "mission") || says("stepping", "step") {
		t.Error("words are whole words")
	}
}
