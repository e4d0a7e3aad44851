package planner_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// wish is what a scenario asks for.
type wish struct {
	function string
	options  planner.UpdateDatabaseOptions // of RestoreDatabase, too, which has some of them
	nodes    []*planner.NodeResources
	existing []*planner.NodeResources // of PopulateNode and PopulateNodes
	targets  []*planner.NodeRestoreResources
}

// The database of all scenarios.
const (
	databaseID    = "db1"
	databaseName  = "app"
	databaseOwner = "admin"
)

// wishParser goes through the lines of a wish section. Indentation is for readers only: a line belongs to
// the instance, node or service above it.
type wishParser struct {
	testing.TB
	wish     *wish
	node     *planner.NodeResources
	target   *planner.NodeRestoreResources
	instance *planner.InstanceResources
	service  *planner.ServiceResources
}

// parseWish reads the lines of a wish section:
//
//	call FUNCTION                     default: UpdateDatabase
//	strategy rolling|concurrent
//	force                             update everything
//	lost HOST ...                     hosts that are gone for good
//	existing NODE ...                 for PopulateNode and PopulateNodes
//	node NAME [source NODE] [backup DATABASE] [primary INSTANCE] [owner ROLE] [recovery WAY] [allow missing_rows]
//	  script NAME SQL
//	  instance ID on HOST [KEY=JSON ...]     with its settings
//	    needs RESOURCE                an instance dependency, at the instance's host unless it says more
//	    database needs RESOURCE       a database dependency, likewise
//	    node has RESOURCE             a node dependent, likewise
//	    connection JSON               connection info
//	restore NAME from DATABASE        a node to restore; its instances as above, the primary first
//	  restoring [KEY=JSON ...]        the restore instance: the primary with these settings
//	    needs RESOURCE                and instance dependencies, besides those of the primary so far
//	service ID
//	  has RESOURCE
//	  monitored by RESOURCE
//
// RESOURCE is what parseResource reads. Nothing in the wish is shared with that of another call.
func parseWish(t testing.TB, text string) *wish {
	t.Helper()
	p := &wishParser{TB: t, wish: &wish{function: "UpdateDatabase"}}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 && !p.line(words[0], words[1:]) {
			t.Fatalf("wish: what is %q?", strings.TrimSpace(line))
		}
	}
	return p.wish
}

func (p *wishParser) line(verb string, words []string) bool {
	switch verb {
	case "call":
		p.wish.function = words[0]
	case "strategy":
		p.wish.options.NodeUpdateStrategy = planner.NodeUpdateStrategy(words[0])
	case "force":
		p.wish.options.PlanOptions.ForceUpdate = true
	case "lost":
		p.wish.options.LostHosts = words
	case "existing":
		for _, name := range words {
			p.wish.existing = append(p.wish.existing, &planner.NodeResources{NodeName: name})
		}
	case "node":
		if words[0] == "has" {
			p.instance.NodeDependents = append(p.instance.NodeDependents, p.resource(words[1:]))
			return true
		}
		return p.addNode(words)
	case "restore":
		return p.addTarget(words)
	case "script":
		p.node.Scripts = append(p.node.Scripts, database.Script{
			Name: words[0], Statements: []string{strings.Join(words[1:], " ")}, NeedsToRun: true,
		})
	case "instance", "restoring", "needs", "database", "connection":
		return p.instanceLine(verb, words)
	case "service":
		p.service = &planner.ServiceResources{ServiceInstanceID: words[0]}
		p.wish.options.Services = append(p.wish.options.Services, p.service)
	case "has":
		p.service.Resources = append(p.service.Resources, parseResource(p, words, anyHost))
	case "monitored":
		p.service.MonitorResource = parseResource(p, words[1:], anyHost)
	default:
		return false
	}
	return true
}

