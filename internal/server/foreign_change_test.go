package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// change changes something in a state, and says what; empty: it found nothing to change.
func (d dice) change(s *resource.State) string {
	if d.one(12) {
		return d.layout(s)
	}
	if s.Len() == 0 || d.one(15) {
		return d.extra(s)
	}
	r := d.record(s)
	id := r.Identifier
	if d.one(5) {
		s.Remove(id)
		return "no " + id.String()
	}
	changed := r.Clone()
	what := d.field(s, changed)
	if changed.Identifier != id {
		s.Remove(id)
	}
	s.Add(changed)
	return fmt.Sprintf("%s: %s", id, what)
}

// record is any record of the state, more often one of the catalog.
func (d dice) record(s *resource.State) *resource.Resource {
	all := s.Resources()
	if d.one(2) {
		if of := slices.DeleteFunc(slices.Clone(all), func(r *resource.Resource) bool {
			return !database.IsCatalogType(r.Identifier.Type)
		}); len(of) > 0 {
			all = of
		}
	}
	if d.one(2) {
		// Each type as often, however many there are of it.
		byType := map[resource.Type][]*resource.Resource{}
		for _, r := range all {
			byType[r.Identifier.Type] = append(byType[r.Identifier.Type], r)
		}
		all = byType[pick(d, slices.Sorted(maps.Keys(byType))...)]
	}
	return pick(d, all...)
}

// field changes one field of a record.
func (d dice) field(s *resource.State, r *resource.Resource) string {
	switch d.IntN(20) {
	case 0, 1, 2, 3:
		r.NeedsRecreate = !r.NeedsRecreate
		return fmt.Sprint("needs_recreate ", r.NeedsRecreate)
	case 4, 5:
		r.Error = pick(d, "", "it did not work")
		return fmt.Sprintf("error %q", r.Error)
	case 6:
		r.NeedsRecreate, r.Error = true, "it did not work"
		return "needs_recreate, error"
	case 7:
		r.PendingDeletion = !r.PendingDeletion
		return fmt.Sprint("pending_deletion ", r.PendingDeletion)
	case 8, 9, 10, 11:
		return d.attribute(r)
	case 12:
		r.Attributes = pick(d, json.RawMessage(`{}`), nil)
		return fmt.Sprintf("attributes %q", r.Attributes)
	case 13, 14, 15:
		return d.dependencies(s, r)
	case 16:
		r.TypeDependencies = append(r.TypeDependencies, pick(d, database.TypeNode, database.TypeInstance, "container", "nothing", r.Identifier.Type))
		return fmt.Sprint("type dependency ", r.TypeDependencies)
	case 17:
		r.Executor = pick(d,
			resource.Executor{Type: resource.ExecutorHost, ID: "host-other"}, resource.Executor{Type: resource.ExecutorAny},
			resource.Executor{Type: resource.ExecutorManager}, resource.Executor{Type: resource.ExecutorPrimary, ID: "n2"},
			resource.Executor{Type: resource.ExecutorPrimary})
		return fmt.Sprint("executor ", r.Executor)
	case 18:
		if d.one(2) {
			r.ResourceVersion = pick(d, "", "2", "1")
			return "version " + r.ResourceVersion
		}
		r.DiffIgnore = pick(d, nil, []string{"/name"}, []string{""}, []string{"/a/b", "/port"}, []string{"no pointer"})
		return fmt.Sprintf("diff_ignore %q", r.DiffIgnore)
	default:
		return d.identifier(r)
	}
}

