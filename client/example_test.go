package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc/credentials/insecure"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
)

// A database on three nodes gets a fourth one. A crash anywhere in between needs nothing but the last Reconcile again,
// with a store that survived it.
func Example() {
	ctx := context.Background()
	planner, err := client.Dial(startPlanner(), insecure.NewCredentials())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer planner.Close()
	store := client.NewMemoryStore(nil) // a real one is a database, or a file
	runner := &client.Runner{
		Executor: client.ExecutorFunc(func(_ context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
			// Here the work is done, at the place that the executor of the event's resource says.
			return event.GetResource(), nil
		}),
		Store: store,
	}
	for _, nodes := range []int{3, 4} {
		if err := runner.Reconcile(ctx, planner.Wish(wish(nodes))); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(nodes, "nodes,", count(ctx, store, "database.subscription"), "subscriptions")
	}
	// Output:
	// 3 nodes, 6 subscriptions
	// 4 nodes, 12 subscriptions
}

// Over a socket no credentials are needed. Over the network, TLS says who the server is, and a certificate of its own
// who the client is. The headless service of Kubernetes gives all replicas, so that calls go round them.
func ExampleDial() {
	sidecar, err := client.Dial("unix:///run/planner/planner.sock", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sidecar.Close()

	creds, err := client.TLS("/etc/planner/tls/ca.crt", "/etc/planner/tls/tls.crt", "/etc/planner/tls/tls.key")
	if err != nil {
		fmt.Println(err)
		return
	}
	replicas, err := client.Dial("dns:///planner-headless:7070", creds)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer replicas.Close()
}

// Nothing is executed: this only looks at what would be done.
func ExampleClient_UpdateDatabase() {
	planner, err := client.Dial(startPlanner(), insecure.NewCredentials())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer planner.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sequence, err := planner.UpdateDatabase(ctx, wish(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, plan := range sequence.Plans {
		for _, phase := range plan.GetPhases() {
			for _, event := range phase.GetEvents() {
				fmt.Println(i, phase.GetIndex(), event.GetType(), event.GetResource().GetIdentifier().GetType())
			}
		}
	}
	// Output:
	// 0 0 EVENT_TYPE_CREATE dir
	// 0 1 EVENT_TYPE_CREATE database.instance
	// 0 2 EVENT_TYPE_CREATE database.node
	// 1 0 EVENT_TYPE_CREATE monitor.instance
	// 1 1 EVENT_TYPE_CREATE database.postgres_database
}

// An instance fails at first. The failure is recorded, and what depends on the instance waits for the next attempt,
// for which the planner plans to mend it.
func ExampleRunner_Reconcile() {
	ctx := context.Background()
	planner, err := client.Dial(startPlanner(), insecure.NewCredentials())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer planner.Close()
	broken := true
	runner := &client.Runner{
		Executor: client.ExecutorFunc(func(_ context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
			if broken && event.GetResource().GetIdentifier().GetType() == "database.instance" {
				broken = false
				// Without client.MendableError it would be created anew, from the beginning.
				return nil, &client.MendableError{Err: errors.New("no space left on device")}
			}
			return event.GetResource(), nil
		}),
		Store:       client.NewMemoryStore(nil),
		Concurrency: 1,
		Pause:       func(int) time.Duration { return 0 },
		Review: func(_ context.Context, s *client.Sequence) error {
			fmt.Println("asked:", s.Summary.GetCreates(), "creates,", s.Summary.GetUpdates(), "updates")
			return nil // an error here stops everything before it begins
		},
		Done: func(event *plannerv1.Event, err error) {
			fmt.Println(event.GetType(), event.GetResource().GetIdentifier().GetType(), err)
		},
	}
	fmt.Println("ended:", runner.Reconcile(ctx, planner.Wish(wish(1))))
	// Output:
	// asked: 5 creates, 0 updates
	// EVENT_TYPE_CREATE dir <nil>
	// EVENT_TYPE_CREATE database.instance an update can mend it: no space left on device
	// asked: 3 creates, 1 updates
	// EVENT_TYPE_UPDATE database.instance <nil>
	// EVENT_TYPE_CREATE database.node <nil>
	// EVENT_TYPE_CREATE monitor.instance <nil>
	// EVENT_TYPE_CREATE database.postgres_database <nil>
	// ended: <nil>
}

// count is how many resources of a type are in the store.
func count(ctx context.Context, store client.Store, resourceType string) int {
	state, err := store.Load(ctx)
	if err != nil {
		fmt.Println(err)
	}
	n := 0
	for _, r := range state.GetResources() {
		if r.GetIdentifier().GetType() == resourceType {
			n++
		}
	}
	return n
}

// startPlanner stands in for planner-server, and returns its address.
func startPlanner() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = server.New(server.Config{}).Serve(listener) }()
	return listener.Addr().String()
}
