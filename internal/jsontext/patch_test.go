package jsontext

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// side is a text that is compared, and what is ignored in it if it is the wanted one.
type side struct {
	text   []byte
	ignore []string
}

func sideOf(text string, ignore ...string) side { return side{[]byte(text), ignore} }

func diff(current, wanted side) ([]Operation, error) {
	return Diff(nil, current.text, wanted.text, wanted.ignore)
}

func same(current, wanted side) (bool, error) {
	return Same(nil, current.text, wanted.text, wanted.ignore)
}

func TestDiff(t *testing.T) {
	long := `"` + strings.Repeat("long ", 20) + `"`
	for name, c := range map[string]struct {
		current, wanted string
		ignore          []string
		want            []string
	}{
		"same bytes":                              {current: `{"a":1}`, wanted: `{"a":1}`},
		"order of keys":                           {current: `{"a":1,"b":{"c":2,"d":3}}`, wanted: `{ "b": {"d":3,"c":2}, "a":1 }`},
		"numbers of the same value":               {current: `{"a":[1,0.5,1000,0]}`, wanted: `{"a":[1.0,5e-1,1e3,-0.0]}`},
		"strings that are escaped differently":    {current: `{"\u0061":"\/"}`, wanted: `{"a":"/"}`},
		"numbers that are the same as doubles":    {current: `{"a":9007199254740992}`, wanted: `{"a":9007199254740993}`, want: []string{`replace /a 9007199254740993`}},
		"order of elements":                       {current: `{"a":[1,2]}`, wanted: `{"a":[2,1]}`, want: []string{`remove /a/0`, `add /a/1 1`}},
		"nothing means the empty object":          {current: ``, wanted: `{ }`},
		"from nothing":                            {current: ``, wanted: `{"b":1.50,"a":null}`, want: []string{`add /a null`, `add /b 1.50`}},
		"to nothing":                              {current: `{"b":1,"a":null}`, wanted: ``, want: []string{`remove /a`, `remove /b`}},
		"members in the order of their names":     {current: `{"d":1,"b":1,"c":1}`, wanted: `{"c":2,"a":1,"b":1}`, want: []string{`add /a 1`, `replace /c 2`, `remove /d`}},
		"inner members":                           {current: `{"a":{"b":{"c":1,"d":2}}}`, wanted: `{"a":{"b":{"c":1,"d":3}}}`, want: []string{`replace /a/b/d 3`}},
		"null is not absence":                     {current: `{"a":null}`, wanted: `{}`, want: []string{`remove /a`}},
		"another kind of value":                   {current: `{"a":"1","b":{},"c":[],"d":false}`, wanted: `{"a":1,"b":[],"c":{},"d":null}`, want: []string{`replace /a 1`, `replace /b []`, `replace /c {}`, `replace /d null`}},
		"names that need escaping":                {current: `{"a/b":{"~":1},"":1}`, wanted: `{"a/b":{"~":2},"":2,"\u007e1":1}`, want: []string{`replace / 2`, `replace /a~1b/~0 2`, `add /~01 1`}},
		"values as they are written":              {current: `{}`, wanted: `{"a":{ "b" : 1.00 }}`, want: []string{`add /a { "b" : 1.00 }`}},
		"the head of an array goes":               {current: `{"a":[1,2,3,4,5]}`, wanted: `{"a":[2,3,4,5]}`, want: []string{`remove /a/0`}},
		"the tail of an array goes":               {current: `{"a":[1,2,3]}`, wanted: `{"a":[1]}`, want: []string{`remove /a/1`, `remove /a/1`}},
		"elements come at head and tail":          {current: `{"a":[2,3]}`, wanted: `{"a":[1,2,3,4]}`, want: []string{`add /a/0 1`, `add /a/3 4`}},
		"one of equal elements goes":              {current: `{"a":[1,1,1]}`, wanted: `{"a":[1,1]}`, want: []string{`remove /a/2`}},
		"elements go in several places":           {current: `{"a":[1,2,3,4,5,6]}`, wanted: `{"a":[2,4,6]}`, want: []string{`remove /a/0`, `remove /a/1`, `remove /a/2`}},
		"elements go and come":                    {current: `{"a":[1,2,3,4,5]}`, wanted: `{"a":[2,3,9,4,8]}`, want: []string{`remove /a/0`, `add /a/2 9`, `replace /a/4 8`}},
		"an element becomes another":              {current: `{"a":[1,2,3]}`, wanted: `{"a":[1,"x",3]}`, want: []string{`replace /a/1 "x"`}},
		"an element changes a little":             {current: `{"a":[0,{"b":1,"c":` + long + `}]}`, wanted: `{"a":[0,{"b":2,"c":` + long + `}]}`, want: []string{`replace /a/1/b 2`}},
		"an element changes a lot":                {current: `{"a":[0,{"b":1,"c":2}]}`, wanted: `{"a":[0,{"b":2,"c":3}]}`, want: []string{`replace /a/1 {"b":2,"c":3}`}},
		"an element of an element changes a lot":  {current: `{"a":[0,{"b":[0,{"c":1,"d":2}],"e":"text"}]}`, wanted: `{"a":[0,{"b":[0,{"c":2,"d":3}],"e":"text"}]}`, want: []string{`replace /a/1/b/1 {"c":2,"d":3}`}},
		"an inner array changes a little":         {current: `{"a":[0,[1,` + long + `]]}`, wanted: `{"a":[0,[2,` + long + `]]}`, want: []string{`replace /a/1/0 2`}},
		"a changed element behind one that comes": {current: `{"a":[0,{"b":1,"c":` + long + `}]}`, wanted: `{"a":[7,0,{"b":2,"c":` + long + `}]}`, want: []string{`add /a/0 7`, `replace /a/2/b 2`}},
		"nothing of an array stays":               {current: `{"a":[1,2,3]}`, wanted: `{"a":[4,5,6]}`, want: []string{`replace /a [4,5,6]`}},
		"an array becomes empty":                  {current: `{"a":[1,2,3]}`, wanted: `{"a":[]}`, want: []string{`replace /a []`}},
		"an array of one becomes empty":           {current: `{"a":[1]}`, wanted: `{"a":[]}`, want: []string{`remove /a/0`}},
		"an element of an empty array comes":      {current: `{"a":[]}`, wanted: `{"a":[1]}`, want: []string{`add /a/0 1`}},

		"an ignored member differs":                {`{"a":1,"b":2}`, `{"a":3,"b":2}`, []string{`/a`}, nil},
		"an ignored member goes or comes":          {`{"a":1,"c":1}`, `{"b":1,"c":2}`, []string{`/a`, `/b`}, []string{`replace /c 2`}},
		"an ignored inner member":                  {`{"a":{"b":1,"c":{"d":1}}}`, `{"a":{"b":2,"c":{"d":2,"e":1}}}`, []string{`/a/c/d`, `/a/b`}, []string{`add /a/c/e 1`}},
		"below an ignored member":                  {`{"a":{"b":1}}`, `{"a":{"b":2}}`, []string{`/a`, `/a/c`}, nil},
		"an ignored member with escapes":           {`{"a/b":1,"m~n":1,"~1":1}`, `{"a/b":2,"m~n":2,"~1":2}`, []string{`/a~1b`, `/m~0n`, `/~01`}, nil},
		"all is ignored":                           {`{"a":1}`, `{"b":1}`, []string{``}, nil},
		"what is no pointer ignores nothing":       {`{"a":1,"b~":1}`, `{"a":2,"b~":2}`, []string{`a`, `/b~`, `#/a`}, []string{`replace /a 2`, `replace /b~0 2`}},
		"an ignored element":                       {`{"a":[1,2,3]}`, `{"a":[1,9,4]}`, []string{`/a/1`}, []string{`replace /a/2 4`}},
		"an ignored member of an element":          {`{"a":[{"b":1},{"b":1}]}`, `{"a":[{"b":2},{"b":2}]}`, []string{`/a/1/b`}, []string{`replace /a/0/b 2`}},
		"an index that is none ignores nothing":    {`{"a":[1,2]}`, `{"a":[9,8]}`, []string{`/a/01`, `/a/-`, `/a/+0`}, []string{`replace /a/0 9`, `replace /a/1 8`}},
		"an ignored element at the end goes":       {`{"a":[1,2,3]}`, `{"a":[1]}`, []string{`/a/1`, `/a/2`}, nil},
		"an ignored element at the end comes":      {`{"a":[1]}`, `{"a":[1,2,3]}`, []string{`/a/1`, `/a/2`}, nil},
		"an ignored element goes with the next":    {`{"a":[1,2,3]}`, `{"a":[]}`, []string{`/a/1`}, []string{`remove /a/0`, `remove /a/0`, `remove /a/0`}},
		"an ignored element stays, the next goes":  {`{"a":[1,2,3]}`, `{"a":[1]}`, []string{`/a/1`}, []string{`remove /a/2`}},
		"an ignored element comes with the next":   {`{"a":[1]}`, `{"a":[1,2,3]}`, []string{`/a/1`}, []string{`replace /a [1,2,3]`}},
		"an element comes behind an ignored one":   {`{"a":[1,2]}`, `{"a":[9,2,3]}`, []string{`/a/0`, `/a/-`}, []string{`add /a/2 3`}},
		"another value in the place of an ignored": {`{"a":{"b":1}}`, `{"a":[1]}`, []string{`/a/b`}, []string{`replace /a [1]`}},
		"ignored members come with their object":   {`{}`, `{"a":{"b":1,"c":2}}`, []string{`/a/b`}, []string{`add /a {"b":1,"c":2}`}},
		"an object goes with what is ignored":      {`{"a":{"b":1}}`, `{}`, []string{`/a/b`}, []string{`remove /a`}},
	} {
		t.Run(name, func(t *testing.T) {
			checkDiff(t, c.current, c.wanted, c.ignore, func(patch []Operation) {
				if got, want := printPatch(patch), strings.Join(c.want, "\n"); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
		})
	}
}

// checkDiff compares attributes and checks what must hold of any patch, before it hands the patch on.
func checkDiff(t rapid.TB, current, wanted string, ignore []string, look func([]Operation)) {
	t.Helper()
	have, want := sideOf(current, "/a", "/b"), sideOf(wanted, ignore...)
	patch, err := diff(have, want)
	if err != nil {
		t.Fatal(err)
	}
	if equal, err := same(have, want); err != nil || equal != (patch == nil) {
		t.Fatalf("same: %v, %v, but the patch is\n%s", same, err, printPatch(patch))
	}
	look(patch)
	if string(have.text) != current || string(want.text) != wanted {
		t.Fatal("the attributes were changed")
	}
	if slices.Contains(ignore, "") {
		if patch != nil {
			t.Fatalf("everything is ignored, but the patch is\n%s", printPatch(patch))
		}
		return
	}
	pointers := splitPointers(ignore)
	before, after := decode(t, []byte(cmp.Or(current, "{}"))), decode(t, []byte(cmp.Or(wanted, "{}")))
	same := sameDecoded(withoutIgnored(before, pointers), withoutIgnored(after, pointers))
	if same != (patch == nil) {
		t.Fatalf("same value: %v, but the patch is\n%s", same, printPatch(patch))
	}
	got := applyPatch(t, before, patch)
	if !sameDecoded(withoutIgnored(got, pointers), withoutIgnored(after, pointers)) {
		t.Fatalf("the patch gives another value: %v", got)
	}
	for _, operation := range patch {
		for _, pointer := range ignore {
			if strings.HasPrefix(operation.Path+"/", pointer+"/") && ValidPointer(nil, pointer) {
				t.Fatalf("%s is ignored, but the patch is\n%s", pointer, printPatch(patch))
			}
		}
		if (operation.Op == "remove") != (operation.Value == nil) || operation.From != "" {
			t.Fatalf("malformed operation: %+v", operation)
		}
	}
}

func TestDiffRefusesInvalidTexts(t *testing.T) {
	for _, invalid := range []string{`{`, `[]`, `1`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, strings.Repeat(`{"a":`, 20_000)} {
		var problem *Error
		for _, pair := range [][2]string{{invalid, `{}`}, {`{}`, invalid}} {
			if _, err := diff(sideOf(pair[0]), sideOf(pair[1])); !errors.As(err, &problem) {
				t.Errorf("%.20s: got %v, want an Error", invalid, err)
			}
			if _, err := same(sideOf(pair[0]), sideOf(pair[1])); !errors.As(err, &problem) {
				t.Errorf("%.20s: got %v, want an Error", invalid, err)
			}
		}
	}
}

func TestDiffLeadsFromCurrentToWanted(t *testing.T) {
	seen := testkit.Classes{}
	seen.Check(t, 1, func(t *rapid.T) {
		for range 10 {
			current := drawModelObject(t, 4)
			wanted := any(drawModelObject(t, 3))
			if rapid.IntRange(0, 3).Draw(t, "related") > 0 {
				wanted = change(t, current)
			}
			a, b := writeText(t, current), writeText(t, wanted)
			var ignore []string
			if paths := append(pathsOf(decode(t, []byte(a)), ""), pathsOf(decode(t, []byte(b)), "")...); len(paths) > 0 {
				ignore = rapid.SliceOfN(rapid.SampledFrom(paths), 0, 3).Draw(t, "ignore")
			}
			checkDiff(t, a, b, ignore, func(patch []Operation) {
				inside := slices.ContainsFunc(patch, func(o Operation) bool { return strings.Count(o.Path, "/") > 1 })
				seen.Count("same", patch == nil)
				seen.Count("different", patch != nil)
				seen.Count("same, some ignored", patch == nil && len(ignore) > 0)
				seen.Count("different inside, some ignored", inside && len(ignore) > 0)
				seen.Count("different inside, none ignored", inside && len(ignore) == 0)
			})
		}
	}, "same", "different", "same, some ignored", "different inside, some ignored", "different inside, none ignored")
}

// pathsOf returns pointers to all places of a decoded value but the value itself.
func pathsOf(value any, path string) []string {
	var paths []string
	below := func(step string, value any) {
		place := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
		paths = append(append(paths, place), pathsOf(value, place)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below(name, v[name])
		}
	case []any:
		for i, element := range v {
			below(fmt.Sprint(i), element)
		}
	}
	return paths
}

// As many elements stay as possible: no way of removing and adding elements needs fewer operations.
func TestDiffKeepsAsManyElementsAsPossible(t *testing.T) {
	seen := testkit.Classes{}
	elements := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3", "[]", `"a text that is long enough to stay"`}), 0, 9)
	seen.Check(t, 1, func(t *rapid.T) {
		for range 5 {
			current, wanted := elements.Draw(t, "current"), elements.Draw(t, "wanted")
			a := `{"a":[` + strings.Join(current, ",") + `]}`
			b := `{"a":[` + strings.Join(wanted, ",") + `]}`
			kept := referenceCommon(current, wanted)
			checkDiff(t, a, b, nil, func(patch []Operation) {
				if most := len(current) + len(wanted) - 2*kept; len(patch) > most {
					t.Fatalf("%s -> %s in more than %d operations:\n%s", a, b, most, printPatch(patch))
				}
				if least := max(len(current), len(wanted)) - kept; len(patch) < least && kept > 0 {
					t.Fatalf("%s -> %s keeps less than it could:\n%s", a, b, printPatch(patch))
				}
				seen.Count("some kept", kept > 0 && len(patch) > 0)
				seen.Count("none kept", kept == 0 && len(patch) > 0)
			})
		}
	}, "some kept", "none kept")
}

// referenceCommon is the length of a longest common subsequence, by its definition.
func referenceCommon(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if a[0] == b[0] {
		return 1 + referenceCommon(a[1:], b[1:])
	}
	return max(referenceCommon(a[1:], b), referenceCommon(a, b[1:]))
}

func TestDiffIsBoundedOnHostileAttributes(t *testing.T) {
	longName := strings.Repeat("/", 50_000)
	deep := func(value string, depth int) string {
		return strings.Repeat(`{"a":[`+value+`,`, depth) + membersOf(5_000, value) + strings.Repeat(`,`+value+`]}`, depth)
	}
	pairs := strings.Repeat(`["a long string in common",[0,1]],`, 3000)
	for name, c := range map[string]struct{ current, wanted, ignore string }{
		"many differences below a long name":  {`{"` + longName + `":` + membersOf(5_000, "1") + `}`, `{"` + longName + `":` + membersOf(5_000, "2") + `}`, ""},
		"the same with ignored places":        {`{"` + longName + `":` + membersOf(5_000, "1") + `}`, `{"` + longName + `":` + membersOf(5_000, "2") + `}`, "/" + strings.Repeat("~1", 50_000) + "/0"},
		"long arrays without common elements": {numbers(0, 20_000), numbers(20_000, 40_000), ""},
		"long arrays that are shifted":        {numbers(0, 20_000), numbers(10_000, 30_000), ""},
		"long arrays with gaps":               {numbers(0, 20_000), `{"numbers":[` + pairs + numbers(0, 20_000) + `]}`, ""},
		"deeply nested":                       {deep("1", 100), deep("2", 100), ""},
		"as deeply nested as can be":          {deep("1", 4_000), deep("2", 4_000), ""},
		"deeply nested with a deep pointer":   {deep("1", 4_000), deep("2", 4_000), strings.Repeat("/a/1", 3_999) + "/a/0"},
		"a pointer deeper than the text":      {`{"a":1}`, `{"a":2}`, strings.Repeat("/", 50_000)},
	} {
		t.Run(name, func(t *testing.T) {
			var ignore []string
			if c.ignore != "" {
				ignore = append(ignore, c.ignore)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := testkit.ProcessorTime()
			patch, err := diff(sideOf(c.current), sideOf(c.wanted, ignore...))
			if err != nil || len(patch) == 0 {
				t.Fatalf("got %d operations, %v", len(patch), err)
			}
			if took := testkit.ProcessorTime() - start; took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			runtime.ReadMemStats(&after)
			length := len(c.current) + len(c.wanted) + len(c.ignore)
			if taken := after.TotalAlloc - before.TotalAlloc; taken > uint64(16<<20+100*length) {
				t.Errorf("took %d bytes for attributes of %d", taken, length)
			}
			size := 0
			for _, operation := range patch {
				size += len(operation.Path) + len(operation.Value)
			}
			if size > 4096+16*length {
				t.Errorf("a patch of %d bytes for attributes of %d", size, length)
			}
			if len(patch) < 1000 && strings.Count(c.current, "[") < 1000 {
				pointers := splitPointers(ignore)
				got := withoutIgnored(applyPatch(t, decode(t, []byte(c.current)), patch), pointers)
				if !sameDecoded(got, withoutIgnored(decode(t, []byte(c.wanted)), pointers)) {
					t.Error("the patch gives another value")
				}
			}
		})
	}
}

func TestDiffReplacesMembersWhereAPatchWouldBeTooLong(t *testing.T) {
	object := func(value string) string {
		return `{"` + strings.Repeat("n", 10_000) + `":` + membersOf(1000, value) + `}`
	}
	current := `{"a":` + object("1") + `,"b":1,"c":1,"d":` + object("1") + `}`
	wanted := `{"a":` + object("2") + `,"b":2,"c":1,"d":` + object("2") + `}`
	checkDiff(t, current, wanted, []string{"/d"}, func(patch []Operation) {
		if len(patch) != 2 || patch[0].Op+patch[0].Path != "replace/a" || patch[1].Op+patch[1].Path != "replace/b" {
			t.Errorf("got %d operations, the first %.100s", len(patch), printPatch(patch))
		}
	})
}

// membersOf is an object with that many members of the same value.
func membersOf(count int, value string) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `,"%d":%s`, i, value)
	}
	return "{" + b.String()[1:] + "}"
}

func TestValidJSONPointer(t *testing.T) {
	for _, pointer := range []string{"", "/", "/a", "/a/0/-", "//", "/a~0b~1c", "/é😀", "/a b\"\\\n"} {
		if !ValidPointer(nil, pointer) {
			t.Errorf("%q is valid", pointer)
		}
	}
	for _, pointer := range []string{"a", "a/b", "#/a", "/~", "/a~", "/~2", "/~~0", "/a/~x", "/\xff"} {
		if ValidPointer(nil, pointer) {
			t.Errorf("%q is not valid", pointer)
		}
	}
}

func TestDiffOfSameBytesTakesNoMemory(t *testing.T) {
	text := benchmarkTexts()["spaced"]
	current, wanted := side{text: text}, side{bytes.Clone(text), []string{"/a"}}
	if n := testing.AllocsPerRun(100, func() { _, _ = diff(current, wanted) }); n != 0 {
		t.Errorf("allocated %v times", n)
	}
}
