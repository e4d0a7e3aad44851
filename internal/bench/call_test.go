package bench

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/wire"
)

// BenchmarkCall measures a whole call in process: decode, convert, plan, digest, encode. In the same run it
// measures what protobuf takes to decode the same request and encode the same answer: x_bare is how many
// times as much time of the processors the call takes.
func BenchmarkCall(b *testing.B) {
	for _, f := range forms {
		for _, c := range cases {
			for _, n := range []int{2, 3, 4, 8, 16, 32, 64} {
				b.Run(fmt.Sprintf("form=%s/case=%s/nodes=%d", f.name, c.name, n), func(b *testing.B) {
					benchmarkCall(b, callOf(b, c.ask(n), f))
				})
			}
		}
	}
}

func benchmarkCall(b *testing.B, c *call) {
	b.Helper()
	answer, err := c.answer(c.wire)
	if err != nil {
		b.Fatal(err)
	}
	var whole, bare time.Duration
	b.SetBytes(int64(len(c.wire) + answer.size()))
	b.ReportAllocs()
	for b.Loop() {
		began := testkit.ProcessorTime()
		if _, err := c.reply(c.wire); err != nil {
			b.Fatal(err)
		}
		whole += testkit.ProcessorTime() - began

		b.StopTimer()
		began = testkit.ProcessorTime()
		if err := c.bare(answer); err != nil {
			b.Fatal(err)
		}
		bare += testkit.ProcessorTime() - began
		b.StartTimer()
	}
	reportCPU(b, whole)
	b.ReportMetric(float64(whole)/float64(bare), "x_bare")
	b.ReportMetric(float64(len(c.wire)), "request-B")
	b.ReportMetric(float64(answer.size()), "answer-B")
}

// call is a request on the wire, and all that is done to answer it, on the wire too.
type call struct {
	wire   []byte
	decode func() proto.Message
	reply  func(wire []byte) ([][]byte, error)
}

// answer is the messages of an answer.
type answer []proto.Message

func (a answer) size() int {
	n := 0
	for _, m := range a {
		n += proto.Size(m)
	}
	return n
}

// marshal encodes the messages.
func (a answer) marshal() ([][]byte, error) {
	all := make([][]byte, len(a))
	for i, m := range a {
		var err error
		if all[i], err = proto.Marshal(m); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// answer is what a client decodes. Responses of all calls with plans are alike.
func (c *call) answer(wire []byte) (answer, error) {
	messages, err := c.reply(wire)
	if err != nil {
		return nil, err
	}
	a := make(answer, len(messages))
	for i, data := range messages {
		message := &plannerv1.UpdateDatabaseResponse{}
		if err := proto.Unmarshal(data, message); err != nil {
			return nil, err
		}
		switch part := message.GetPart().(type) {
		case *plannerv1.UpdateDatabaseResponse_Header:
			a[i] = part.Header
		case *plannerv1.UpdateDatabaseResponse_PlanPart:
			a[i] = part.PlanPart
		case *plannerv1.UpdateDatabaseResponse_Summary:
			a[i] = part.Summary
		}
	}
	return a, nil
}

// bare decodes the request and encodes the answer, and does nothing in between.
func (c *call) bare(a answer) error {
	if err := proto.Unmarshal(c.wire, c.decode()); err != nil {
		return err
	}
	_, err := a.marshal()
	return err
}

func callOf(tb testing.TB, q *question, f form) *call {
	tb.Helper()
	c := &call{
		decode: func() proto.Message { return &plannerv1.UpdateDatabaseRequest{} },
		reply:  replyUpdate,
	}
	var in proto.Message
	if q.targets == nil {
		in = q.update(tb, f)
	} else {
		in = q.restore(tb, f)
		c.decode = func() proto.Message { return &plannerv1.RestoreDatabaseRequest{} }
		c.reply = replyRestore
	}
	var err error
	if c.wire, err = proto.Marshal(in); err != nil {
		tb.Fatal(err)
	}
	return c
}

func replyUpdate(data []byte) ([][]byte, error) {
	in := &plannerv1.UpdateDatabaseRequest{}
	texts, release, err := wire.Unmarshal(nil, data, in)
	if err != nil {
		return nil, err
	}
	asked, err := request.Converter{Texts: texts}.UpdateDatabase(in)
	release()
	if err != nil {
		return nil, err
	}
	outcome, err := planner.UpdateDatabaseTo(nil, asked.Options, asked.Start, asked.Nodes)
	if err != nil {
		return nil, err
	}
	return replyOf(asked.Start, outcome, asked.Response, response.ResolvedOptions(asked.Options))
}

func replyRestore(data []byte) ([][]byte, error) {
	in := &plannerv1.RestoreDatabaseRequest{}
	texts, release, err := wire.Unmarshal(nil, data, in)
	if err != nil {
		return nil, err
	}
	asked, err := request.Converter{Texts: texts}.RestoreDatabase(in)
	release()
	if err != nil {
		return nil, err
	}
	outcome, err := planner.RestoreDatabaseTo(nil, asked.Options, asked.Start, asked.Nodes, asked.Targets)
	if err != nil {
		return nil, err
	}
	return replyOf(asked.Start, outcome, asked.Response, response.ResolvedRestoreOptions(asked.Options))
}

// replyOf is what the service sends, in the way it makes it.
func replyOf(
	start *resource.State, outcome planner.Outcome, settings convert.ResponseSettings, options *plannerv1.UpdateDatabaseOptions,
) ([][]byte, error) {
	encoder := response.NewEncoder(nil, settings)
	parts, err := encoder.Cut(outcome.Plans)
	if err != nil {
		return nil, err
	}
	cost, err := impact.Of(nil, start, outcome.Plans, outcome.Hazards)
	if err != nil {
		return nil, err
	}
	summary, err := encoder.Summary(outcome.Plans, cost)
	if err != nil {
		return nil, err
	}
	header, err := proto.Marshal(&plannerv1.UpdateDatabaseResponse{
		Part: &plannerv1.UpdateDatabaseResponse_Header{Header: encoder.Header(len(outcome.Plans), options, "")},
	})
	if err != nil {
		return nil, err
	}
	reply := [][]byte{header}
	for part := range parts.Messages {
		data, err := part.AppendTo(make([]byte, 0, part.Size()))
		if err != nil {
			return nil, err
		}
		reply = append(reply, data)
	}
	last, err := proto.Marshal(&plannerv1.UpdateDatabaseResponse{
		Part: &plannerv1.UpdateDatabaseResponse_Summary{Summary: summary},
	})
	return append(reply, last), err
}
