package main

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// example is one file.
type example struct {
	file string
	text []byte
}

// story tells what happens to one database, one request after the other.
type story struct {
	state    *resource.State // what the requests so far have left behind
	examples []example
}

// generate returns all examples. The nodes change in place from chapter to chapter: what is not mentioned
// stays as it was.
func generate() ([]example, error) {
	s := &story{state: resource.NewState()}
	n1, n2, n3 := newNode("n1", "host-1", "host-2"), newNode("n2", "host-3", "host-4"), newNode("n3", "host-5")
	n4 := newNode("n4", "host-7")
	all := []*node{n1, n2, n3}
	rolling := plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_ROLLING
	concurrent := plannerv1.NodeUpdateStrategy_NODE_UPDATE_STRATEGY_CONCURRENT

	chapters := []func() error{
		func() error { return s.update("create-database", all, nil) },
		func() error {
			n4.source = "n2"
			all = append(all, n4)
			return s.update("add-node", all, nil)
		},
		func() error {
			n4.source = "" // a source has a meaning only for a new node
			set(all, "max_connections", 400)
			return s.update("change-setting-rolling", all,
				&plannerv1.UpdateDatabaseOptions{NodeUpdateStrategy: rolling})
		},
		func() error {
			set(all, "shared_buffers", "8GB")
			return s.update("change-setting-concurrent", all,
				&plannerv1.UpdateDatabaseOptions{NodeUpdateStrategy: concurrent})
		},
		func() error {
			n3.hosts = append(n3.hosts, "host-6")
			return s.update("add-replica", all, nil)
		},
		func() error { return s.lostHost([]*node{n1, n3, n4}, n2) },
		func() error {
			all = []*node{n1, n3, n4}
			return s.update("remove-node", all, nil)
		},
		func() error {
			return s.update("force-update", all,
				&plannerv1.UpdateDatabaseOptions{PlanOptions: &plannerv1.PlanOptions{ForceUpdate: true}})
		},
		func() error {
			s.lose(database.ReplicationSlotIdentifier(database.Link{Provider: "n1", Subscriber: "n3", DatabaseName: databaseName}))
			n3.recovery = plannerv1.NodeRecovery_NODE_RECOVERY_REJOIN
			return s.update("rejoin-member", all, nil)
		},
		func() error {
			n3.recovery = plannerv1.NodeRecovery_NODE_RECOVERY_UNSPECIFIED
			return s.restore("restore-node", []*node{n1, n4}, n3)
		},
		func() error {
			return s.update("delete-database", nil, &plannerv1.UpdateDatabaseOptions{DeleteDatabase: true})
		},
		func() error { return s.add("mistakes", mistakes()) },
	}
	for _, chapter := range chapters {
		if err := chapter(); err != nil {
			return nil, err
		}
	}
	return s.examples, nil
}

// lostHost adds what to ask for once the hosts of a node are lost.
func (s *story) lostHost(left []*node, lost *node) error {
	return s.aside(func() error {
		return s.update("lost-host", left, &plannerv1.UpdateDatabaseOptions{LostHosts: lost.hosts})
	})
}

// aside tells something that the rest of the story does not build on.
func (s *story) aside(tell func() error) error {
	before := s.state.Clone()
	defer func() { s.state = before }()
	return tell()
}

// lose records that something is gone, as a refresh finds it.
func (s *story) lose(id resource.Identifier) {
	r, _ := s.state.Get(id)
	lost := *r
	lost.NeedsRecreate = true
	s.state.Add(&lost)
}

// update adds a request to UpdateDatabase, and executes its plans.
func (s *story) update(name string, nodes []*node, options *plannerv1.UpdateDatabaseOptions) error {
	in := &plannerv1.UpdateDatabaseRequest{Start: s.start(), Options: options}
	for _, n := range nodes {
		in.Nodes = append(in.Nodes, n.message())
	}
	if err := s.add(name, in); err != nil {
		return err
	}
	call, err := request.Converter{}.UpdateDatabase(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	plans, err := planner.UpdateDatabase(call.Options, call.Start, call.Nodes)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return s.execute(plans)
}

// restore adds a request to RestoreDatabase, and executes its plans.
func (s *story) restore(name string, staying []*node, target *node) error {
	in := &plannerv1.RestoreDatabaseRequest{
		Start: s.start(), Targets: []*plannerv1.NodeRestoreResources{target.restoreMessage()},
	}
	for _, n := range staying {
		in.Nodes = append(in.Nodes, n.message())
	}
	if err := s.add(name, in); err != nil {
		return err
	}
	call, err := request.Converter{}.RestoreDatabase(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	plans, err := planner.RestoreDatabase(call.Start, call.Nodes, call.Targets)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return s.execute(plans)
}

// start is the state so far as a message; nil while there is nothing.
func (s *story) start() *plannerv1.State {
	if s.state.Len() == 0 {
		return nil
	}
	return messages.In(plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT).State(s.state)
}

func (s *story) add(name string, request proto.Message) error {
	text, err := format(request)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.examples = append(s.examples, example{file: name + ".json", text: text})
	return nil
}
