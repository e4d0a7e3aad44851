package resource

import (
	"errors"
	"testing"
)

func TestInterruptIsNoticedOnTheWay(t *testing.T) {
	interrupt := make(chan struct{})
	p := planning{options: PlanOptions{Interrupt: interrupt}}
	for range 1000 {
		if p.interrupted() {
			t.Fatal("interrupted before the channel is closed")
		}
	}
	close(interrupt)
	for range 1000 {
		if p.interrupted() {
			return
		}
	}
	t.Error("not interrupted within 1000 resources")
}

func TestDigestIsInterrupted(t *testing.T) {
	plans := []Plan{{Phases: []Phase{{Events: make([]Event, digestPoll)}}}}
	for i := range plans[0].Phases[0].Events {
		plans[0].Phases[0].Events[i] = Event{Type: EventRefresh, Resource: &Resource{}}
	}
	interrupt := make(chan struct{})
	if digest, err := DigestInterruptible(interrupt, plans); err != nil || digest != Digest(plans) {
		t.Errorf("before the channel is closed: got %q, %v", digest, err)
	}
	close(interrupt)
	if digest, err := DigestInterruptible(interrupt, plans); !errors.Is(err, ErrInterrupted) || digest != "" {
		t.Errorf("after: got %q, %v", digest, err)
	}
}
