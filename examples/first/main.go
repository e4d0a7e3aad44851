// Command first asks for the plans of a new database, and prints them.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc/credentials/insecure"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

func main() {
	address := "127.0.0.1:7070"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := plan(address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func plan(address string) error {
	planner, err := client.Dial(address, insecure.NewCredentials())
	if err != nil {
		return err
	}
	defer planner.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	// The whole answer, or an error: a stream that breaks off, or has not the digest that it announces, is one.
	sequence, err := planner.UpdateDatabase(ctx, &plannerv1.UpdateDatabaseRequest{
		Start: nil, // nothing is there yet; else what you have stored
		Nodes: []*plannerv1.NodeResources{node("n1"), node("n2")},
	})
	if err != nil {
		return err
	}
	for i, plan := range sequence.Plans {
		for _, phase := range plan.GetPhases() {
			for _, event := range phase.GetEvents() {
				id := event.GetResource().GetIdentifier()
				fmt.Println(i, phase.GetIndex(), event.GetType(), id.GetType(), id.GetId())
			}
		}
	}
	fmt.Println(sequence.Summary.GetCreates(), "to create, digest", sequence.Summary.GetDigest())
	return nil
}

// node is a node with one instance, on a host of its own.
func node(name string) *plannerv1.NodeResources {
	spec := &plannerv1.InstanceSpec{InstanceId: name + "-a", HostId: "host-" + name}
	return &plannerv1.NodeResources{
		NodeName:          name,
		DatabaseId:        "db-1",
		DatabaseName:      "app",
		InstanceResources: []*plannerv1.InstanceResources{{Instance: &plannerv1.Instance{Spec: spec}}},
	}
}
