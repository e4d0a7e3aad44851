package simulation

import (
	"bytes"
	"slices"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/databases"
)

// takeAway takes things away, whosever they are. A refresh finds that.
func (o *orchestrator) takeAway(ids []resource.Identifier) {
	for _, id := range ids {
		if r, ok := o.state.Get(id); ok {
			d := thing(r)
			o.world.lose(&d)
		}
	}
	o.refresh()
}

// falsify changes records of things that are there.
func (o *orchestrator) falsify(how string, ids []resource.Identifier) {
	for _, id := range ids {
		r, ok := o.state.Get(id)
		if !ok {
			continue
		}
		d, c := thing(r), *r
		switch how {
		case "forget":
			o.forget(id, &d)
			continue
		case "mark":
			c.NeedsRecreate = true
		case "fail":
			c.Error = "failed"
		case "disable":
			c.Attributes = bytes.Replace(r.Attributes, []byte(`"disabled":false`), []byte(`"disabled":true`), 1)
		}
		o.state.Add(&c)
		o.sum ^= fingerprint(r) ^ fingerprint(&c)
	}
}

// withoutPrimary records that the primary of a node is not known.
func (o *orchestrator) withoutPrimary(node string) {
	r, _ := o.state.Get(database.NodeIdentifier(node))
	name, err := database.NodePrimaryInstanceID(nil, r)
	if err != nil {
		panic(err)
	}
	c := *r
	c.Attributes = bytes.Replace(r.Attributes, []byte(`"primary_instance_id":"`+name+`"`), []byte(`"primary_instance_id":""`), 1)
	o.put(&c, &deed{kind: database.TypeNode, node: nodeNumber(node)}, 0)
}

// changes are what is different in what is wanted of nodes.
type changes map[string]map[string]bool

func (c changes) set(what, node string) {
	if c[node] == nil {
		c[node] = make(map[string]bool)
	}
	if what == "nothing" {
		clear(c[node])
		return
	}
	c[node][what] = true
}

func (c changes) dress(n *planner.NodeResources) {
	c.dressAs(n, c["all"])
	c.dressAs(n, c[n.NodeName])
}

func (c changes) dressAs(n *planner.NodeResources, all map[string]bool) {
	for what := range all {
		for _, i := range n.InstanceResources {
			dressInstance(what, i)
		}
		last := &n.InstanceResources[len(n.InstanceResources)-1].Instance.Spec
		switch what {
		case "database_name":
			n.DatabaseName = "other"
		case "database_id":
			n.DatabaseID = "other"
		case "owner":
			n.DatabaseOwner = "other"
		case "instance_id":
			last.InstanceID = n.NodeName + "-c"
		case "last_host":
			last.HostID = "host-other"
		case "reversed":
			slices.Reverse(n.InstanceResources)
		case "complete":
			n.AllowMissingRows = false
		case "backup":
			n.RestoreConfig = &database.RestoreConfig{SourceDatabaseName: databases.Name}
		case "lacking_backup":
			n.RestoreConfig, n.AllowMissingRows = &database.RestoreConfig{SourceDatabaseName: databases.Name}, true
		case "rejoin":
			n.Recovery = planner.NodeRecoveryRejoin
		case "continue":
			n.Recovery = planner.NodeRecoveryContinue
		}
	}
}

func dressInstance(what string, i *planner.InstanceResources) {
	spec := &i.Instance.Spec
	watch := func(host string) {
		r := databases.OnHost("host.watch", spec.InstanceID, "")
		r.Executor.ID = host
		i.NodeDependents = append(i.NodeDependents, r)
	}
	switch what {
	case "host_id":
		spec.HostID = "host-other"
	case "database_name", "spec_database_name":
		spec.DatabaseName = "other"
	case "database_id":
		spec.DatabaseID = "other"
	case "node_name":
		spec.NodeName = "n9"
	case "executor":
		i.InstanceDependencies[0].Executor.ID = "host-other"
	case "watch":
		watch("host-" + spec.InstanceID)
	case "watch_elsewhere":
		watch("host-other")
	case "no_directory":
		i.InstanceDependencies = nil
	case "database_needs":
		i.DatabaseDependencies = append(i.DatabaseDependencies, databases.OnHost("host.extension", spec.InstanceID, ""))
	}
}
