package request

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxViolations is how many violations an InvalidRequestError keeps.
const maxViolations = 100

// Violation is one thing that is wrong with the form of a request.
type Violation struct {
	// Field is the path of the field in the request, in the names of the .proto files, with indexes from 0:
	// nodes[1].instance_resources[0].instance.spec.instance_id. Empty means the request as a whole.
	Field string
	// Description says what is wrong and what to do about it. It holds names and ids, never the value of an
	// attribute, a setting, a script or a restore option.
	Description string
}

// String prints the violation in one line.
func (v Violation) String() string { return v.Field + ": " + v.Description }

// InvalidRequestError says that a request is malformed. Its text names the first violations only.
type InvalidRequestError struct {
	// Violations are in the order of the request; there is at least one. After the first 100 they are only
	// counted.
	Violations []Violation
	// Total counts all violations, those that are not listed included.
	Total int
}

func (e *InvalidRequestError) Error() string {
	const shown = 3
	var b strings.Builder
	b.WriteString("invalid request: ")
	for i, v := range e.Violations[:min(shown, len(e.Violations))] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(v.String())
	}
	if more := e.Total - shown; more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

// path is a place in a request: a field, or with an index an element of a repeated field. Paths live on the
// stack while the request is walked, and become text only when there is a violation. A nil path is the
// request itself.
type path struct {
	parent *path
	field  string
	index  int
}

// noIndex is the index of a path that names a whole field.
const noIndex = -1

// at is the field of that name below p.
func at(p *path, field string) path { return path{parent: p, field: field, index: noIndex} }

// element is one element of the repeated field of that name below p.
func element(p *path, field string, index int) path {
	return path{parent: p, field: field, index: index}
}

func (p *path) appendTo(text []byte) []byte {
	if p == nil {
		return text
	}
	text = p.parent.appendTo(text)
	if len(text) > 0 {
		text = append(text, '.')
	}
	text = append(text, p.field...)
	if p.index != noIndex {
		text = append(text, '[')
		text = strconv.AppendInt(text, int64(p.index), 10)
		text = append(text, ']')
	}
	return text
}

// String prints the path as a Violation shows it.
func (p *path) String() string { return string(p.appendTo(nil)) }

// violations collects what is wrong with one request.
type violations struct {
	listed []Violation
	total  int
}

// add notes a violation at p, or if field is not empty, at the field of that name below p. What is quoted
// in the description goes through shorten.
func (v *violations) add(p *path, field, format string, args ...any) {
	v.total++
	if len(v.listed) == maxViolations {
		return
	}
	where := p
	if field != "" {
		below := at(p, field)
		where = &below
	}
	v.listed = append(v.listed, Violation{Field: where.String(), Description: fmt.Sprintf(format, args...)})
}

// err returns an *InvalidRequestError if there was any violation.
func (v *violations) err() error {
	if v.total == 0 {
		return nil
	}
	return &InvalidRequestError{Violations: v.listed, Total: v.total}
}

// shorten makes a name from a request short enough to be quoted in a description.
func shorten[T ~string](name T) string {
	const longest = 128
	if len(name) <= longest {
		return string(name)
	}
	end := longest
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return string(name[:end]) + "..."
}
