package response_test

import (
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/databases"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
)

// The goal that these benchmarks show the way to: a whole UpdateDatabase call costs less than twice the
// bare decoding of its request. Each conversion stands next to that decoding, on the same request.

// meshRequest asks for a database of n nodes with 3 instances each, which all exist, in a full mesh: 64
// nodes have about 9,500 resources.
func meshRequest(tb testing.TB, n int, format plannerv1.AttributesFormat) *plannerv1.UpdateDatabaseRequest {
	tb.Helper()
	nodes := databases.Nodes(func(i *planner.InstanceResources) {
		id := i.Instance.Spec.InstanceID
		attributes := `{"cpus":2,"enabled":true,"image":"registry/postgres:18","name":"` + id + `","path":"/var/lib/data","ports":[5432,8008]}`
		var ids []resource.Identifier
		for _, t := range []resource.Type{"swarm.network", "filesystem.dir", "swarm.service"} {
			r := databases.OnHost(t, id, attributes, ids...)
			r.DiffIgnore = []string{"/status"}
			i.InstanceDependencies = append(i.InstanceDependencies, r)
			ids = append(ids, r.Identifier)
		}
	}, databases.Names("n", n, 3)...)
	request, err := messages.In(format).UpdateDatabase(databases.End(nodes), planner.UpdateDatabaseOptions{}, nodes)
	if err != nil {
		tb.Fatal(err)
	}
	return request
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
