package request

import (
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/slab"
)

// role is what a resource in a request is there for.
type role uint8

const (
	recorded    role = iota // in a state that says what is: any type, marks count
	desired                 // in a whole desired state of ResourceService: likewise
	surrounding             // around an instance or a service: no type of the catalog, marks are cleared
)

func (r *reader) state(parent *path, field string, in *plannerv1.State, as role) *resource.State {
	p := at(parent, field)
	return r.stateAt(&p, in, as)
}

// stateAt converts a state; nil is an empty one.
func (r *reader) stateAt(p *path, in *plannerv1.State, as role) *resource.State {
	r.version(p, in.GetVersion())
	list := in.GetResources()
	if !r.countResources(len(list)) {
		return resource.NewState()
	}
	state := resource.NewStateSize(len(list))
	all := make([]resource.Resource, len(list))
	for i, from := range interrupt.Each(r.Stop, list) {
		q := element(p, "resources", i)
		to := &all[i]
		if !r.resource(&q, from, to, as) {
			continue
		}
		before := state.Len()
		if state.Add(to); state.Len() == before {
			r.add(&q, "identifier", "%s is in this state more than once", shorten(to.Identifier.String()))
		}
	}
	return state
}

// resource converts one resource. It returns false if the identifier is not usable.
func (r *reader) resource(p *path, in *plannerv1.Resource, out *resource.Resource, as role) bool {
	named := r.identifier(p, "identifier", in.GetIdentifier(), &out.Identifier)
	q := at(p, "identifier")
	if as == surrounding && named && database.IsCatalogType(out.Identifier.Type) {
		r.add(&q, "type", "%s is reserved for resources that the planner makes", out.Identifier.Type)
	}
	r.plainIdentifier(&q, out.Identifier, as)
	r.executor(p, in.GetExecutor(), &out.Executor)
	if as == surrounding {
		q = at(p, "executor")
		r.plain(&q, "id", out.Executor.ID)
		if out.Executor.Type == resource.ExecutorHost {
			r.notLost(&q, "id", out.Executor.ID)
		}
	}
	switch f := in.GetAttributesForm().(type) {
	case *plannerv1.Resource_Attributes:
		out.Attributes = r.structObject(p, "attributes", f.Attributes)
		r.forms.structs++
		r.forms.note(out, convert.FormStruct, as != recorded)
	case *plannerv1.Resource_AttributesJson:
		out.Attributes = r.textObject(p, "attributes_json", f.AttributesJson)
		r.forms.texts++
		r.forms.note(out, convert.FormText, as != recorded)
	case nil:
	}
	out.Dependencies = r.dependencies(p, in.GetDependencies(), out.Identifier, as)
	r.typeDependencies(p, in.GetTypeDependencies(), out, as)
	out.DiffIgnore = in.GetDiffIgnore()
	for i, pointer := range out.DiffIgnore {
		if r.spend(len(pointer)) {
			break
		}
		if !jsontext.ValidPointer(r.Stop, pointer) {
			q := element(p, "diff_ignore", i)
			r.add(&q, "", "is no JSON pointer: each part of one begins with a slash, and ~ stands only in ~0 and ~1")
		}
	}
	out.ResourceVersion = in.GetResourceVersion()
	if as != surrounding {
		out.NeedsRecreate = in.GetNeedsRecreate()
		out.PendingDeletion = in.GetPendingDeletion()
		out.Error = in.GetError()
	}
	return named
}

// identifier converts an identifier that is required. It returns false if it is not usable.
func (r *reader) identifier(parent *path, field string, in *plannerv1.Identifier, out *resource.Identifier) bool {
	p := at(parent, field)
	return r.identifierAt(&p, in, out)
}

func (r *reader) identifierAt(p *path, in *plannerv1.Identifier, out *resource.Identifier) bool {
	if !r.require(p, "", in != nil) {
		return false
	}
	*out = resource.Identifier{Type: resource.Type(in.GetType()), ID: in.GetId()}
	ok := r.resourceType(p, "type", out.Type)
	return r.require(p, "id", out.ID != "") && ok
}

