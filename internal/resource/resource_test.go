package resource_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/resource"
)

func TestAttributesOfDifferentVersionsAreNeverCompared(t *testing.T) {
	current := &resource.Resource{Attributes: []byte(`{"a":1}`)}
	wanted := &resource.Resource{Attributes: []byte(`{"a":`), ResourceVersion: "2"}
	if patch, err := resource.DiffAttributes(nil, current, wanted); patch != nil || err != nil {
		t.Errorf("got %v, %v", patch, err)
	}
	if same, err := current.SameAttributes(nil, wanted); !same || err != nil {
		t.Errorf("got %v, %v", same, err)
	}
}
