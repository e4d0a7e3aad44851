package resource

import "testing"

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
