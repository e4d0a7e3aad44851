package simulation

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// class is a kind of thing that must have happened, or else a search has shown nothing.
type class uint8

const (
	waited              class = iota // an event had to wait for replication
	copyInterrupted                  // a copy stopped half-way
	copyRepeated                     // a copy began where there were rows already
	keptBySlot                       // a new node got a row that its copy did not have
	slotAdvanced                     // a slot was moved over rows that came with the copy
	slotFellBack                     // a restart took an advanced slot back
	originAhead                      // a subscriber knew better than the slot where to start
	markerShared                     // a marker was written for several new nodes
	resumed                          // a populate went on where it had stopped
	completed                        // nothing was left but to let a populated node replicate
	joinerDropped                    // a node that was joining was not wanted any more
	memberDropped                    // a member was not wanted any more
	wantedAgain                      // a node was wanted again after it was dropped
	memberRepaired                   // something between members had to be made again
	lostBefore                       // something was lost between two plans
	refusedLost                      // a node without data was refused
	refusedRemoved                   // a node whose removal had begun was refused
	refusedJoining                   // a joining node was refused: its source was another one or not there
	refusedSource                    // a source was refused
	refusedPrimary                   // the present primary was not wanted
	editMissed                       // an edit arrived before its row
	memberDamaged                    // a member lost something
	refusedIncomplete                // a member that lacks rows was refused
	wentOn                           // a member went on without the rows that it lacks
	serviceWaited                    // a service had to wait until its node had joined
	rejoined                         // a member began to be populated again
	refusedUndrainable               // a node could not be drained any more
	refusedBesideRejoin              // a node was not to be removed while another one rejoined
	refusedSourceless                // nothing was left to rejoin from
	refusedAbandoned                 // a wish was refused that continues no data
	hostLost                         // the hosts of a node were lost
	lostForgotten                    // a record was removed, and nothing executed
	numClasses
)

func (k class) String() string {
	return [numClasses]string{
		"waited", "copy interrupted", "copy repeated", "kept by slot", "slot advanced", "slot fell back",
		"origin ahead", "marker shared", "resumed", "completed", "joiner dropped", "member dropped",
		"wanted again", "member repaired", "lost before", "refused: lost", "refused: partly removed",
		"refused: joining source", "refused: source", "refused: primary", "edit missed", "member damaged", "refused: incomplete",
		"went on without rows", "service waited", "rejoined", "refused: undrainable", "refused: removal beside rejoin",
		"refused: nothing to rejoin from", "refused: data abandoned", "host lost", "lost, forgotten",
	}[k]
}

// classes counts what has happened. Several goroutines may use it; nil counts nothing.
type classes [numClasses]atomic.Int64

func (c *classes) count(k class) {
	if c != nil {
		c[k].Add(1)
	}
}

// demand fails the test at its end if one of the classes has never occurred.
func (c *classes) demand(t *testing.T, wanted ...class) {
	t.Helper()
	t.Cleanup(func() {
		text := ""
		for _, k := range wanted {
			text += fmt.Sprintf("\n%9d %s", c[k].Load(), k)
			if c[k].Load() == 0 {
				t.Errorf("never happened: %s", k)
			}
		}
		t.Logf("what happened:%s", text)
	})
}

// everything is all classes.
func everything() []class {
	all := make([]class, numClasses)
	for k := range all {
		all[k] = class(k)
	}
	return all
}