// attribute changes one attribute of a record.
func (d dice) attribute(r *resource.Resource) string {
	attributes := map[string]json.RawMessage{}
	if len(r.Attributes) > 0 {
		if err := json.Unmarshal(r.Attributes, &attributes); err != nil {
			panic(err)
		}
	}
	key := "new"
	if keys := slices.Sorted(maps.Keys(attributes)); len(keys) > 0 && !d.one(20) {
		key = pick(d, keys...)
	}
	value := pick(d, "", "null", `""`, `"n1"`, `"n2"`, `"n3"`, `"n1-a"`, `"n2-a"`, `"n1-b"`, "true", "false", "1", "[]", "{}", `["n1-a"]`, `[null]`)
	switch old := string(attributes[key]); {
	case old == "true" && !d.one(3):
		value = "false"
	case old == "false" && !d.one(3):
		value = "true"
	}
	if value == "" {
		delete(attributes, key)
	} else {
		attributes[key] = json.RawMessage(value)
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		panic(err)
	}
	r.Attributes = text
	return key + "=" + value
}

// dependencies changes what a record depends on.
func (d dice) dependencies(s *resource.State, r *resource.Resource) string {
	switch n := len(r.Dependencies); {
	case n > 0 && d.one(5):
		r.Dependencies = nil
		return "no dependencies"
	case n > 0 && d.one(2):
		at := d.IntN(n)
		gone := r.Dependencies[at]
		r.Dependencies = slices.Delete(slices.Clone(r.Dependencies), at, at+1)
		return "does not depend on " + gone.String()
	}
	on := pick(d, s.Resources()...).Identifier
	switch d.IntN(8) {
	case 0:
		on = resource.Identifier{Type: "nothing", ID: "nowhere"}
	case 1:
		on = r.Identifier
	}
	r.Dependencies = append(slices.Clone(r.Dependencies), on)
	return "depends on " + on.String()
}

// catalogTypes are all types of the catalog.
var catalogTypes = []resource.Type{
	database.TypeInstance, database.TypeNode, database.TypePostgresDatabase, database.TypeMonitorInstance,
	database.TypeReplicationSlot, database.TypeSubscription, database.TypeReplicationSlotCreate, database.TypeSyncEvent,
	database.TypeWaitForSyncEvent, database.TypePeerCatchup, database.TypeLagTracker, database.TypeReplicationSlotAdvance,
	database.TypeReplicationOriginAdvance, database.TypeDumpRoles, database.TypeRolesSource,
}

// identifier gives a record another identifier.
func (d dice) identifier(r *resource.Resource) string {
	switch d.IntN(6) {
	case 0:
		r.Identifier.Type = pick(d, catalogTypes...)
	case 1:
		r.Identifier.ID = strings.ReplaceAll(r.Identifier.ID, ":", "")
	case 2:
		r.Identifier.ID += pick(d, ":", "x", ":x", "-b", "/")
	case 3:
		r.Identifier.ID = pick(d, "n1", "n2", "x", "n1:n2:app", "n1:n2", "::", "n1-a")
	default:
		r.Identifier.ID = strings.Replace(r.Identifier.ID, pick(d, "n1", "n2", "n3"), pick(d, "n1", "n2", "n3", "n4"), pick(d, 1, -1))
	}
	return "is " + r.Identifier.String()
}

