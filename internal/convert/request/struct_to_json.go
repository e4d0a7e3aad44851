package request

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/slab"
	"google.golang.org/protobuf/types/known/structpb"
)

// What can be wrong with a Struct. None of these holds a part of it.
var (
	errNotFinite = errors.New("it holds a number that is infinite or not a number")
	errNoKind    = errors.New("it holds a value of no kind: null is a value that holds null_value")
	errNull      = errors.New("it holds a null_value other than NULL_VALUE")
	errNotUTF8   = errors.New("it holds a string that is not valid UTF-8")
	errTooDeep   = errors.New("objects and arrays are nested too deeply")
)

// jsonWriter writes Structs as JSON: without white space, members in the order of their keys. One writer
// serves a whole request, so that small objects share their memory.
type jsonWriter struct {
	texts slab.Bytes
	// keys of the objects that are being written, outermost first.
	keys []string
	// depth is how many objects and arrays may be open at once.
	depth int
	// stop ends the writing with interrupt.ErrInterrupted.
	stop *interrupt.Poller
}

// usualSize is how long a text is expected to be.
const usualSize = 512

// object returns the Struct as JSON; a nil one is {}.
func (w *jsonWriter) object(in *structpb.Struct) (json.RawMessage, error) {
	return w.end(w.members(w.texts.Begin(usualSize), in.GetFields(), w.depth))
}

// value returns a value of any kind as JSON.
func (w *jsonWriter) value(in *structpb.Value) (json.RawMessage, error) {
	return w.end(w.append(w.texts.Begin(usualSize), in, w.depth))
}

// end returns the text that has been written, unless there is an error.
func (w *jsonWriter) end(text []byte, err error) (json.RawMessage, error) {
	if err != nil {
		w.keys = w.keys[:0]
		return nil, err
	}
	return w.texts.End(text), nil
}

// append appends a value. Depth is how many more objects and arrays may be opened.
func (w *jsonWriter) append(text []byte, in *structpb.Value, depth int) ([]byte, error) {
	if w.stop.Stopped() {
		return nil, interrupt.ErrInterrupted
	}
	switch kind := in.GetKind().(type) {
	case *structpb.Value_NullValue:
		if kind.NullValue != structpb.NullValue_NULL_VALUE {
			return nil, errNull
		}
		return append(text, "null"...), nil
	case *structpb.Value_BoolValue:
		return strconv.AppendBool(text, kind.BoolValue), nil
	case *structpb.Value_NumberValue:
		if math.IsNaN(kind.NumberValue) || math.IsInf(kind.NumberValue, 0) {
			return nil, errNotFinite
		}
		return jsontext.AppendFloat(text, kind.NumberValue), nil
	case *structpb.Value_StringValue:
		return w.string(text, kind.StringValue)
	case *structpb.Value_ListValue:
		return w.elements(text, kind.ListValue.GetValues(), depth)
	case *structpb.Value_StructValue:
		return w.members(text, kind.StructValue.GetFields(), depth)
	}
	return nil, errNoKind
}

func (w *jsonWriter) elements(text []byte, in []*structpb.Value, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errTooDeep
	}
	text = append(text, '[')
	for i, v := range in {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = w.append(text, v, depth-1); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

func (w *jsonWriter) members(text []byte, in map[string]*structpb.Value, depth int) ([]byte, error) {
	if depth == 0 {
		return nil, errTooDeep
	}
	first := len(w.keys)
	for key := range in {
		if w.stop.Stopped() {
			return nil, interrupt.ErrInterrupted
		}
		w.keys = append(w.keys, key)
	}
	last := len(w.keys)
	interrupt.SortFunc(w.stop, w.keys[first:last], strings.Compare)
	text = append(text, '{')
	for i := first; i < last; i++ {
		if i > first {
			text = append(text, ',')
		}
		key := w.keys[i] // by index: the members below may move the keys
		var err error
		if text, err = w.string(text, key); err != nil {
			return nil, err
		}
		if text, err = w.append(append(text, ':'), in[key], depth-1); err != nil {
			return nil, err
		}
	}
	w.keys = w.keys[:first]
	return append(text, '}'), nil
}

func (w *jsonWriter) string(text []byte, s string) ([]byte, error) {
	if !jsontext.ValidText(w.stop, s) {
		return nil, errNotUTF8
	}
	return jsontext.AppendString(w.stop, text, s), nil
}
