package wire

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// ways are how a Struct has been read.
type way string

const (
	byHand     way = "by hand"
	byProtobuf way = "by protobuf"
	refused    way = "refused by protobuf"
	unusable   way = "of no use as JSON"
)

func ways() []string {
	return []string{string(byHand), string(byProtobuf), string(refused), string(unusable)}
}

// checkStruct reads a Struct, as the attributes of a resource, and as protobuf reads it: what they are converted to is
// the same, byte for byte, or the same error.
func checkStruct(t interface {
	Helper()
	Fatalf(string, ...any)
}, content []byte, limits request.Limits,
) way {
	t.Helper()
	head, err := proto.Marshal(&plannerv1.Resource{
		Identifier: &plannerv1.Identifier{Type: "t", Id: "i"},
		Executor:   &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	data := field(1, field(2, head, field(3, content)))
	got, want := &plannerv1.PlanRefreshRequest{}, &plannerv1.PlanRefreshRequest{}
	texts, release, err := Unmarshal(nil, data, got)
	defer release()
	if wantErr := proto.Unmarshal(data, want); (err == nil) != (wantErr == nil) {
		t.Fatalf("% x: got error %v, want %v", content, err, wantErr)
	}
	if err != nil {
		return refused
	}
	gotCall, gotErr := request.Converter{Limits: limits, Texts: texts}.PlanRefresh(got)
	wantCall, wantErr := request.Converter{Limits: limits}.PlanRefresh(want)
	switch {
	case fmt.Sprint(gotErr) != fmt.Sprint(wantErr):
		t.Fatalf("% x: got error %v, want %v", content, gotErr, wantErr)
	case wantErr != nil:
		return unusable
	}
	gotText, wantText := gotCall.State.Resources()[0].Attributes, wantCall.State.Resources()[0].Attributes
	if !bytes.Equal(gotText, wantText) {
		t.Fatalf("% x: got %s, want %s", content, gotText, wantText)
	}
	if len(texts) == 0 {
		return byProtobuf
	}
	return byHand
}

// Parts of Structs on the wire.

func value(tag byte, content ...byte) []byte { return append([]byte{tag}, content...) }
func boolean(b byte) []byte                  { return value(4<<3, b) }
func text8(s string) []byte                  { return field(3, []byte(s)) }
func entry(key string, content []byte) []byte {
	return field(1, field(1, []byte(key)), field(2, content))
}
func object(entries ...[]byte) []byte { return field(5, entries...) }

func number(f float64) []byte {
	return protowire.AppendFixed64(value(2<<3|byte(protowire.Fixed64Type)), math.Float64bits(f))
}

func list(values ...[]byte) []byte {
	var content []byte
	for _, v := range values {
		content = append(content, field(1, v)...)
	}
	return field(6, content)
}

// nested is a value that opens so many arrays or objects.
func nested(depth int, objects bool) []byte {
	v := boolean(1)
	for range depth {
		if objects {
			v = object(entry("a", v))
		} else {
			v = list(v)
		}
	}
	return v
}

// structs are Structs as every encoder writes them.
func structs() map[string][]byte {
	return map[string][]byte{
		"empty inside":   entry("", object()),
		"all kinds":      slices.Concat(entry("b", boolean(1)), entry("a", value(8, 0)), entry("c", number(1.5)), entry("d", text8("x")), entry("e", list()), entry("f", object())),
		"no order":       slices.Concat(entry("b", boolean(1)), entry("", boolean(0)), entry("a", boolean(1)), entry("B", boolean(0)), entry("ä", boolean(0))),
		"inside":         slices.Concat(entry("b", object(entry("d", boolean(1)), entry("c", boolean(0)))), entry("a", list(boolean(1), object(entry("y", boolean(0)), entry("x", number(0)))))),
		"escapes":        slices.Concat(entry("\"\\\n\x00", text8("\u2028\x7f\x1f/<")), entry(strings.Repeat("k", 200), text8(strings.Repeat("ä", 100)))),
		"numbers":        entry("n", list(number(math.Copysign(0, -1)), number(1e21), number(1e-7), number(5e-324), number(math.MaxFloat64), number(1<<53), number(0.1), number(-17))),
		"100 levels":     entry("a", nested(99, true)),
		"100 levels too": entry("a", nested(99, false)),
	}
}

// unusualStructs are others, and the one that nothing has to be read of.
func unusualStructs() map[string][]byte {
	a := func(content []byte) []byte { return entry("a", content) }
	return map[string][]byte{
		"empty":                 nil,
		"key twice":             slices.Concat(entry("a", boolean(1)), entry("b", boolean(1)), entry("a", number(2))),
		"bad text, key twice":   slices.Concat(entry("a", text8("\xff")), entry("a", number(2))),
		"no kind":               entry("a", nil),
		"no key":                field(1, field(2, boolean(1))),
		"no value":              field(1, field(1, []byte("a"))),
		"neither":               field(1),
		"value first":           field(1, field(2, boolean(1)), field(1, []byte("a"))),
		"key twice in one":      field(1, field(1, []byte("a")), field(1, []byte("b")), field(2, boolean(1))),
		"values merge":          field(1, field(1, []byte("a")), field(2, object(entry("x", boolean(1)))), field(2, object(entry("y", boolean(0))))),
		"kinds follow":          a(slices.Concat(boolean(1), number(3))),
		"kinds merge":           a(slices.Concat(object(entry("x", boolean(1))), object(entry("y", boolean(0))))),
		"lists merge":           a(slices.Concat(list(boolean(1)), list(boolean(0)))),
		"null is 1":             a(value(8, 1)),
		"more than null":        a(slices.Concat(value(8, 0), boolean(1))),
		"null is long":          a(value(8, 0x80, 0)),
		"null is beyond 32 bit": a(value(8, 0x80, 0x80, 0x80, 0x80, 0x10)),
		"true is 2":             a(boolean(2)),
		"true is long":          a(value(4<<3, 0x81, 0)),
		"cut bool":              a(value(4 << 3)),
		"not a number":          a(number(math.NaN())),
		"infinite":              a(number(math.Inf(-1))),
		"cut number":            a(number(1)[:8]),
		"bad key":               entry("\xff", boolean(1)),
		"bad text":              a(text8("a\xc3")),
		"cut text":              a([]byte{3<<3 | 2, 5, 'a'}),
		"more than a text":      a(slices.Concat(text8("a"), value(0))),
		"unknown field":         slices.Concat(a(boolean(1)), field(7, []byte("x"))),
		"unknown in entry":      field(1, field(1, []byte("a")), field(2, boolean(1)), field(3)),
		"unknown in value":      a(slices.Concat(boolean(1), field(7))),
		"unknown in list":       a(field(6, field(1, boolean(1)), field(2))),
		"wrong wire type":       value(1<<3, 1),
		"wrong type of list":    a(field(6, value(1<<3, 1))),
		"group":                 {0x0b, 0x0c},
		"long tag":              append([]byte{0x8a, 0}, a(boolean(1))[1:]...),
		"cut":                   a(boolean(1))[:5],
		"101 levels":            a(nested(100, true)),
		"101 levels too":        a(nested(100, false)),
	}
}

// What every encoder writes is read by hand, and anything else by protobuf; and they are converted to the same texts.
func TestStructs(t *testing.T) {
	for name, content := range structs() {
		t.Run(name, func(t *testing.T) {
			checkReader(t, content, true)
			if way := checkStruct(t, content, request.Limits{}); way != byHand {
				t.Errorf("is %s", way)
			}
		})
	}
	seen := testkit.Classes{}
	for name, content := range unusualStructs() {
		t.Run(name, func(t *testing.T) {
			checkReader(t, content, len(content) == 0)
			way := checkStruct(t, content, request.Limits{})
			if way == byHand {
				t.Errorf("is %s", way)
			}
			seen.Add(string(way))
		})
	}
	seen.Require(t, ways()[1:]...)
}

// checkReader tells whether a reader reads the Struct, and that it keeps nothing of it.
func checkReader(t *testing.T, content []byte, want bool) {
	t.Helper()
	var r structReader
	if _, ok := r.read(content); ok != want {
		t.Errorf("is read: %v", ok)
	}
	kept := func(m member) bool { return m.key != nil || m.value != nil }
	if len(r.members) != 0 || slices.ContainsFunc(r.members[:cap(r.members)], kept) {
		t.Errorf("members are left: %v", r.members[:cap(r.members)])
	}
}

// How deep a text is counts for the limit that the converter has.
func TestDepthOfStructs(t *testing.T) {
	for depth := 1; depth <= 4; depth++ {
		limits := request.Limits{MaxJSONDepth: 3}
		content := slices.Concat(entry("a", boolean(1)), entry("b", nested(depth-1, depth%2 == 0)), entry("c", list()))
		want := byHand
		if depth > 3 {
			want = unusable
		}
		if way := checkStruct(t, content, limits); way != want {
			t.Errorf("%d levels are %s", depth, way)
		}
	}
}

// Whoever does not look for the text of a Struct does not take it for an empty one.
func TestUnreadStructs(t *testing.T) {
	data := field(1, field(2, field(3, entry("a", boolean(1)))))
	m := &plannerv1.PlanRefreshRequest{}
	if _, _, err := Unmarshal(nil, data, m); err != nil {
		t.Fatal(err)
	}
	_, err := request.Converter{}.PlanRefresh(m)
	if err == nil || !strings.Contains(err.Error(), "value of no kind") {
		t.Errorf("got %v", err)
	}
}

// Texts outlive what they were noted in, and a decoder that has noted very many is not used again.
func TestTextsAreForgotten(t *testing.T) {
	requestOf := func(resources int) []byte {
		one := field(2, field(3, entry("a", text8("x"))))
		return field(1, bytes.Repeat(one, resources))
	}
	for name, test := range map[string]struct {
		resources int
		again     bool
	}{"few": {3, true}, "many": {mostTexts + 1, false}} {
		d := &decoder{}
		if ok := d.decode(nil, requestOf(test.resources), &plannerv1.PlanRefreshRequest{}); !ok || len(d.texts) != test.resources {
			t.Fatalf("%s: %v, %d texts", name, ok, len(d.texts))
		}
		var kept [][]byte
		for _, text := range d.texts {
			kept = append(kept, text.JSON)
		}
		d.release()
		if (len(d.texts) == 0) != test.again {
			t.Errorf("%s: %d texts are still noted", name, len(d.texts))
		}
		if !new(decoder).decode(nil, requestOf(10), &plannerv1.PlanRefreshRequest{}) {
			t.Fatal("is left to protobuf")
		}
		for _, text := range kept {
			if string(text) != `{"a":"x"}` {
				t.Fatalf("%s: text has become %s", name, text)
			}
		}
	}
}

// drawn writes random Structs.
type drawn struct {
	*rapid.T

	// odd is how often out of 100 something unusual is written.
	odd int
}

func (d drawn) chance(percent int) bool { return rapid.IntRange(0, 99).Draw(d.T, "chance") < percent }

var (
	drawnKeys  = rapid.SampledFrom([]string{"", "a", "b", "ab", "c", "ä", "\"", "\n", "key", strings.Repeat("long", 40)})
	drawnTexts = rapid.OneOf(drawnKeys, rapid.String())
	drawnReals = rapid.OneOf(rapid.Float64(), rapid.Map(rapid.IntRange(-1000, 1000), func(i int) float64 { return float64(i) }))
)

// field writes a field with a length in front, perhaps one that is written longer than it has to be.
func (d drawn) field(n protowire.Number, content []byte) []byte {
	if len(content) < 0x80 && d.chance(d.odd/4) {
		tag := protowire.AppendTag(nil, n, protowire.BytesType)
		return slices.Concat(tag, []byte{byte(len(content)) | 0x80, 0}, content)
	}
	return field(n, content)
}

func (d drawn) object(depth int) []byte {
	var all []byte
	for range rapid.IntRange(0, 4).Draw(d.T, "members") {
		if d.chance(d.odd / 4) {
			all = append(all, rapid.SampledFrom([][]byte{field(3, []byte("?")), {0x10, 1}, {0x0b, 0x0c}, {0x08, 1}, {0xff}}).Draw(d.T, "odd field")...)
		}
		all = append(all, d.field(1, d.entry(depth))...)
	}
	return all
}

func (d drawn) entry(depth int) []byte {
	key := d.field(1, []byte(drawnKeys.Draw(d.T, "key")))
	v := d.field(2, d.value(depth))
	if !d.chance(d.odd) {
		return slices.Concat(key, v)
	}
	return slices.Concat(rapid.SampledFrom([][][]byte{
		{v, key},
		{key},
		{v},
		{},
		{key, v, v},
		{key, d.field(1, []byte("last")), v},
		{key, v, {0x18, 1}},
		{d.field(1, []byte{0xff}), v},
		{key, v, d.field(2, d.value(depth))},
	}).Draw(d.T, "odd entry")...)
}

func (d drawn) value(depth int) []byte {
	if depth > 0 && d.chance(d.odd) { // what is merged
		return slices.Concat(d.field(5, d.object(depth-1)), d.field(5, d.object(depth-1)))
	}
	if d.chance(d.odd) {
		return slices.Concat(rapid.SampledFrom([][][]byte{
			{},
			{value(8, 1)},
			{value(8, 0x80, 0)},
			{boolean(2)},
			{number(math.NaN())},
			{number(math.Inf(1))},
			{text8("\xff")},
			{d.usual(depth), d.usual(depth)},
			{list(d.usual(0)), list(d.usual(0))},
			{d.usual(depth), {0x38, 1}},
			{{0x1a, 9, 'x'}},
			{{0x07}},
		}).Draw(d.T, "odd value")...)
	}
	return d.usual(depth)
}

func (d drawn) usual(depth int) []byte {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(1, kinds).Draw(d.T, "kind") {
	case 1:
		return value(8, 0)
	case 2:
		return number(drawnReals.Draw(d.T, "number"))
	case 3:
		return d.field(3, []byte(drawnTexts.Draw(d.T, "text")))
	case 4:
		return boolean(byte(rapid.IntRange(0, 1).Draw(d.T, "flag")))
	case 5:
		return d.field(5, d.object(depth-1))
	}
	var values []byte
	for range rapid.IntRange(0, 3).Draw(d.T, "values") {
		values = append(values, d.field(1, d.value(depth-1))...)
	}
	return d.field(6, values)
}

// drawStruct writes a random Struct, usual or not, and at times very deep.
func drawStruct(t *rapid.T) []byte {
	d := drawn{t, rapid.SampledFrom([]int{0, 0, 4, 12}).Draw(t, "odd")}
	content := d.object(3)
	if d.chance(5) {
		content = append(content, entry("deep", nested(rapid.IntRange(96, 102).Draw(t, "depth"), d.chance(50)))...)
	}
	return content
}

// Random Structs are converted to what protobuf's are converted to.
func TestRandomStructs(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		limits := request.Limits{MaxJSONDepth: rapid.IntRange(0, 4).Draw(t, "limit")}
		for range 10 {
			content := drawStruct(t)
			seen.Add(string(checkStruct(t, content, limits)))
		}
	}, ways()...)
}

