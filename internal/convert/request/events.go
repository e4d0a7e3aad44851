package request

import (
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// executedEvent converts what applying an event needs.
func (r *reader) executedEvent(p *path, in *plannerv1.Event) resource.Event {
	out := resource.Event{Type: r.eventType(p, in.GetType()), Resource: r.resources.One()}
	q := at(p, "resource")
	switch {
	case !r.require(&q, "", in.GetResource() != nil):
	case out.Type.Removes():
		r.identifier(&q, "identifier", in.GetResource().GetIdentifier(), &out.Resource.Identifier)
	default:
		r.resource(&q, in.GetResource(), out.Resource, desired)
	}
	r.eventReason(p, in.GetReason())
	for _, o := range interrupt.Each(r.Stop, in.GetDiff()) {
		r.forms.noteValue(o)
	}
	return out
}

// event converts all of an event.
func (r *reader) event(p *path, in *plannerv1.Event) resource.Event {
	out := resource.Event{Type: r.eventType(p, in.GetType()), Resource: r.resources.One()}
	q := at(p, "resource")
	if r.require(&q, "", in.GetResource() != nil) {
		r.resource(&q, in.GetResource(), out.Resource, desired)
	}
	out.Reason = r.eventReason(p, in.GetReason())
	out.Diff = list(r, p, "diff", in.GetDiff(), r.operation)
	out.CausedBy = r.identifiers.Take(len(in.GetCausedBy()))
	for i, from := range interrupt.Each(r.Stop, in.GetCausedBy()) {
		c := element(p, "caused_by", i)
		r.identifierAt(&c, from, &out.CausedBy[i])
	}
	out.CausedByTypes = r.typeNames(p, "caused_by_types", in.GetCausedByTypes(), nil)
	return out
}

func (r *reader) eventType(p *path, in plannerv1.EventType) resource.EventType {
	r.require(p, "type", in != plannerv1.EventType_EVENT_TYPE_UNSPECIFIED)
	return enum(r, p, "type", convert.EventTypes, in)
}

func (r *reader) eventReason(p *path, in plannerv1.EventReason) resource.EventReason {
	return enum(r, p, "reason", convert.EventReasons, in)
}

func (r *reader) operation(p *path, in *plannerv1.PatchOperation) jsontext.Operation {
	out := jsontext.Operation{Op: in.GetOp(), Path: in.GetPath(), From: in.GetFrom()}
	r.forms.noteValue(in)
	switch f := in.GetValueForm().(type) {
	case *plannerv1.PatchOperation_Value:
		text, err := r.json.value(f.Value)
		if err != nil {
			r.add(p, "value", "is no usable JSON: %v", err)
		}
		r.checkLength(p, "value", text)
		out.Value = text
	case *plannerv1.PatchOperation_ValueJson:
		out.Value = slab.BytesOf(f.ValueJson)
		if !r.checkLength(p, "value_json", out.Value) {
			break
		}
		if err := jsontext.Check(out.Value, r.jsonLimits()); err != nil {
			r.add(p, "value_json", "is no usable JSON: %v", err)
		}
	case nil:
	}
	return out
}

// noteValue counts the form of a diff's value.
func (t *formTracker) noteValue(in *plannerv1.PatchOperation) {
	switch in.GetValueForm().(type) {
	case *plannerv1.PatchOperation_Value:
		t.structs++
	case *plannerv1.PatchOperation_ValueJson:
		t.texts++
	case nil:
	}
}

// PlansFromProto converts whole plans, as for a client that got them in an answer. The index of a phase is its
// position. The error is an *InvalidRequestError, with paths that begin with plans.
func PlansFromProto(in []*plannerv1.Plan) ([]resource.Plan, error) {
	r := Converter{}.reader()
	plans := r.plans(in)
	return plans, r.err()
}

func (r *reader) plans(in []*plannerv1.Plan) []resource.Plan {
	return list(r, nil, "plans", in, func(p *path, from *plannerv1.Plan) resource.Plan {
		return resource.Plan{Phases: list(r, p, "phases", from.GetPhases(), r.phase)}
	})
}

func (r *reader) phase(p *path, in *plannerv1.Phase) resource.Phase {
	if int64(in.GetIndex()) != int64(p.index) {
		r.add(p, "index", "must be %d, the position of the phase in its plan", p.index)
	}
	return resource.Phase{Events: list(r, p, "events", in.GetEvents(), r.event)}
}
