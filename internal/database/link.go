package database

import (
	"strings"

	"github.com/pgplanner/pgplanner/internal/resource"
)

// Link is an ordered pair of nodes in one database: changes of the provider go to the subscriber. All
// resources of a link have the same id, except ReplicationSlotCreate, and differ in their types.
type Link struct {
	Provider, Subscriber, DatabaseName string
}

// LinkOf reads the link back from the identifier of a ReplicationSlot or a Subscription; ok is false for any other
// identifier.
func LinkOf(id resource.Identifier) (link Link, ok bool) {
	if id.Type != TypeReplicationSlot && id.Type != TypeSubscription {
		return Link{}, false
	}
	provider, rest, _ := strings.Cut(id.ID, separator)
	subscriber, databaseName, ok := strings.Cut(rest, separator)
	if !ok {
		return Link{}, false
	}
	return Link{Provider: provider, Subscriber: subscriber, DatabaseName: databaseName}, true
}

// id is "provider:subscriber:database".
func (l Link) id() string { return joinNames(l.Provider, l.Subscriber, l.DatabaseName) }

// identifier is that of the link's resource of the type.
func (l Link) identifier(t resource.Type) resource.Identifier {
	return resource.Identifier{Type: t, ID: l.id()}
}

// providerDatabase identifies the Postgres database on the provider.
func (l Link) providerDatabase() resource.Identifier {
	return PostgresDatabaseIdentifier(l.Provider, l.DatabaseName)
}

// subscriberDatabase identifies the Postgres database on the subscriber. Given the link's id, which ends
// in "subscriber:database", it needs no memory of its own.
func (l Link) subscriberDatabase(id string) resource.Identifier {
	return resource.Identifier{Type: TypePostgresDatabase, ID: id[len(l.Provider)+len(separator):]}
}

// attributes are those that most resources of a link have, and nothing else.
func (l Link) attributes(buffer []byte) object { return l.attributesFrom(buffer, "") }

// attributesFrom are attributes with the source that the subscriber has copied; "" leaves it out.
func (l Link) attributesFrom(buffer []byte, source string) object {
	o := newObject(buffer).text("database_name", l.DatabaseName).text("provider_node", l.Provider)
	if source != "" {
		o = o.text("source_node", source)
	}
	return o.text("subscriber_node", l.Subscriber)
}

// joinNames is the id of a resource that two nodes and a database name together.
func joinNames(a, b, database string) string {
	return a + separator + b + separator + database
}
