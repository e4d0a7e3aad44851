package server

import (
	"fmt"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// Callers whose requests are in memory that others have used get the answers that they get alone.
func TestConcurrentCallersGetTheirOwnAnswers(t *testing.T) {
	h := start(t, Config{}, nil)
	const callers = 8
	requests := make([]*plannerv1.UpdateDatabaseRequest, callers)
	alone := make([][]*plannerv1.UpdateDatabaseResponse, callers)
	for i := range requests {
		names := make([]string, 1+i%4)
		for k := range names {
			names[k] = fmt.Sprintf("c%d-n%d", i, k)
		}
		requests[i] = wantNodes(names...)
		var err error
		if alone[i], err = h.updateContext(t.Context(), requests[i]); err != nil {
			t.Fatal(err)
		}
	}
	var done sync.WaitGroup
	for i := range requests {
		done.Go(func() {
			for range 50 {
				got, err := h.updateContext(t.Context(), requests[i])
				if err != nil || len(got) != len(alone[i]) {
					t.Errorf("caller %d: got %d messages, want %d: %v", i, len(got), len(alone[i]), err)
					return
				}
				for k := range got {
					if !proto.Equal(got[k], alone[i][k]) {
						t.Errorf("caller %d: got %v, want %v", i, got[k], alone[i][k])
						return
					}
				}
			}
		})
	}
	done.Wait()
}
