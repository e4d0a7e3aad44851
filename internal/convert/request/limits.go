package request

import (
	"cmp"
	"fmt"

	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
)

// Limits bound what is converted. The zero value of each means that there is none, but for MaxJSONDepth, which
// then is jsontext.DefaultDepth.
type Limits struct {
	// MaxResources is how many resources a request may hold, in all of its states, lists and events together.
	MaxResources int
	// MaxNodes is how many nodes a request may name: those to keep, to add, to restore and those that exist.
	MaxNodes int
	// MaxJSONDepth is how deeply attributes, settings and other JSON may be nested, in either form.
	MaxJSONDepth int
	// MaxAttributeBytes is how long one piece of JSON may be, as JSON text.
	MaxAttributeBytes int
}

// Converter converts requests within limits. The zero value has the default limits. It keeps nothing. With Texts or Stop it
// is for one request, otherwise for any number, by several goroutines.
type Converter struct {
	Limits Limits
	// Counted, if not nil, is called once for each request that is within the limits, before it returns: with
	// how many resources and nodes it holds.
	Counted func(resources, nodes int)
	// Texts are those of Structs of the request that are empty, as wire.Unmarshal returns them.
	Texts convert.StructTexts
	// Stop ends the conversion with interrupt.ErrInterrupted; nil never does.
	Stop *interrupt.Poller
}

// TooManyError says that a request holds more of something than the limits allow. The request has not been
// looked at beyond that.
type TooManyError struct {
	// What is "resources" or "nodes".
	What string
	// Count is how many were found until counting was given up.
	Count, Limit int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the request has at least %d %s, the server takes %d", e.Count, e.What, e.Limit)
}

// What TooManyError counts.
const (
	Resources = "resources"
	Nodes     = "nodes"
)

// countResources tells whether that many more resources are within the limit.
func (r *reader) countResources(n int) bool {
	r.resourceCount += n
	return r.within(Resources, r.resourceCount, r.Limits.MaxResources)
}

// countNodes is countResources for nodes.
func (r *reader) countNodes(n int) bool {
	r.nodeCount += n
	return r.within(Nodes, r.nodeCount, r.Limits.MaxNodes)
}

func (r *reader) within(what string, count, limit int) bool {
	if limit > 0 && count > limit && r.tooMany == nil {
		r.tooMany = &TooManyError{What: what, Count: count, Limit: limit}
	}
	return r.tooMany == nil
}

// depth is how deeply JSON may be nested.
func (r *reader) depth() int {
	return cmp.Or(r.Limits.MaxJSONDepth, jsontext.DefaultDepth)
}

// jsonLimits are what a JSON text of the request is checked with.
func (r *reader) jsonLimits() jsontext.Limits {
	return jsontext.Limits{MaxDepth: r.depth(), Stop: r.Stop}
}

// checkLength notes a violation if the JSON text is too long.
func (r *reader) checkLength(p *path, field string, text []byte) bool {
	limit := r.Limits.MaxAttributeBytes
	if limit == 0 || len(text) <= limit {
		return true
	}
	r.add(p, field, "has %d bytes as JSON, the server takes %d", len(text), limit)
	return false
}
