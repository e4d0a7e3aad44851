package response

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"pgregory.net/rapid"
)

// Generators of random JSON and of random resources.

var (
	// awkward are strings that are easy to get wrong.
	awkward = rapid.SampledFrom([]string{
		"", "a", "ä", "\U0001F600", "\"", "\\", "/", "\n\t\b\f\r", "\x00\x1f\x7f", "\u2028", "\ufffd", "<&>", "{}", "null", "a~b/c",
	})
	texts = rapid.OneOf(awkward, rapid.StringN(0, 8, -1))
	// doubles are numbers that a double holds, written in many ways.
	doubles = rapid.OneOf(
		rapid.SampledFrom([]string{
			"0", "-0", "0.0", "1", "1.0", "10e-1", "-1.50", "0.1", "1e3", "1E+3", "9007199254740992", "123456789012345680000",
			"1e21", "1e-7", "5e-324", "1.7976931348623157e308", "100000000000000000000", "0.000001",
		}),
		rapid.Map(rapid.Int32(), func(i int32) string { return strconv.Itoa(int(i)) }),
		rapid.Map(rapid.Float64(), func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }),
	)
	// decimals are numbers that no double holds.
	decimals = rapid.OneOf(
		rapid.SampledFrom([]string{
			"9007199254740993", "0.1000000000000000000001", "1e400", "-1e400", "1e-400", "123456789012345678901234567890",
			"1152921504606846976", "3.141592653589793238",
		}),
		rapid.Map(rapid.Uint64Range(1, 1<<52), func(i uint64) string { return strconv.FormatUint(i, 10) + "." + strings.Repeat("1", 20) }),
	)
)

// jsonOf draws the text of a JSON value: of an object if depth is the largest one.
func jsonOf(t *rapid.T, numbers *rapid.Generator[string], depth int, object bool) string {
	kind := 6
	if !object {
		kind = rapid.IntRange(0, 6).Draw(t, "kind")
	}
	if depth == 0 {
		kind %= 5
	}
	quote := func(s string) string { return string(jsontext.AppendString(nil, nil, s)) }
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t"}).Draw(t, "space")
	switch kind {
	case 0:
		return "null"
	case 1:
		return "true"
	case 2:
		return "false"
	case 3:
		return numbers.Draw(t, "number")
	case 4:
		return quote(texts.Draw(t, "text"))
	case 5:
		var elements []string
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			elements = append(elements, space+jsonOf(t, numbers, depth-1, false))
		}
		return "[" + strings.Join(elements, ",") + space + "]"
	}
	var members []string
	for _, key := range rapid.SliceOfNDistinct(texts, 0, 4, rapid.ID).Draw(t, "keys") {
		members = append(members, space+quote(key)+space+":"+jsonOf(t, numbers, depth-1, false))
	}
	return "{" + strings.Join(members, ",") + space + "}"
}

func objects(numbers *rapid.Generator[string]) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte { return []byte(jsonOf(t, numbers, 3, true)) })
}

func names(prefix string) *rapid.Generator[string] {
	return rapid.Map(rapid.IntRange(0, 9), func(i int) string { return fmt.Sprintf("%s%d", prefix, i) })
}

var typeNames = rapid.SampledFrom([]resource.Type{"dir", "network", "database.instance", "proxy"})

var identifiers = rapid.Custom(func(t *rapid.T) resource.Identifier {
	return resource.Identifier{
		Type: typeNames.Draw(t, "type"),
		ID:   rapid.OneOf(names("x"), rapid.SampledFrom([]string{"a:b", "ä", "::"})).Draw(t, "id"),
	}
})

// resources draws resources whose identifiers differ.
func resources(attributes *rapid.Generator[[]byte]) *rapid.Generator[[]*resource.Resource] {
	return rapid.Custom(func(t *rapid.T) []*resource.Resource {
		var out []*resource.Resource
		for _, id := range rapid.SliceOfNDistinct(identifiers, 0, 6, rapid.ID).Draw(t, "identifiers") {
			out = append(out, resourceOf(t, id, attributes))
		}
		return out
	})
}

func resourceOf(t *rapid.T, id resource.Identifier, attributes *rapid.Generator[[]byte]) *resource.Resource {
	r := &resource.Resource{
		Identifier:      id,
		Executor:        resource.Executor{Type: resource.ExecutorType(rapid.IntRange(1, 4).Draw(t, "executor"))},
		DiffIgnore:      rapid.SliceOfN(rapid.SampledFrom([]string{"", "/a", "/a~0b/~1"}), 0, 2).Draw(t, "ignore"),
		ResourceVersion: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "version"),
		NeedsRecreate:   rapid.Bool().Draw(t, "needs recreate"),
		PendingDeletion: rapid.Bool().Draw(t, "pending deletion"),
		Error:           texts.Draw(t, "error"),
	}
	if r.Executor.Type == resource.ExecutorHost || r.Executor.Type == resource.ExecutorPrimary {
		r.Executor.ID = names("h").Draw(t, "place")
	}
	if rapid.IntRange(0, 5).Draw(t, "has attributes") > 0 {
		r.Attributes = attributes.Draw(t, "attributes")
	}
	for _, d := range rapid.SliceOfN(identifiers, 0, 3).Draw(t, "dependencies") {
		if d != id {
			r.Dependencies = append(r.Dependencies, d)
		}
	}
	for _, d := range rapid.SliceOfN(identifiers, 0, 2).Draw(t, "types") {
		if d.Type != id.Type {
			r.TypeDependencies = append(r.TypeDependencies, d.Type)
		}
	}
	return r
}
