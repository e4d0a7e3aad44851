package database_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/jsontext"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestReplicationSlotCreateNamesAreUnique (safety): a slot that two links took for theirs would be advanced
// for one and lose the changes of the other. The name determines the link: it can be read back, or has a hash of it.
func TestReplicationSlotCreateNamesAreUnique(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "n1", "n11", "1n", "s", "subs", "xsub", "Sub", "sub-1", "ö"})
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(words, 1, 4).Draw(t, "words"), "_")
	}).Filter(func(name string) bool { return name != "" })
	const databaseName = "app_sub_n1"
	seen := testkit.Classes{}
	legal, hashed := regexp.MustCompile(`^[a-z0-9_]{1,63}$`), regexp.MustCompile(`_[0-9a-f]{16}$`)
	named := map[string]database.Link{}

	seen.CheckMany(t, 10, 10, func(t *rapid.T) {
		l := database.Link{
			Provider:     name.Draw(t, "provider"),
			Subscriber:   rapid.OneOf(name, rapid.Just("sub"), rapid.Just("sub_n1_sub_n1_n2")).Draw(t, "subscriber"),
			DatabaseName: databaseName,
		}
		seen.Count("underscores", strings.Contains(l.Provider, "_"))
		seen.Count("sub in a word", strings.Contains(l.Provider, "sub"))
		id := database.ReplicationSlotCreateIdentifier(l).ID
		if !legal.MatchString(id) {
			t.Fatalf("%q is no name of a slot", id)
		}
		if other, ok := named[id]; ok && other != l {
			t.Fatalf("%q is the name for %+v and for %+v", id, l, other)
		}
		named[id] = l
		plain := "spk_" + l.DatabaseName + "_" + l.Provider + "_sub_" + l.Provider + "_" + l.Subscriber
		seen.Count("illegal", !legal.MatchString(plain))
		seen.Count("too long", len(plain) > 63)
		if !legal.MatchString(plain) {
			if !hashed.MatchString(id) {
				t.Fatalf("%q has no hash", id)
			}
			return
		}
		if got, ok := readSlotName(id, databaseName); !ok || got != l {
			t.Fatalf("%q reads as %+v, is %+v", id, got, l)
		}
	}, "underscores", "sub in a word", "illegal", "too long")
}

// readSlotName is the inverse of a slot's name in a known database.
func readSlotName(name, databaseName string) (database.Link, bool) {
	rest, ok := strings.CutPrefix(name, "spk_"+databaseName+"_")
	if !ok {
		return database.Link{}, false
	}
	provider, rest, ok := strings.Cut(rest, "_sub_")
	if !ok {
		return database.Link{}, false
	}
	subscriber, ok := strings.CutPrefix(rest, provider+"_")
	return database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: databaseName}, ok
}

// TestReplicationSlotCreateNamesThatCollide shows why the documented limits are there. If it fails, the
// wire contract has changed.
func TestReplicationSlotCreateNamesThatCollide(t *testing.T) {
	tests := map[string][2]database.Link{
		"sub as a word of the provider": {
			{Provider: "a", Subscriber: "sub_a_sub_a_b", DatabaseName: "app"},
			{Provider: "a_sub_a", Subscriber: "b", DatabaseName: "app"},
		},
		"two databases": {
			{Provider: "a", Subscriber: "a_b", DatabaseName: "app_a"},
			{Provider: "a_a", Subscriber: "b", DatabaseName: "app"},
		},
	}
	for name, links := range tests {
		t.Run(name, func(t *testing.T) {
			a := database.ReplicationSlotCreateIdentifier(links[0])
			if b := database.ReplicationSlotCreateIdentifier(links[1]); a != b {
				t.Errorf("%s and %s differ", a, b)
			}
		})
	}
}

// TestLinkIdentifiersAreUnique (safety): gluing names together must not make two links one, whatever the
// names hold besides a colon.
func TestLinkIdentifiersAreUnique(t *testing.T) {
	name := rapid.StringMatching(`[^:]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		l := database.Link{
			Provider:     name.Draw(t, "provider"),
			Subscriber:   name.Draw(t, "subscriber"),
			DatabaseName: name.Draw(t, "database"),
		}
		parts := strings.Split(database.SubscriptionIdentifier(l).ID, ":")
		if !slices.Equal(parts, []string{l.Provider, l.Subscriber, l.DatabaseName}) {
			t.Fatalf("%q is not %+v", parts, l)
		}
	})
}

// TestAnyNameIsWrittenSafely: names reach attributes as they are, whatever they hold, and leave the keys
// alone.
func TestAnyNameIsWrittenSafely(t *testing.T) {
	seen := testkit.Classes{}
	plain := regexp.MustCompile(`^[ -~]*$`)
	seen.CheckMany(t, 10, 10, func(t *rapid.T) {
		l := database.Link{
			Provider:     rapid.String().Draw(t, "provider"),
			Subscriber:   rapid.OneOf(rapid.String(), rapid.StringN(513, 600, -1)).Draw(t, "subscriber"),
			DatabaseName: rapid.StringMatching(`["\\a-z{}:,\x00-\x1f]*`).Draw(t, "database"),
		}
		seen.Count("something to escape", !plain.MatchString(l.Provider+l.Subscriber+l.DatabaseName))
		seen.Count("longer than the buffer", len(l.Subscriber) > 512)
		extras := []resource.Identifier{{Type: resource.Type(l.Provider), ID: l.Subscriber}}
		r := database.SyncEvent{Link: l, ExtraDependencies: extras}.Resource()
		if canonical, err := jsontext.Canonical(nil, r.Attributes); err != nil || !bytes.Equal(canonical, r.Attributes) {
			t.Fatalf("not canonical: %s", r.Attributes)
		}
		var got struct {
			DatabaseName   string                      `json:"database_name"`
			ProviderNode   string                      `json:"provider_node"`
			SubscriberNode string                      `json:"subscriber_node"`
			Extra          []struct{ ID, Type string } `json:"extra_dependencies"`
		}
		if err := json.Unmarshal(r.Attributes, &got); err != nil {
			t.Fatalf("%v: %s", err, r.Attributes)
		}
		if (database.Link{Provider: got.ProviderNode, Subscriber: got.SubscriberNode, DatabaseName: got.DatabaseName}) != l {
			t.Fatalf("%s is not %+v", r.Attributes, l)
		}
		if len(got.Extra) != 1 || got.Extra[0].ID != l.Subscriber || got.Extra[0].Type != l.Provider {
			t.Fatalf("%s does not hold %v", r.Attributes, extras)
		}
	}, "something to escape", "longer than the buffer")
}
