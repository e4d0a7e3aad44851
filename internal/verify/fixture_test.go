package verify_test

import (
	"fmt"
	"slices"
	"strings"

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
	// restore, if there is any, makes it a restore of these nodes, beside the others.
	restore []*planner.NodeRestoreResources
}

// plan plans from start.
func (w wish) plan(start *resource.State) ([]resource.Plan, error) {
	if len(w.restore) > 0 {
		return planner.RestoreDatabase(start, w.nodes, w.restore)
	}
	return planner.UpdateDatabase(w.updateOptions(), start, w.nodes)
}

func (w wish) updateOptions() planner.UpdateDatabaseOptions {
	options := planner.UpdateDatabaseOptions{Services: w.services}
	options.PlanOptions.ForceUpdate = w.force
	if w.concurrent {
		options.NodeUpdateStrategy = planner.NodeUpdateStrategyConcurrent
	}
	return options
}

// end is the state that is wished for.
func (w wish) end() *resource.State {
	nodes := slices.Clone(w.nodes)
	for _, r := range w.restore {
		nodes = append(nodes, r.ToNodeResources())
	}
	end, err := planner.EndState(nodes)
	if err != nil {
		panic(err)
	}
	for _, s := range w.services {
		for _, r := range s.Resources {
			end.Add(r)
		}
		if s.MonitorResource != nil {
			end.Add(s.MonitorResource)
		}
	}
	return end
}

// options are those by which the plans of the wish are judged. What a force update or a restore has done,
// it would do again.
func (w wish) options() verify.Options {
	if len(w.restore) > 0 {
		return (&request.RestoreDatabaseCall{Nodes: w.nodes, Targets: w.restore}).Judging(nil)
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
	t.Fatalf("%sof these plans:\n%s", &b, show(plans))
}

// nodes returns wanted nodes. Each description is a name, perhaps followed by ":" and the number of
// instances, 1 without it, and by "<" and the source.
func nodes(descriptions ...string) []*planner.NodeResources {
	all := make([]*planner.NodeResources, len(descriptions))
	for i, d := range descriptions {
		d, source, _ := strings.Cut(d, "<")
		name, count, _ := strings.Cut(d, ":")
		instances := 1
		if count != "" {
			fmt.Sscan(count, &instances)
		}
		all[i] = newNode(name, instances)
		all[i].SourceNode = source
	}
	return all
}

// newNode is a node with resources of an orchestrator around it: what each instance needs, one thing that
// all instances share, what the databases need, and what needs the node.
func newNode(name string, instances int) *planner.NodeResources {
	n := &planner.NodeResources{NodeName: name, DatabaseOwner: "admin"}
	for i := range instances {
		n.InstanceResources = append(n.InstanceResources, newInstance(name, instanceID(name, i)))
	}
	return n
}

func instanceID(node string, i int) string { return fmt.Sprintf("%s-%c", node, 'a'+i) }

func newInstance(node, id string) *planner.InstanceResources {
	network := own("host.network", "shared", `{"mtu":1500}`)
	directory := own("host.directory", id, `{"mode":"0700"}`)
	container := own("host.container", id, `{"image":"postgres:18"}`, directory.Identifier, network.Identifier)
	return &planner.InstanceResources{
		Instance: database.Instance{
			Spec: database.InstanceSpec{
				InstanceID: id, NodeName: node, DatabaseID: "5f2c", HostID: "host-" + id, DatabaseName: "app",
				Settings: []byte(`{"port":5432}`),
			},
			Hostname: id + ".example",
		},
		InstanceDependencies: []*resource.Resource{network, directory, container},
		DatabaseDependencies: []*resource.Resource{own("host.backup", id, `{}`, resource.Identifier{Type: "host.directory", ID: id})},
		NodeDependents:       []*resource.Resource{own("host.proxy", id, `{}`, database.NodeIdentifier(node))},
	}
}

// own is a resource of the orchestrator.
func own(t resource.Type, id, attributes string, dependencies ...resource.Identifier) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorAny},
		Attributes:      []byte(attributes),
		Dependencies:    dependencies,
		ResourceVersion: "1",
	}
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
			firewall := own("host.firewall", i.Instance.Spec.InstanceID, `{}`)
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
	front := own("host.service", id, attributes)
	front.TypeDependencies = []resource.Type{database.TypePostgresDatabase}
	return &planner.ServiceResources{
		ServiceInstanceID: id,
		Resources:         []*resource.Resource{front},
		MonitorResource:   own("host.watch", id, `{}`, front.Identifier),
	}
}

// restored is a node to restore, with an instance that performs it.
func restored(name string, instances int) *planner.NodeRestoreResources {
	n := newNode(name, instances)
	r := &planner.NodeRestoreResources{
		NodeName:         name,
		PrimaryInstance:  n.InstanceResources[0],
		RestoreInstance:  newInstance(name, instanceID(name, 0)),
		ReplicaInstances: n.InstanceResources[1:],
		DatabaseOwner:    "admin",
		RestoreConfig:    &database.RestoreConfig{SourceDatabaseName: "app"},
	}
	r.RestoreInstance.InstanceDependencies = append(r.RestoreInstance.InstanceDependencies,
		own("host.restore", name, `{}`, resource.Identifier{Type: "host.directory", ID: instanceID(name, 0)}))
	return r
}

// execute returns the state that executing the plans leaves.
func execute(start *resource.State, plans []resource.Plan) *resource.State {
	s := start.Clone()
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for _, e := range phase.Events {
				s.Apply(e)
			}
		}
	}
	return s
}

// show prints plans for a person.
func show(plans []resource.Plan) string {
	var b strings.Builder
	for i, plan := range plans {
		for k, phase := range plan.Phases {
			for _, e := range phase.Events {
				fmt.Fprintf(&b, "%d.%d %s %s %s\n", i, k, e.Type, e.Resource.Identifier, e.Reason)
			}
		}
	}
	return b.String()
}
