package server

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/request"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/impact"
	"github.com/pgplanner/pgplanner/internal/interrupt"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/verify"
)

// proposal is what a call is answered with, before it is looked at and sent.
type proposal struct {
	// start is the state that the plans begin with.
	start *resource.State
	plans []resource.Plan
	// end is where the plans of a whole database lead, and asked says by what they are judged.
	end   *resource.State
	asked interface {
		Judging(*interrupt.Poller) verify.Options
	}
	// states are what plans of any resources lead through.
	states []*resource.State

	// options are those of the call as resolved; nil if its method has none.
	options *plannerv1.UpdateDatabaseOptions
	// approved is the digest that the plans have to have; empty: any.
	approved string
	// hazards are those that the planner knows.
	hazards []planner.Hazard
}

// planChangedError says that the plans are not those that were approved.
type planChangedError struct{ Approved, Digest string }

func (e *planChangedError) Error() string {
	return fmt.Sprintf("the plans have the digest %s, and those that were approved %s: something has changed since, so look at the "+
		"plans anew: leave expected_digest out, and then send the digest that you approve", e.Digest, e.Approved)
}

// answerPlans answers a call with the plans for its request, if the judge, should there be one, finds nothing wrong.
func answerPlans[Request any, Call interface {
	Settings() convert.ResponseSettings
}](
	stream grpc.ServerStream, c request.Converter, method func(request.Converter, Request) (Call, error), req Request,
	judge func(context.Context, *proposal) error, plan func(*interrupt.Poller, Call) (*proposal, error),
) error {
	ctx := stream.Context()
	call, err := convertRequest(ctx, c, method, req)
	if err != nil {
		return err
	}
	answer, err := measured(ctx, stagePlan, func() (*proposal, error) { return plan(stopOf(ctx), call) })
	if err != nil {
		return err
	}
	if judge != nil {
		if _, err := measured(ctx, stageVerify, func() (struct{}, error) { return struct{}{}, judge(ctx, answer) }); err != nil {
			return err
		}
	}
	return sendPlans(stream, call.Settings(), answer)
}

// encodedPlans are the messages of an answer with plans.
type encodedPlans struct {
	header  *plannerv1.PlanHeader
	parts   *response.Parts
	summary *plannerv1.PlanSummary
}

// encodePlans makes the messages of an answer, if every part fits and the plans are those that were approved.
func encodePlans(stop *interrupt.Poller, settings convert.ResponseSettings, answer *proposal) (*encodedPlans, error) {
	encoder := response.NewEncoder(stop, settings)
	parts, err := encoder.Cut(answer.plans)
	if err != nil {
		return nil, err
	}
	cost, err := impact.Of(stop, answer.start, answer.plans, answer.hazards)
	if err != nil {
		return nil, err
	}
	summary, err := encoder.Summary(answer.plans, cost)
	if err != nil {
		return nil, err
	}
	if answer.approved != "" && summary.GetDigest() != answer.approved {
		return nil, &planChangedError{Approved: answer.approved, Digest: summary.GetDigest()}
	}
	startDigest := ""
	if settings.StartDigest {
		if startDigest, err = resource.StateDigest(stop, answer.start, database.PrimaryPointers()); err != nil {
			return nil, err
		}
	}
	return &encodedPlans{header: encoder.Header(len(answer.plans), answer.options, startDigest), parts: parts, summary: summary}, nil
}

// sendPlans makes all messages, and sends nothing unless every one can be sent. The answers of all methods that plan have one
// form on the wire: that of UpdateDatabaseResponse.
func sendPlans(stream grpc.ServerStream, settings convert.ResponseSettings, answer *proposal) error {
	ctx := stream.Context()
	if err := ctx.Err(); err != nil {
		return err
	}
	all, err := measured(ctx, stageEncode, func() (*encodedPlans, error) { return encodePlans(stopOf(ctx), settings, answer) })
	if err != nil {
		return err
	}
	callOf(ctx).answer(stopOf(ctx), answer.plans)
	callOf(ctx).share.LeavePlace() // what is left to do is sending
	err = stream.SendMsg(&plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Header{Header: all.header}})
	if err != nil {
		return err
	}
	for part := range all.parts.Messages {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := stream.SendMsg(part); err != nil {
			return err
		}
	}
	return stream.SendMsg(&plannerv1.UpdateDatabaseResponse{Part: &plannerv1.UpdateDatabaseResponse_Summary{Summary: all.summary}})
}

// sendStates answers with states, one in a message, and sends nothing unless every one fits.
func sendStates(stream grpc.ServerStream, settings convert.ResponseSettings, states []*resource.State) error {
	ctx := stream.Context()
	messages, err := measured(ctx, stageEncode, func() ([]encoded, error) {
		stop := stopOf(ctx)
		encoder := response.NewEncoder(stop, settings)
		messages := make([]encoded, len(states))
		for i, state := range interrupt.Each(stop, states) {
			var err error
			if messages[i], err = encoder.StateMessage(i, state); err != nil {
				return nil, err
			}
		}
		return messages, stop.Err()
	})
	if err != nil {
		return err
	}
	callOf(ctx).share.LeavePlace()
	for i, m := range messages {
		if err := stream.SendMsg(m); err != nil {
			return err
		}
		messages[i] = nil
	}
	return nil
}

// stateAnswer is the answer of a unary call with a state, whose message has the state in its first field. None of
// its fields is set: it holds them encoded, as unknown ones, which is all the same to whom it is sent.
func stateAnswer[R any, M interface {
	proto.Message
	*R
}](ctx context.Context, settings convert.ResponseSettings, state *resource.State) (M, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return measured(ctx, stageEncode, func() (M, error) {
		defer callOf(ctx).share.LeavePlace()
		message, err := response.NewEncoder(stopOf(ctx), settings).StateMessage(0, state)
		if err != nil {
			return nil, err
		}
		answer := M(new(R))
		answer.ProtoReflect().SetUnknown(message)
		return answer, nil
	})
}
