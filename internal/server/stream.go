package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// planMessages makes the three kinds of message of a stream of plans, all of type R.
type planMessages[R any] struct {
	header  func(*plannerv1.PlanHeader) *R
	part    func(*plannerv1.PlanPart) *R
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
	encoder := convert.NewEncoder(settings)
	parts, err := measured(ctx, stepEncode, func() (*sequence, error) {
		return cut(ctx, plans, encoder.Event, settings.MaxMessageBytes)
	})
	if err != nil {
		return err
	}
	summary, err := convert.Summary(ctx.Done(), plans)
	if err != nil {
		return err
	}
	callOf(ctx).answers(plans)
	if err := stream.Send(messages.header(encoder.Header(len(plans), options))); err != nil {
		return err
	}
	err = parts.send(ctx, func(p *plannerv1.PlanPart) error { return stream.Send(messages.part(p)) })
	if err != nil {
		return err
	}
	return stream.Send(messages.summary(summary))
}

// sendStates answers with states, one in a message, and sends nothing unless every one fits.
func sendStates[R any, M interface {
	proto.Message
	*R
}](
	stream grpc.ServerStreamingServer[R], settings convert.ResponseSettings, states []*resource.State,
	message func(index int, state *plannerv1.State) M,
) error {
	ctx := stream.Context()
	messages, err := measured(ctx, stepEncode, func() ([]M, error) {
		encoder := convert.NewEncoder(settings)
		messages := make([]M, len(states))
		for i, state := range states {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			messages[i] = message(i, encoder.State(state))
			if err := checkFits(messages[i], settings); err != nil {
				return nil, err
			}
		}
		return messages, nil
	})
	if err != nil {
		return err
	}
	callOf(ctx).planned()
	for i, m := range messages {
		if err := stream.Send(m); err != nil {
			return err
		}
		messages[i] = nil
	}
	return nil
}

// stateAnswer is the answer of a unary call with a state.
func stateAnswer[M proto.Message](
	ctx context.Context, settings convert.ResponseSettings, state *resource.State, message func(*plannerv1.State) M,
) (M, error) {
	var none M
	if err := ctx.Err(); err != nil {
		return none, err
	}
	return measured(ctx, stepEncode, func() (M, error) {
		defer callOf(ctx).planned()
		answer := message(convert.NewEncoder(settings).State(state))
		return answer, checkFits(answer, settings)
	})
}

// checkFits refuses a message that is larger than the caller wants.
func checkFits(message proto.Message, settings convert.ResponseSettings) error {
	if size := proto.Size(message); size > settings.MaxMessageBytes {
		return &stateTooLargeError{Size: size, Limit: settings.MaxMessageBytes}
	}
	return nil
}
