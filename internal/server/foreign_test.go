package server

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/planner"
	"github.com/pgplanner/pgplanner/internal/resource"
	"github.com/pgplanner/pgplanner/internal/testkit"
	"github.com/pgplanner/pgplanner/internal/testkit/execution"
	"github.com/pgplanner/pgplanner/internal/testkit/messages"
	"github.com/pgplanner/pgplanner/internal/testkit/notation"
)

var (
	foreignStates = flag.Int("foreign.states", enoughForeignStates, "how many states that others might have written to plan from")
	foreignFirst  = flag.Int("foreign.first", 0, "the number of the first of them")
)

// enoughForeignStates meet each reason that a state may be refused for.
const enoughForeignStates = 3_000

// askedReasons are the reasons of FAILED_PRECONDITION that only what is asked for can cause, or nearly only.
var askedReasons = []string{
	ReasonDependencyMissing, ReasonDependencyCycle, ReasonNodeKeptAndRestored, ReasonEmptyBesideRestored,
	ReasonBackupBesideMembers, ReasonPlanChanged, ReasonRejoinUndrainable, ReasonRejoinAndRemoval,
}

// stateReasons are the reasons that a state may be refused for.
func stateReasons() []string {
	reasons := []string{ReasonRequestInvalid}
	for _, r := range rules {
		if r.code == codes.FailedPrecondition && !slices.Contains(askedReasons, r.reason) {
			reasons = append(reasons, r.reason)
		}
	}
	return reasons
}

// TestForeignStates plans from states that are nearly right: what plans have left behind when they stopped somewhere, in
// the layouts that others write, with a few fields of a few records changed. Whatever a state says, the answer is plans
// that keep all rules, or a refusal whose reason says what to do. It is so where the plans stop and the same is asked
// again, too; and where they lead, nothing is left to do.
func TestForeignStates(t *testing.T) {
	server, seen := newFuzzed(), testkit.Classes{}
	for number := *foreignFirst; number < *foreignFirst+*foreignStates; number++ {
		c := drawForeign(uint64(number))
		class, err := c.send(t.Context(), server)
		seen.Add(class)
		if err != nil {
			t.Errorf("state %d, %s: %v", number, c, err)
		}
		if class != classPlanned || !c.dice.one(3) {
			continue
		}
		if err := c.goOn(); err != nil {
			t.Errorf("state %d, %s: %v", number, c, err)
			continue
		}
		class, err = c.send(t.Context(), server)
		seen.Add("asked again: " + class)
		if err != nil {
			t.Errorf("state %d, %s, asked again: %v", number, c, err)
		}
	}
	if *foreignStates < enoughForeignStates {
		return
	}
	seen.Require(t, append(stateReasons(), classPlanned, "asked again: "+classPlanned)...)
	if planned := seen[classPlanned]; planned*10 < *foreignStates*6 {
		t.Errorf("%d of %d were planned, want 60 %%", planned, *foreignStates)
	}
}

// classPlanned is the class of a request that is answered with plans.
const classPlanned = "planned"

// foreign is a request with a state that somebody else might have written.
type foreign struct {
	dice    dice
	start   *resource.State
	wanted  wantedDatabase
	restore string   // the node to restore; empty: none
	changes []string // what was changed in the state
	structs bool     // attributes are sent as Structs
	version string   // of the layout, as the state names it
}

// drawForeign draws the request of that number.
func drawForeign(number uint64) *foreign {
	d := dice{rand.New(rand.NewPCG(number, 12))}
	c := &foreign{dice: d, structs: d.one(2)}
	c.start, c.wanted = d.history()
	for range 1 + d.IntN(3) {
		if what := d.change(c.start); what != "" {
			c.changes = append(c.changes, what)
		}
	}
	if d.one(2) {
		c.wanted = d.otherDatabase(c.wanted)
	}
	if d.one(100) {
		c.version = pick(d, "1", "2")
	}
	if len(c.wanted.nodes) > 0 && d.one(8) {
		c.restore = c.wanted.nodes[d.IntN(len(c.wanted.nodes))].name
	}
	if d.one(4) {
		c.wanted.lost = d.lose(c.start, c.wanted)
	}
	return c
}

// String says what is wanted, and what was changed.
func (c *foreign) String() string {
	var names []string
	for _, n := range c.wanted.nodes {
		names = append(names, fmt.Sprint(n))
	}
	return fmt.Sprintf("wanted %s, restore %q, lost %v, with %s", strings.Join(names, " "), c.restore, c.wanted.lost, strings.Join(c.changes, "; "))
}

// send sends the request, and returns the class of the answer. The error says what no state may cause.
func (c *foreign) send(ctx context.Context, server *fuzzed) (class string, err error) {
	format := plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_JSON
	if c.structs {
		format = plannerv1.AttributesFormat_ATTRIBUTES_FORMAT_STRUCT
	}
	method, request, err := c.request(messages.In(format))
	if err != nil {
		return "", err
	}
	data, err := proto.Marshal(request)
	if err != nil {
		return "", err
	}
	err = server.streams[method](&bytesStream{ctx: ctx, codec: server.codec, request: data, response: server.responses[method]})
	known := (*callError)(nil)
	switch code := codeOf(err); {
	case err == nil:
		return classPlanned, nil
	case !errors.As(err, &known):
		return code.String(), err
	case code == codes.InvalidArgument || code == codes.FailedPrecondition:
		return known.reason, nil
	}
	return known.reason, cmp.Or(known.cause, err)
}

// goOn executes the plans up to some event, and leaves the state there. The error is that something is left to do where
// all of them lead.
func (c *foreign) goOn() error {
	if c.restore != "" {
		kept, targets := c.wanted.split(c.restore)
		outcome, err := planner.RestoreDatabaseTo(nil, c.restoreOptions(), c.start, kept, targets)
		c.dice.execute(c.start, outcome.Plans)
		return err
	}
	plans, err := planner.UpdateDatabase(c.wanted.options(), c.start, c.wanted.build())
	if err != nil {
		return err
	}
	again, err := planner.UpdateDatabase(c.wanted.options(), execution.After(c.start, plans...), c.wanted.build())
	if unknown := (*planner.PrimaryUnknownError)(nil); errors.As(err, &unknown) {
		again, err = nil, nil // only executors find out which instance is the primary
	}
	if err != nil {
		return fmt.Errorf("executed, and asked again: %w", err)
	}
	if len(again) > 0 {
		return fmt.Errorf("something is left to do:\n%s", notation.Plans(again))
	}
	c.dice.execute(c.start, plans)
	return nil
}

func (c *foreign) restoreOptions() planner.RestoreDatabaseOptions {
	return planner.RestoreDatabaseOptions{LostHosts: c.wanted.lost}
}

// request is the method to call, and the request.
func (c *foreign) request(encoder *messages.Encoder) (method string, request proto.Message, err error) {
	if c.restore != "" {
		kept, targets := c.wanted.split(c.restore)
		restore, err := encoder.RestoreDatabase(c.start, c.restoreOptions(), kept, targets)
		restore.Start.Version = c.version
		return "RestoreDatabase", restore, err
	}
	update, err := encoder.UpdateDatabase(c.start, c.wanted.options(), c.wanted.build())
	update.Start.Version = c.version
	update.Options.DeleteDatabase = len(c.wanted.nodes) == 0
	return "UpdateDatabase", update, err
}
