package response_test

import (
	"fmt"
	"testing"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
	"google.golang.org/protobuf/proto"
)

// The goal that these benchmarks show the way to: a whole UpdateDatabase call costs less than twice the
// bare decoding of its request. Each conversion stands next to that decoding, on the same request.

// meshRequest asks for a database of n nodes with 3 instances each, which all exist, in a full mesh: 64
// nodes have about 9,500 resources.
func meshRequest(tb testing.TB, n int, format plannerv1.AttributesFormat) *plannerv1.UpdateDatabaseRequest {
	tb.Helper()
	encoder := messages.In(format)
	start := resource.NewState()
	in := &plannerv1.UpdateDatabaseRequest{}
	for i := range n {
		node := meshNode(i)
		for _, r := range node.InstanceResources {
			start.Add(r.Instance.Resource())
			for _, d := range r.InstanceDependencies {
				start.Add(d)
			}
		}
		for j := range n {
			if i != j {
				link := database.Link{Provider: node.NodeName, Subscriber: fmt.Sprintf("n%d", j), DatabaseName: "app"}
				start.Add(database.ReplicationSlot{Link: link}.Resource())
				start.Add(database.Subscription{Link: link}.Resource())
			}
		}
		message, err := encoder.Node(node)
		if err != nil {
			tb.Fatal(err)
		}
		in.Nodes = append(in.Nodes, message)
	}
	in.Start = encoder.State(start)
	return in
}

func meshNode(i int) *planner.NodeResources {
	node := &planner.NodeResources{
		NodeName: fmt.Sprintf("n%d", i), DatabaseID: "db-1", DatabaseName: "app", DatabaseOwner: "admin",
	}
	for k := range 3 {
		id := fmt.Sprintf("n%d-%d", i, k)
		var needs []*resource.Resource
		var ids []resource.Identifier
		for _, t := range []resource.Type{"swarm.network", "filesystem.dir", "swarm.service"} {
			needs = append(needs, opaque(t, id, ids))
			ids = append(ids, needs[len(needs)-1].Identifier)
		}
		node.InstanceResources = append(node.InstanceResources, &planner.InstanceResources{
			Instance: database.Instance{
				Spec: database.InstanceSpec{
					InstanceID: id, NodeName: node.NodeName, DatabaseID: "db-1", HostID: "host-" + id,
					DatabaseName: "app", Settings: []byte(`{"memory":4294967296,"port":5432}`),
				},
				Hostname: id + ".example", Dependencies: ids,
			},
			InstanceDependencies: needs,
		})
	}
	return node
}

// opaque is a resource of an orchestrator.
func opaque(t resource.Type, id string, dependencies []resource.Identifier) *resource.Resource {
	return &resource.Resource{
		Identifier:      resource.Identifier{Type: t, ID: id},
		Executor:        resource.Executor{Type: resource.ExecutorHost, ID: "host-" + id},
		Attributes:      []byte(`{"cpus":2,"enabled":true,"image":"registry/postgres:18","name":"` + id + `","path":"/var/lib/data","ports":[5432,8008]}`),
		Dependencies:    dependencies,
		DiffIgnore:      []string{"/status"},
		ResourceVersion: "1",
	}
}

func BenchmarkUpdateDatabase(b *testing.B) {
	for _, format := range []plannerv1.AttributesFormat{
		plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON, plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT,
	} {
		in := meshRequest(b, 64, format)
		wire, err := proto.Marshal(in)
		if err != nil {
			b.Fatal(err)
		}
		name := format.String()[len("ATTRIBUTES_FORMAT_"):]
		b.Run("form="+name+"/step=decode", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				if err := proto.Unmarshal(wire, &plannerv1.UpdateDatabaseRequest{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("form="+name+"/step=convert", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				if _, err := (request.Converter{}).UpdateDatabase(in); err != nil {
					b.Fatal(err)
				}
			}
		})
		call, err := request.Converter{}.UpdateDatabase(in)
		if err != nil {
			b.Fatal(err)
		}
		call.Response.MaxMessageBytes = 1 << 30
		encoder := response.NewEncoder(nil, call.Response)
		b.Run("form="+name+"/step=encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encoder.StateMessage(0, call.Start); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
