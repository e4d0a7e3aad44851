// Command go brings a database to so many nodes: an orchestrator in small, with a stand-in for the servers. See
// README.md.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// exitCrashed is the exit code of a crash on purpose.
const exitCrashed = 3

// flags are what the command line says.
type flags struct {
	target            string
	tls               bool
	ca, cert, key     string
	state             string
	nodes, crashAfter int
	deleteDatabase    bool
	failOnce          string
}

func main() {
	var f flags
	flag.StringVar(&f.target, "target", "127.0.0.1:7070", "the planner, such as dns:///planner:7070 or unix:///run/planner.sock")
	flag.BoolVar(&f.tls, "tls", false, "use TLS, and trust what the system trusts")
	flag.StringVar(&f.ca, "tls-ca", "", "use TLS, and trust the CA certificates in this PEM `FILE`")
	flag.StringVar(&f.cert, "tls-cert", "", "show the certificate in this PEM `FILE` to the planner")
	flag.StringVar(&f.key, "tls-key", "", "`FILE` with the key of --tls-cert")
	flag.StringVar(&f.state, "state", "state.json", "`FILE` that the state is kept in")
	flag.IntVar(&f.nodes, "nodes", 3, "how many nodes the database should have")
	flag.BoolVar(&f.deleteDatabase, "delete-database", false, "want no database at all, whatever --nodes says")
	flag.IntVar(&f.crashAfter, "crash-after", 0, "die after `N` events, without recording the last one; 0: never")
	flag.StringVar(&f.failOnce, "fail-once", "", "let the first event of this resource, `TYPE::ID`, fail")
	flag.Parse()
	if err := run(f); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(f flags) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	creds, err := f.credentials()
	if err != nil {
		return err
	}
	planner, err := client.Dial(f.target, creds)
	if err != nil {
		return err
	}
	defer func() { _ = planner.Close() }()
	store, err := openStore(f.state)
	if err != nil {
		return err
	}
	runner := &client.Runner{
		Executor:    &standIn{crashAfter: int64(f.crashAfter), failOnce: f.failOnce},
		Store:       store,
		Concurrency: 8,
		Pause:       func(int) time.Duration { return 100 * time.Millisecond },
		Review:      review,
		Done:        done,
	}
	err = runner.Reconcile(ctx, planner.Wish(f.wish()))
	var unfinished *client.UnfinishedError
	switch {
	case errors.As(err, &unfinished):
		return fmt.Errorf("giving up: %w", err)
	case err != nil:
		return err
	}
	fmt.Println("nothing left to do")
	return nil
}

func (f flags) credentials() (credentials.TransportCredentials, error) {
	if f.tls || cmp.Or(f.ca, f.cert, f.key) != "" {
		return client.TLS(f.ca, f.cert, f.key)
	}
	return insecure.NewCredentials(), nil
}

// review could ask a person; the digest says whether it is the plan that was approved.
func review(_ context.Context, s *client.Sequence) error {
	fmt.Printf("%d plans: %d creates, %d updates, %d deletes; %d changes, %d follow-ons; digest %.12s\n", s.Summary.GetPlans(),
		s.Summary.GetCreates(), s.Summary.GetUpdates(), s.Summary.GetDeletes(),
		s.Summary.GetChanges(), s.Summary.GetFollowOns(), s.Summary.GetDigest())
	for _, hazard := range s.Summary.GetHazards() {
		fmt.Println("hazard:", hazard.GetMessage())
	}
	return nil
}

// done hears of every event once its result is recorded.
func done(event *plannerv1.Event, err error) {
	if id := event.GetResource().GetIdentifier(); err != nil {
		fmt.Printf("failed: %s::%s: %v\n", id.GetType(), id.GetId(), err)
	}
}
