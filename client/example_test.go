package client_test

import (
	"context"
	"fmt"
	"net"

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