func (r *reader) resourceType(p *path, field string, t resource.Type) bool {
	if !r.require(p, field, t != "") {
		return false
	}
	if strings.IndexByte(string(t), ':') >= 0 {
		r.add(p, field, "must not contain a colon")
		return false
	}
	return true
}

func (r *reader) executor(parent *path, in *plannerv1.Executor, out *resource.Executor) {
	p := at(parent, "executor")
	if !r.require(&p, "", in != nil) {
		return
	}
	t := enum(r, &p, "type", convert.ExecutorTypes, in.GetType())
	*out = resource.Executor{Type: t, ID: in.GetId()}
	r.require(&p, "type", in.GetType() != plannerv1.ExecutorType_EXECUTOR_TYPE_UNSPECIFIED)
	switch {
	case (t == resource.ExecutorHost || t == resource.ExecutorPrimary) && out.ID == "":
		r.add(&p, "id", "is required for an executor of type %s", t)
	case (t == resource.ExecutorAny || t == resource.ExecutorManager) && out.ID != "":
		r.add(&p, "id", "must be empty for an executor of type %s", t)
	}
}

// dependencies converts the dependencies of the resource that is called owner.
func (r *reader) dependencies(
	p *path, in []*plannerv1.Identifier, owner resource.Identifier, as role,
) []resource.Identifier {
	out := r.identifiers.Take(len(in))
	for i, from := range interrupt.Each(r.Stop, in) {
		q := element(p, "dependencies", i)
		if r.identifierAt(&q, from, &out[i]) && out[i] == owner {
			r.add(&q, "", "a resource must not depend on itself")
		}
		r.plainIdentifier(&q, out[i], as)
	}
	return out
}

// plainIdentifier checks the names in an identifier, unless it is in a record: what is recorded can be deleted, whatever it is called.
func (r *reader) plainIdentifier(p *path, id resource.Identifier, as role) {
	if as == surrounding {
		r.plain(p, "type", string(id.Type))
		r.plain(p, "id", id.ID)
	}
}

func (r *reader) typeDependencies(p *path, in []string, out *resource.Resource, as role) {
	out.TypeDependencies = r.typeNames(p, "type_dependencies", in, func(q *path, t resource.Type) {
		if as == surrounding {
			r.plain(q, "", string(t))
		}
		if t == out.Identifier.Type {
			r.add(q, "", "a resource must not depend on its own type")
		}
	})
}

// typeNames converts a list of types. Those that are usable are handed to check, unless it is nil, with their places.
func (r *reader) typeNames(
	p *path, field string, in []string, check func(q *path, t resource.Type),
) []resource.Type {
	out := r.types.Take(len(in))
	for i, from := range in {
		if r.spend(len(from)) {
			break
		}
		out[i] = resource.Type(from)
		q := element(p, field, i)
		if r.resourceType(&q, "", out[i]) && check != nil {
			check(&q, out[i])
		}
	}
	return out
}

// textObject checks that the field is the text of one JSON object, and returns it without copying it.
func (r *reader) textObject(p *path, field, text string) json.RawMessage {
	raw := slab.BytesOf(text)
	if !r.checkLength(p, field, raw) {
		return nil
	}
	if err := jsontext.CheckObject(raw, r.jsonLimits()); err != nil {
		r.add(p, field, "is no usable JSON object: %v", err)
		return nil
	}
	return raw
}

// structObject is the Struct as JSON.
func (r *reader) structObject(p *path, field string, in *structpb.Struct) json.RawMessage {
	text, err := r.structText(in)
	if err != nil {
		r.add(p, field, "is no usable JSON object: %v", err)
		return nil
	}
	if !r.checkLength(p, field, text) {
		return nil
	}
	return text
}

func (r *reader) structText(in *structpb.Struct) (json.RawMessage, error) {
	known, ok := r.Texts[in]
	switch {
	case !ok:
		return r.json.object(in)
	case known.Depth > r.depth():
		return nil, errTooDeep
	}
	return known.JSON, nil
}