// FuzzStruct reads any bytes as a Struct, within limits of the converter.
func FuzzStruct(f *testing.F) {
	for _, all := range []map[string][]byte{structs(), unusualStructs()} {
		for _, content := range all {
			f.Add(byte(0), content)
		}
	}
	f.Fuzz(func(t *testing.T, limit byte, content []byte) {
		checkStruct(t, content, request.Limits{MaxJSONDepth: int(limit % 128), MaxAttributeBytes: int(limit) * 100})
	})
}

// FuzzDrawnStruct reads what TestRandomStructs reads, as the fuzzer draws it.
func FuzzDrawnStruct(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { checkStruct(t, drawStruct(t), request.Limits{}) }))
}

// BenchmarkStructs reads requests of a megabyte full of Structs, by hand and converted, and with protobuf and converted:
// usual ones, and such as cost much.
func BenchmarkStructs(b *testing.B) {
	const size = 1 << 20
	fill := func(one func(i int) []byte) (all []byte) {
		for i := 0; len(all) < size; i++ {
			all = append(all, one(i)...)
		}
		return all
	}
	whole := func(content []byte) []byte { return field(2, field(3, content)) }
	usual := entry("parameters", object(entry("max_connections", number(200)), entry("wal_level", text8("logical"))))
	for name, resources := range map[string][]byte{
		"usual":        fill(func(int) []byte { return whole(slices.Concat(usual, entry("port", number(5432)))) }),
		"empty":        fill(func(int) []byte { return whole(nil) }),
		"tiny":         fill(func(int) []byte { return whole(entry("", boolean(1))) }),
		"tiny, odd":    fill(func(int) []byte { return whole([]byte{0x10, 1}) }),
		"many keys":    whole(fill(func(i int) []byte { return entry(fmt.Sprint(i*7919%1000003), boolean(1)) })),
		"equal keys":   whole(fill(func(int) []byte { return entry("a", boolean(1)) })),
		"long keys":    whole(fill(func(i int) []byte { return entry(fmt.Sprint(strings.Repeat("k", 500), i*7919%1000003), boolean(1)) })),
		"odd at end":   whole(append(fill(func(i int) []byte { return entry(fmt.Sprint(i), list(number(1), object())) }), 0x10, 1)),
		"long list":    whole(entry("a", field(6, fill(func(int) []byte { return field(1, boolean(1)) })))),
		"control text": whole(entry("a", text8(string(fill(func(int) []byte { return []byte{1} }))))),
		"deep":         fill(func(int) []byte { return whole(entry("a", nested(99, true))) }),
		"too deep":     fill(func(int) []byte { return whole(entry("a", nested(100, true))) }),
	} {
		data := field(1, resources)
		b.Run("of="+strings.ReplaceAll(name, " ", "-")+"/by=hand", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m := &plannerv1.PlanRefreshRequest{}
				texts, release, err := Unmarshal(nil, data, m)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = request.Converter{Texts: texts}.PlanRefresh(m) // resources have no identifiers
				release()
			}
		})
		b.Run("of="+strings.ReplaceAll(name, " ", "-")+"/by=protobuf", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m := &plannerv1.PlanRefreshRequest{}
				if err := proto.Unmarshal(data, m); err != nil {
					b.Fatal(err)
				}
				_, _ = request.Converter{}.PlanRefresh(m)
			}
		})
	}
}

// Characters that are wrong, or lie where long texts are cut, are the same to protobuf.
func TestLongTexts(t *testing.T) {
	for _, unit := range []string{"a", "é", "€", "𝄞"} {
		text := strings.Repeat(unit, 10_000)
		for _, odd := range []string{"", "𝄞", "\xff", "\x80", "\xc3", "\xf0\x9d\x84", "\xed\xa0\x80", "\"\n"} {
			for at := 4090; at <= 4098; at++ {
				odd := text[:at] + odd + text[at:]
				for _, field := range [][]byte{
					field(3, entry("k", field(3, []byte(odd)))), field(3, entry(odd, field(3, []byte("v")))), field(10, []byte(odd)),
				} {
					checkLikeProtobuf(t, inResource(field), &plannerv1.PlanRefreshRequest{})
				}
			}
		}
	}
}
