package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/convert/response"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// planMessages makes those messages of a stream of plans that are no parts of them, all of type R.
type planMessages[R any] struct {
	header  func(*plannerv1.PlanHeader) *R
	summary func(*plannerv1.PlanSummary) *R
}

// sendPlans answers with plans: measures all of them, and sends nothing unless every part fits. The header comes
// with the options as resolved.
func sendPlans[R any](
	stream grpc.ServerStreamingServer[R], messages planMessages[R], settings convert.ResponseSettings,
	options *plannerv1.UpdateDatabaseOptions, plans []resource.Plan,
) error {
	ctx := stream.Context()
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := stopOf(ctx)
	encoder := response.NewEncoder(stop, settings)
	parts, err := measured(ctx, stageEncode, func() (*response.Parts, error) { return encoder.Cut(plans) })
	if err != nil {
		return err
	}
	summary, err := response.Summary(stop, plans)
	if err != nil {
		return err
	}
	callOf(ctx).countAnswer(plans)
	callOf(ctx).leavePlace()
	if err := stream.Send(messages.header(encoder.Header(len(plans), options))); err != nil {
		return err
	}
	for part := range parts.Messages {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := stream.SendMsg(part); err != nil {
			return err
		}
	}
	return stream.Send(messages.summary(summary))
}

// sendStates answers with states, one in a message, and sends nothing unless every one fits.
func sendStates(stream grpc.ServerStream, settings convert.ResponseSettings, states []*resource.State) error {
	ctx := stream.Context()
	messages, err := measured(ctx, stageEncode, func() ([]encoded, error) {
		encoder := response.NewEncoder(stopOf(ctx), settings)
		messages := make([]encoded, len(states))
		for i, state := range states {
			var err error
			if messages[i], err = encoder.StateMessage(i, state); err != nil {
				return nil, err
			}
		}
		return messages, nil
	})
	if err != nil {
		return err
	}
	callOf(ctx).leavePlace()
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
		defer callOf(ctx).leavePlace()
		message, err := response.NewEncoder(stopOf(ctx), settings).StateMessage(0, state)
		if err != nil {
			return nil, err
		}
		answer := M(new(R))
		answer.ProtoReflect().SetUnknown(message)
		return answer, nil
	})
}
