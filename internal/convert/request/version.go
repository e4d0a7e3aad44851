package request

import (
	"fmt"
	"strconv"

	"github.com/pgplanner/pgplanner/internal/convert"
)

// StateTooNewError says that a state was written by a later version of the catalog.
type StateTooNewError struct {
	// Field is the path of the version in the request.
	Field string
	// Version is the number of that version.
	Version uint64
}

func (e *StateTooNewError) Error() string {
	return fmt.Sprintf("%s is %d: a later release wrote this state, and this one knows version %s only: plan with that release",
		e.Field, e.Version, convert.CatalogVersion)
}

// version checks the version of a state.
func (r *reader) version(p *path, version string) {
	if version == "" || version == convert.CatalogVersion {
		return
	}
	number, err := strconv.ParseUint(version, 10, 64)
	if err == nil && number > 1 && strconv.FormatUint(number, 10) == version {
		if r.tooNew == nil {
			field := at(p, "version")
			r.tooNew = &StateTooNewError{Field: field.String(), Version: number}
		}
		return
	}
	r.add(p, "version", "this planner knows version %q only", convert.CatalogVersion)
}