// extra adds records that nothing has written there.
func (d dice) extra(s *resource.State) string {
	from, to, third := pick(d, "n1", "n2", "n3", "n9"), pick(d, "n2", "n1", "n3", "n4"), pick(d, "n1", "n2", "n3")
	link := database.Link{Provider: from, Subscriber: to, DatabaseName: pick(d, databases.Name, databases.Name, databases.Name, "other")}
	var more []*resource.Resource
	switch d.IntN(16) {
	case 0:
		more = append(more, database.ReplicationSlot{Link: link}.Resource())
	case 1:
		more = append(more, database.Subscription{Link: link, Disabled: d.one(2), SyncData: d.one(3), SyncStructure: d.one(3)}.Resource())
	case 2:
		more = append(more, database.ReplicationSlotCreate{Link: link}.Resource())
	case 3:
		more = append(more, database.SyncEvent{Link: link}.Resource())
	case 4:
		more = append(more, database.WaitForSyncEvent{Link: link}.Resource())
	case 5:
		more = append(more, database.PeerCatchup{Source: from, Peer: to, DatabaseName: link.DatabaseName}.Resource())
	case 6:
		more = append(more, database.LagTracker{Origin: from, Receiver: to, DatabaseName: link.DatabaseName}.Resource())
	case 7:
		more = append(more, database.ReplicationSlotAdvance{Link: link}.Resource(), database.ReplicationOriginAdvance{Link: link}.Resource())
	case 8:
		more = append(more, database.DumpRoles{NodeName: from}.Resource())
	case 9:
		more = append(more, database.RolesSource{NodeName: to, SourceNodeName: third}.Resource())
	case 10:
		more = append(more, database.Node{Name: from, InstanceIDs: []string{from + "-a"}, PrimaryInstanceID: pick(d, "", from+"-a", from+"-b")}.Resource())
	case 11:
		more = append(more, database.PostgresDatabase{DatabaseID: databases.ID, NodeName: from, DatabaseName: link.DatabaseName}.Resource())
	case 12:
		more = append(more, database.MonitorInstance{InstanceID: from + "-a", DatabaseName: link.DatabaseName, HostID: "h"}.Resource())
	case 13:
		instance := databases.Instance(from, from+pick(d, "-a", "-b", "-c")).Instance
		more = append(more, instance.Resource(nil))
	default:
		a, b := databases.Own("leftover", "a", `{}`), databases.Own("leftover", "b", `{}`)
		a.Dependencies, b.Dependencies = []resource.Identifier{b.Identifier}, []resource.Identifier{a.Identifier}
		if d.one(2) && s.Len() > 0 {
			b.Dependencies = []resource.Identifier{pick(d, s.Resources()...).Identifier}
		}
		more = append(more, a, b)
	}
	var names []string
	for _, r := range more {
		s.Add(r)
		names = append(names, r.Identifier.String())
	}
	return "also " + strings.Join(names, ", ")
}

// layout writes all records of a kind as others write them, or did before.
func (d dice) layout(s *resource.State) string {
	all := slices.Clone(s.Resources())
	without := func(t resource.Type, keep func(*resource.Resource, resource.Identifier) bool) {
		for _, r := range all {
			if r.Identifier.Type == t {
				changed := r.Clone()
				changed.Dependencies = slices.DeleteFunc(changed.Dependencies, func(id resource.Identifier) bool { return !keep(r, id) })
				s.Add(changed)
			}
		}
	}
	drop := func(t resource.Type) {
		for _, r := range all {
			if r.Identifier.Type == t {
				s.Remove(r.Identifier)
			}
		}
	}
	switch d.IntN(8) {
	case 0:
		drop(database.TypeReplicationSlot)
		return "layout: no slots"
	case 1:
		drop(database.TypeReplicationSlot)
		without(database.TypeSubscription, func(_ *resource.Resource, id resource.Identifier) bool {
			return id.Type != database.TypeReplicationSlot
		})
		return "layout: no slots and nothing depends on them"
	case 2:
		drop(database.TypeMonitorInstance)
		return "layout: no monitors"
	case 3:
		without(database.TypeReplicationSlotCreate, func(_ *resource.Resource, id resource.Identifier) bool {
			return id.Type == database.TypePostgresDatabase
		})
		return "layout: slot_create depends on the database only"
	case 4:
		without(database.TypeSubscription, func(_ *resource.Resource, id resource.Identifier) bool {
			return id.Type != database.TypeReplicationSlotCreate
		})
		return "layout: subscriptions do not depend on slot_create"
	case 5:
		without(database.TypeSyncEvent, func(_ *resource.Resource, id resource.Identifier) bool {
			return id.Type != database.TypeReplicationSlotCreate
		})
		return "layout: markers do not depend on slot_create"
	case 6:
		t := pick(d, catalogTypes...)
		without(t, func(*resource.Resource, resource.Identifier) bool { return false })
		return fmt.Sprintf("layout: no %s depends on anything", t)
	default:
		for _, r := range all {
			changed := r.Clone()
			slices.Reverse(changed.Dependencies)
			s.Add(changed)
		}
		return "layout: dependencies in another order"
	}
}
