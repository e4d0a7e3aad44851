package request

import (
	"cmp"
	"fmt"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// reader converts one request and collects its violations. Where something is wrong, the value that it
// returns is only good for going on to look for more.
type reader struct {
	Converter

	violations
	forms   formTracker
	desired desiredResources
	names   requestNames
	// lost are the hosts on which nothing may be wanted, as the options of the request say.
	lost map[string]bool

	resources   slab.Slab[resource.Resource]
	identifiers slab.Slab[resource.Identifier]
	types       slab.Slab[resource.Type]
	json        jsonWriter

	resourceCount, nodeCount int
	tooMany                  *TooManyError // of the limit that was exceeded first; what comes after is skipped
	tooNew                   *StateTooNewError
}

func (c Converter) reader() *reader {
	r := &reader{Converter: c}
	r.desired.byID, r.names.instances = map[resource.Identifier]*desiredResource{}, map[string]instanceUse{}
	r.json.depth, r.json.stop = r.depth(), c.Stop
	return r
}

// answering finishes a call that is answered as the options say. It comes last: how depends on the forms of all that came
// before.
func answering[Call any, To interface {
	*Call
	answerWith(convert.ResponseSettings)
}](r *reader, call To, options *plannerv1.ResponseOptions, generic bool) (*Call, error) {
	call.answerWith(r.responseSettings(options, generic))
	return finish(r, (*Call)(call))
}

// finish returns the call, or the error if it was stopped, or the request has violations or is beyond the limits.
func finish[T any](r *reader, call *T) (*T, error) {
	if err := r.Stop.Err(); err != nil {
		return nil, err
	}
	if r.tooMany != nil {
		return nil, r.tooMany
	}
	if r.tooNew != nil {
		return nil, r.tooNew // and what else looks wrong may be right in that version
	}
	if r.Counted != nil {
		r.Counted(r.resourceCount, r.nodeCount)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return call, nil
}

// require notes a violation if what is required, at p or in the field of that name below p, is not there.
func (r *reader) require(p *path, field string, there bool) bool {
	if !there {
		r.add(p, field, "is required")
	}
	return there
}

// enum converts a value of a closed set.
func enum[Domain comparable, Wire ~int32](r *reader, p *path, field string, set convert.Enum[Domain, Wire], in Wire) Domain {
	value, known := set.FromProto(in)
	if !known {
		r.add(p, field, "unknown value %d", in)
	}
	return value
}

// Limits of ResponseOptions.max_message_bytes, and what 0 means.
const (
	minMessageBytes     = 4 << 10
	maxMessageBytes     = 64 << 20
	defaultMessageBytes = 1 << 20
)

// spend counts the work on that many bytes, and tells whether to stop.
func (r *reader) spend(bytes int) bool { return r.Stop.Spend(1 + bytes/bytesPerUnit) }

// bytesPerUnit is how many bytes are looked at in about the time that a resource takes.
const bytesPerUnit = 256

func (r *reader) responseSettings(in *plannerv1.ResponseOptions, generic bool) convert.ResponseSettings {
	p := at(nil, "response_options")
	if f := in.GetAttributesFormat(); !convert.KnownFormat(f) {
		r.add(&p, "attributes_format", "unknown value %d", f)
	}
	size := in.GetMaxMessageBytes()
	switch {
	case size == 0:
		size = defaultMessageBytes
	case size < minMessageBytes || size > maxMessageBytes:
		r.add(&p, "max_message_bytes", "must be 0 (for the default of %d) or from %d to %d",
			defaultMessageBytes, minMessageBytes, maxMessageBytes)
	}
	return convert.ResponseSettings{
		Format:          r.forms.format(in.GetAttributesFormat()),
		MaxMessageBytes: int(size),
		StartDigest:     in.GetStartDigest(),
		Callers:         r.forms.callers(r.Stop, generic),
	}
}

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
