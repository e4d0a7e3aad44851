package database_test

import (
	"slices"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestInRecordedOrder(t *testing.T) {
	a, b := resource.Identifier{Type: "t", ID: "a"}, resource.Identifier{Type: "t", ID: "b"}
	const listA, listB = `{"type":"t","id":"a"}`, `{"id":"b","type":"t"}`
	turned, same := []resource.Identifier{b, a}, []resource.Identifier{a, b}
	instance, postgres := database.InstanceIdentifier("i"), database.PostgresDatabaseIdentifier("n1", "app")
	for _, c := range []struct {
		name       string
		of         resource.Identifier
		attributes string
		want       []resource.Identifier
	}{
		{"another order", instance, `{"dependencies":[` + listB + `, ` + listA + `]}`, turned},
		{"the same order", instance, `{"dependencies":[` + listA + `, ` + listB + `]}`, same},
		{"as it is written here", instance, string(database.Instance{Dependencies: same}.Resource(nil).Attributes), same},
		{"of a database", postgres, `{"extra_dependencies":[` + listB + `,` + listA + `]}`, turned},
		{"under another name", postgres, `{"dependencies":[` + listB + `,` + listA + `]}`, same},
		{"of another type", resource.Identifier{Type: "t", ID: "i"}, `{"dependencies":[` + listB + `,` + listA + `]}`, same},
		{"twice", instance, `{"dependencies":[` + listB + `,` + listB + `]}`, same},
		{"and one twice", instance, `{"dependencies":[` + listB + `,` + listA + `,` + listB + `]}`, same},
		{"less", instance, `{"dependencies":[` + listB + `]}`, same},
		{"another one", instance, `{"dependencies":[` + listB + `,{"type":"t","id":"c"}]}`, same},
		{"none", instance, `{"dependencies":null}`, same},
		{"with more in it", instance, `{"dependencies":[` + listB + `,{"type":"t","id":"a","host":"h"}]}`, same},
		{"with a number", instance, `{"dependencies":[` + listB + `,{"type":"t","id":1}]}`, same},
		{"with texts", instance, `{"dependencies":["t::b","t::a"]}`, same},
		{"with too little in it", instance, `{"dependencies":[` + listB + `,{"type":"t"}]}`, same},
		{"no list", instance, `{"dependencies":{"type":"t","id":"a"}}`, same},
		{"no attributes", instance, ``, same},
	} {
		record := &resource.Resource{Identifier: c.of, Attributes: []byte(c.attributes)}
		if got := database.InRecordedOrder(nil, record, same); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
