package verify_test

import (
	"fmt"
	"strings"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"

	"pgregory.net/rapid"

	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// wish is what is asked of the planner.
type wish struct {
	nodes      []*planner.NodeResources
	services   []*planner.ServiceResources
	concurrent bool
	force      bool
	lost       []string // hosts
	// restore, if there is any, makes it a restore of these nodes, beside the others.
	restore []*planner.NodeRestoreResources
}

// plan plans from start.
func (w wish) plan(start *resource.State) ([]resource.Plan, error) {
	if len(w.restore) > 0 {
		outcome, err := planner.RestoreDatabaseTo(nil, w.restoreOptions(), start, w.nodes, w.restore)
		return outcome.Plans, err
	}
	return planner.UpdateDatabase(w.updateOptions(), start, w.nodes)
}

func (w wish) updateOptions() planner.UpdateDatabaseOptions {
	options := planner.UpdateDatabaseOptions{Services: w.services, LostHosts: w.lost}
	options.PlanOptions.ForceUpdate = w.force
	if w.concurrent {
		options.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
	}
	return options
}

func (w wish) restoreOptions() planner.RestoreDatabaseOptions {
	return planner.RestoreDatabaseOptions{LostHosts: w.lost}
}

// end is the state that is wished for.
func (w wish) end() *resource.State {
	return databases.End(w.all(), w.services...)
}

// options are those by which the plans of the wish are judged. What a force update or a restore has done,
// it would do again.
func (w wish) options() verify.Options {
	if len(w.restore) > 0 {
		return (&request.RestoreDatabaseCall{Options: w.restoreOptions(), Nodes: w.nodes, Targets: w.restore}).Judging(nil)
	}
	o := (&request.UpdateDatabaseCall{Nodes: w.nodes, Options: w.updateOptions()}).Judging(nil)
	switch {
	case w.force:
		calm := w
		calm.force = false
		o.Replan = calm.plan
	default:
		o.Replan = w.plan
	}
	return o
}

// judge plans and judges.
func (w wish) judge(start *resource.State) ([]resource.Plan, []verify.Violation, error) {
	plans, err := w.plan(start)
	if err != nil {
		return nil, nil, err
	}
	return plans, judged(start, plans, w.end(), w.options()), nil
}

// mustPlan plans, and fails if that fails or is judged wrong.
func (w wish) mustPlan(t rapid.TB, start *resource.State) []resource.Plan {
	t.Helper()
	plans, violations, err := w.judge(start)
	if err != nil {
		t.Fatalf("planning: %v", err)
	}
	expectNone(t, plans, violations)
	return plans
}

// judged is the verdict of a judge whom nobody stops.
func judged(
	start *resource.State, plans []resource.Plan, end *resource.State, options verify.Options,
) []verify.Violation {
	violations, err := verify.Plans(nil, start, plans, end, options)
	if err != nil {
		panic(err)
	}
	return violations
}

func expectNone(t rapid.TB, plans []resource.Plan, violations []verify.Violation) {
	t.Helper()
	if len(violations) == 0 {
		return
	}
	var b strings.Builder
	for _, v := range violations {
		fmt.Fprintln(&b, v)
	}
	t.Fatalf("%sof these plans:\n%s", &b, notation.Plans(plans))
}

// nodes returns wanted nodes, with resources of an orchestrator around each instance.
func nodes(descriptions ...string) []*planner.NodeResources {
	return databases.Nodes(orchestrate, descriptions...)
}

// newNode is one of them.
func newNode(name string, instances int) *planner.NodeResources {
	return nodes(fmt.Sprint(name, ":", instances))[0]
}

// orchestrate puts resources of an orchestrator around an instance: what it needs, one thing that all instances share,
// what the databases need, and what needs the node.
func orchestrate(i *planner.InstanceResources) {
	id := i.Instance.Spec.InstanceID
	network := databases.Own("host.network", "shared", `{"mtu":1500}`)
	directory := databases.Own("host.directory", id, `{"mode":"0700"}`)
	container := databases.Own("host.container", id, `{"image":"postgres:18"}`, directory.Identifier, network.Identifier)
	i.InstanceDependencies = []*resource.Resource{network, directory, container}
	i.DatabaseDependencies = []*resource.Resource{databases.Own("host.backup", id, `{}`, directory.Identifier)}
	i.NodeDependents = []*resource.Resource{databases.Own("host.proxy", id, `{}`, database.NodeIdentifier(i.Instance.Spec.NodeName))}
}

// changed gives every instance of the nodes another setting.
func changed(all []*planner.NodeResources) []*planner.NodeResources {
	for _, n := range all {
		for _, i := range n.InstanceResources {
			i.Instance.Spec.Settings = []byte(`{"port":5433}`)
		}
	}
	return all
}

// otherImage gives every container of the nodes another image.
func otherImage(all []*planner.NodeResources) []*planner.NodeResources {
	return withDependency(all, 2, `{"image":"postgres:19"}`)
}

// otherNetwork changes the network that all containers share.
func otherNetwork(all []*planner.NodeResources) []*planner.NodeResources {
	return withDependency(all, 0, `{"mtu":9000}`)
}

// withFirewalls gives every instance a firewall that comes after the containers of all nodes.
func withFirewalls(all []*planner.NodeResources) {
	for _, n := range all {
		for _, i := range n.InstanceResources {
			firewall := databases.Own("host.firewall", i.Instance.Spec.InstanceID, `{}`)
			firewall.TypeDependencies = []resource.Type{"host.container"}
			i.InstanceDependencies = append(i.InstanceDependencies, firewall)
		}
	}
}

func withDependency(all []*planner.NodeResources, i int, attributes string) []*planner.NodeResources {
	for _, n := range all {
		for _, instance := range n.InstanceResources {
			instance.InstanceDependencies[i].Attributes = []byte(attributes)
		}
	}
	return all
}

// service is a service that needs the databases of all nodes.
func service(id, attributes string) *planner.ServiceResources {
	front := databases.Own("host.service", id, attributes)
	front.TypeDependencies = []resource.Type{database.TypePostgresDatabase}
	return &planner.ServiceResources{
		ServiceInstanceID: id,
		Resources:         []*resource.Resource{front},
		MonitorResource:   databases.Own("host.watch", id, `{}`, front.Identifier),
	}
}

// restored is a node to restore, with an instance that performs it.
func restored(name string, instances int) *planner.NodeRestoreResources {
	restoring := newNode(name, 1).InstanceResources[0]
	restoring.InstanceDependencies = append(restoring.InstanceDependencies,
		databases.Own("host.restore", name, `{}`, resource.Identifier{Type: "host.directory", ID: databases.InstanceID(name, 0)}))
	return databases.Target(newNode(name, instances), restoring)
}
