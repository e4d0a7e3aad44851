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
	out := resource.Event{Type: r.eventType(p, in.GetType())}
	q := at(p, "resource")
	out.Resource = r.resources.One()
	switch {
	case in.GetResource() == nil:
		r.add(&q, "", "is required")
	case out.Type == resource.EventDelete:
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
	out := resource.Event{
		Type:     r.eventType(p, in.GetType()),
		Resource: r.resources.One(),
	}
	q := at(p, "resource")
	if in.GetResource() == nil {
		r.add(&q, "", "is required")
	} else {
		r.resource(&q, in.GetResource(), out.Resource, desired)
	}
	out.Reason = r.eventReason(p, in.GetReason())
	if diff := in.GetDiff(); len(diff) > 0 {
		out.Diff = make([]jsontext.Operation, len(diff))
		for i, from := range interrupt.Each(r.Stop, diff) {
			d := element(p, "diff", i)
			out.Diff[i] = r.operation(&d, from)
		}
	}
	out.CausedBy = r.identifiers.Take(len(in.GetCausedBy()))
	for i, from := range interrupt.Each(r.Stop, in.GetCausedBy()) {
		c := element(p, "caused_by", i)
		r.identifierAt(&c, from, &out.CausedBy[i])
	}
	out.CausedByTypes = r.typeNames(p, "caused_by_types", in.GetCausedByTypes(), nil)
	return out
}

func (r *reader) eventType(p *path, in plannerv1.EventType) resource.EventType {
	t, ok := convert.EventTypes.FromProto(in)
	switch {
	case in == plannerv1.EventType_EVENT_TYPE_FORGET:
		r.add(p, "type", "%s is not available yet", in)
	case !ok:
		r.add(p, "type", "unknown value %d", in)
	case t == 0:
		r.add(p, "type", "is required")
	}
	return t
}

func (r *reader) eventReason(p *path, in plannerv1.EventReason) resource.EventReason {
	reason, ok := convert.EventReasons.FromProto(in)
	switch {
	case ok:
	case in == plannerv1.EventReason_EVENT_REASON_HOST_LOST:
		r.add(p, "reason", "%s is not available yet", in)
	default:
		r.add(p, "reason", "unknown value %d", in)
	}
	return reason
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
