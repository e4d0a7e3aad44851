package simulation

import (
	"slices"
	"strings"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// things are what a word of a try stands for: n1>n2 is a link.
func things(kind, name string) resource.Identifier {
	provider, subscriber, _ := strings.Cut(name, ">")
	l := database.Link{Provider: provider, Subscriber: subscriber, DatabaseName: databases.Name}
	switch kind {
	case "slot":
		return database.ReplicationSlotIdentifier(l)
	case "making":
		return database.ReplicationSlotCreateIdentifier(l)
	case "subscription":
		return database.SubscriptionIdentifier(l)
	case "marker":
		return database.SyncEventIdentifier(l)
	case "tracker":
		return database.LagTrackerIdentifier(provider, subscriber, databases.Name)
	case "advance":
		return database.ReplicationSlotAdvanceIdentifier(l)
	case "origin":
		return database.ReplicationOriginAdvanceIdentifier(l)
	case "database":
		return database.PostgresDatabaseIdentifier(name, databases.Name)
	case "instance":
		return database.InstanceIdentifier(name)
	case "node":
		return database.NodeIdentifier(name)
	case "roles":
		return database.RolesSourceIdentifier(name)
	case "dump":
		return database.DumpRolesIdentifier(name)
	case "directory":
		return resource.Identifier{Type: "host.directory", ID: name}
	case "service":
		return resource.Identifier{Type: typeService, ID: name}
	}
	panic("no such thing: " + kind)
}

// identifiers reads pairs of kind and name.
func identifiers(words []string) []resource.Identifier {
	var ids []resource.Identifier
	for pair := range slices.Chunk(words, 2) {
		ids = append(ids, things(pair[0], pair[1]))
	}
	return ids
}

// wishOf reads a wish.
func wishOf(words []string) wish {
	var w wish
	for _, word := range words {
		switch word {
		case "-", "delete_database":
		case "concurrently":
			w.concurrent = true
		default:
			w = w.with(wantedOf(word))
		}
	}
	return w
}

func wantedOf(word string) wanted {
	n := newNode(nodeNumber(word))
	for at := 2; at < len(word); at++ {
		switch word[at] {
		case 'x':
			at++
			n.instances = int(word[at] - '0')
		case '<':
			n.source = nodeNumber(word[at+1:])
			at += 2
		case '@':
			at++
			n.version = int(word[at] - '0')
		case '*':
			n.restored = true
		case '+':
			n.service = true
		case '!':
			n.recovery = planner.NodeRecoveryContinue
		case '^':
			n.recovery = planner.NodeRecoveryRejoin
		case '%':
			n.recovery = planner.NodeRecoveryRejoinUndrained
		default:
			panic("no such node: " + word)
		}
	}
	return n
}