func (p *wishParser) instanceLine(verb string, words []string) bool {
	switch verb {
	case "instance":
		return p.addInstance(words)
	case "restoring":
		restoring := *p.target.PrimaryInstance
		restoring.Instance.Spec.Settings = p.settings(words)
		restoring.InstanceDependencies = copyResources(restoring.InstanceDependencies)
		p.instance, p.target.RestoreInstance = &restoring, &restoring
	case "needs":
		p.instance.InstanceDependencies = append(p.instance.InstanceDependencies, p.resource(words))
	case "database":
		p.instance.DatabaseDependencies = append(p.instance.DatabaseDependencies, p.resource(words[1:]))
	case "connection":
		p.instance.Instance.ConnectionInfo = json.RawMessage(words[0])
	}
	return true
}

var anyHost = resource.Executor{Type: resource.ExecutorAny}

// resource reads a resource that is at the host of the current instance, unless it says more.
func (p *wishParser) resource(words []string) *resource.Resource {
	host := p.instance.Instance.Spec.HostID
	return parseResource(p, words, resource.Executor{Type: resource.ExecutorHost, ID: host})
}

func (p *wishParser) addNode(words []string) bool {
	p.target = nil
	p.node = &planner.NodeResources{
		NodeName: words[0], DatabaseID: databaseID, DatabaseName: databaseName, DatabaseOwner: databaseOwner,
	}
	p.wish.nodes = append(p.wish.nodes, p.node)
	for words = words[1:]; len(words) > 1; words = words[2:] {
		switch words[0] {
		case "source":
			p.node.SourceNode = words[1]
		case "backup":
			p.node.RestoreConfig = backup(words[1])
		case "recovery":
			p.node.Recovery = planner.NodeRecovery(words[1])
		case "allow":
			p.node.AllowMissingRows = words[1] == "missing_rows"
		case "primary":
			p.node.PrimaryInstanceID = words[1]
		case "owner":
			p.node.DatabaseOwner = words[1]
		default:
			return false
		}
	}
	return len(words) == 0
}

func (p *wishParser) addTarget(words []string) bool {
	p.target = &planner.NodeRestoreResources{
		NodeName: words[0], DatabaseID: databaseID, DatabaseName: databaseName, DatabaseOwner: databaseOwner,
	}
	p.node = &planner.NodeResources{NodeName: words[0]}
	p.wish.targets = append(p.wish.targets, p.target)
	if len(words) == 3 && words[1] == "from" {
		p.target.RestoreConfig = backup(words[2])
		return true
	}
	return false
}

func backup(databaseName string) *database.RestoreConfig {
	return &database.RestoreConfig{SourceDatabaseID: "db0", SourceNodeName: "n1", SourceDatabaseName: databaseName}
}

func (p *wishParser) addInstance(words []string) bool {
	if len(words) < 3 || words[1] != "on" {
		return false
	}
	p.instance = &planner.InstanceResources{Instance: database.Instance{
		Spec: database.InstanceSpec{
			InstanceID: words[0], NodeName: p.node.NodeName, HostID: words[2],
			DatabaseID: databaseID, DatabaseName: databaseName, Settings: p.settings(words[3:]),
		},
		Hostname: words[2] + ".internal",
	}}
	switch {
	case p.target == nil:
		p.node.InstanceResources = append(p.node.InstanceResources, p.instance)
	case p.target.PrimaryInstance == nil:
		p.target.PrimaryInstance = p.instance
	default:
		p.target.ReplicaInstances = append(p.target.ReplicaInstances, p.instance)
	}
	return true
}

// settings reads KEY=JSON words; a single word without "=" stands for settings as a whole, to test such.
func (p *wishParser) settings(words []string) json.RawMessage {
	switch {
	case len(words) == 0:
		return nil
	case len(words) == 1 && !strings.Contains(words[0], "="):
		return json.RawMessage(words[0])
	}
	return jsonObject(p, words)
}

func copyResources(rs []*resource.Resource) []*resource.Resource {
	out := make([]*resource.Resource, len(rs))
	for i, r := range rs {
		out[i] = r.Clone()
	}
	return out
}
