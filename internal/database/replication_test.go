package database_test

import (
	"reflect"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
)

// Slot and subscription that are made together are what each makes for itself, and leave each other alone.
func TestReplication(t *testing.T) {
	for _, l := range []database.Link{
		{Provider: "n1", Subscriber: "n2", DatabaseName: "app"},
		{Provider: "a \"quoted\" provider", Subscriber: "", DatabaseName: "ä:b"},
	} {
		provider := database.PostgresDatabaseIdentifier(l.Provider, l.DatabaseName)
		slot, subscription := database.Replication(l, provider)
		_ = append(slot.Attributes, "changed"...)
		_ = append(slot.Dependencies, provider, provider)
		if want := (database.ReplicationSlot{Link: l}).Resource(); !reflect.DeepEqual(slot, want) {
			t.Errorf("got slot %+v, want %+v", slot, want)
		}
		if want := (database.Subscription{Link: l}).Resource(); !reflect.DeepEqual(subscription, want) {
			t.Errorf("got subscription %+v, want %+v", subscription, want)
		}
	}
}
