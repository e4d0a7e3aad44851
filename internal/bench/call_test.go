package bench

import (
	"fmt"
	"testing"
	"time"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/wire"
	"google.golang.org/protobuf/proto"
)

// BenchmarkCall measures a whole call in process: decode, convert, plan, digest, encode. In the same run it
// measures what protobuf takes to decode the same request and encode the same answer: x_bare is how many
// times as much time of the processors the call takes.
func BenchmarkCall(b *testing.B) {
	for _, f := range forms {
		for _, c := range cases {
			for _, n := range []int{2, 4, 8, 16, 32, 64} {
				b.Run(fmt.Sprintf("form=%s/case=%s/nodes=%d", f.name, c.name, n), func(b *testing.B) {
					benchmarkCall(b, callOf(b, c.ask(b, n), f))
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
		began := cpuTime()
		if _, err := c.reply(c.wire); err != nil {
			b.Fatal(err)
		}
		whole += cpuTime() - began

		b.StopTimer()
		began = cpuTime()
		if err := c.bare(answer); err != nil {
			b.Fatal(err)
		}
		bare += cpuTime() - began
		b.StartTimer()
	}
	reportCPU(b, whole)
	b.ReportMetric(float64(whole)/float64(bare), "x_bare")
	b.ReportMetric(float64(len(c.wire)), "request-B")
	b.ReportMetric(float64(answer.size()), "answer-B")
}

// call is a request on the wire, and how to answer it.
type call struct {
	wire   []byte
	decode func() proto.Message
	answer func(wire []byte) (answer, error)
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

// reply does all that a call takes.
func (c *call) reply(wire []byte) ([][]byte, error) {
	a, err := c.answer(wire)
	if err != nil {
		return nil, err
	}
	return a.marshal()
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
		answer: answerUpdate,
	}
	var request proto.Message
	if q.targets == nil {
		request = q.update(tb, f.format)
	} else {
		request = q.restore(tb, f.format)
		c.decode = func() proto.Message { return &plannerv1.RestoreDatabaseRequest{} }
		c.answer = answerRestore
	}
	var err error
	if c.wire, err = proto.Marshal(request); err != nil {
		tb.Fatal(err)
	}
	return c
}

func answerUpdate(data []byte) (answer, error) {
	request := &plannerv1.UpdateDatabaseRequest{}
	if err := wire.Unmarshal(data, request); err != nil {
		return nil, err
	}
	asked, err := convert.UpdateDatabase(request)
	if err != nil {
		return nil, err
	}
	plans, err := planner.UpdateDatabase(asked.Options, asked.Start, asked.Nodes)
	if err != nil {
		return nil, err
	}
	return answerOf(plans, asked.Response, convert.ResolvedOptions(asked.Options))
}

func answerRestore(data []byte) (answer, error) {
	request := &plannerv1.RestoreDatabaseRequest{}
	if err := wire.Unmarshal(data, request); err != nil {
		return nil, err
	}
	asked, err := convert.RestoreDatabase(request)
	if err != nil {
		return nil, err
	}
	plans, err := planner.RestoreDatabase(asked.Start, asked.Nodes, asked.Targets)
	if err != nil {
		return nil, err
	}
	return answerOf(plans, asked.Response, nil)
}

// answerOf is what the service sends, with each plan in one part.
func answerOf(
	plans []resource.Plan, settings convert.ResponseSettings, options *plannerv1.UpdateDatabaseOptions,
) (answer, error) {
	encoder := convert.NewEncoder(settings)
	a := answer{encoder.Header(len(plans), options)}
	for i, p := range plans {
		a = append(a, &plannerv1.PlanPart{PlanIndex: uint32(i), Phases: encoder.Plan(p).GetPhases()})
	}
	summary, err := convert.Summary(nil, plans)
	return append(a, summary), err
}
