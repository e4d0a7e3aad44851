package client_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/pgplanner/pgplanner/client"
	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server"
	"github.com/pgplanner/pgplanner/internal/testkit"
)

// servable is a server of the project or a plain one of gRPC.
type servable interface{ Serve(net.Listener) error }

// over serves on an in-memory connection, and returns a client that Dial made for it.
func over(t *testing.T, s servable, stop func()) *client.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	c, err := client.Dial("passthrough:planner", insecure.NewCredentials(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return c
}

// realServer is a client of the real planner.
func realServer(t *testing.T) *client.Client {
	t.Helper()
	s := server.New(server.Config{})
	return over(t, s, func() { stopReal(t, s) })
}

func stopReal(t *testing.T, s *server.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Hangs)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// answer answers one call of UpdateDatabase; calls count from 1.
type answer func(call int, req *plannerv1.UpdateDatabaseRequest, stream stream) error

// fakePlanner answers as a test says.
type fakePlanner struct {
	plannerv1.UnimplementedPlannerServiceServer
	answer answer
	mu     sync.Mutex
	calls  int
}

func (f *fakePlanner) UpdateDatabase(
	req *plannerv1.UpdateDatabaseRequest, stream stream,
) error {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	return f.answer(call, req, stream)
}

// count is how many calls came so far.
func (f *fakePlanner) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// fake is a client of a server that answers UpdateDatabase as the test says.
func fake(t *testing.T, answer answer) (*client.Client, *fakePlanner) {
	t.Helper()
	f := &fakePlanner{answer: answer}
	s := fakeServer(f)
	return over(t, s, s.Stop), f
}

func fakeServer(f *fakePlanner, opts ...grpc.ServerOption) *grpc.Server {
	s := grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(64<<20))...)
	plannerv1.RegisterPlannerServiceServer(s, f)
	return s
}

// wish is a request for a database on nodes n1, n2, ..., each with a primary and a data directory; for none, to delete it.
func wish(nodes int) *plannerv1.UpdateDatabaseRequest {
	req := &plannerv1.UpdateDatabaseRequest{Options: &plannerv1.UpdateDatabaseOptions{DeleteDatabase: nodes == 0}}
	for i := range nodes {
		name := fmt.Sprintf("n%d", i+1)
		req.Nodes = append(req.Nodes, &plannerv1.NodeResources{
			NodeName:     name,
			DatabaseId:   "db-1",
			DatabaseName: "app",
			InstanceResources: []*plannerv1.InstanceResources{{
				Instance: &plannerv1.Instance{Spec: &plannerv1.InstanceSpec{
					InstanceId:   name + "a",
					HostId:       "host-" + name,
					SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"port":5432}`},
				}},
				InstanceDependencies: []*plannerv1.Resource{directory(name, `{"owner":"postgres"}`)},
			}},
		})
	}
	return req
}

// restoreSecond is a request to restore the second of two nodes.
func restoreSecond(state *plannerv1.State) *plannerv1.RestoreDatabaseRequest {
	nodes := wish(2).GetNodes()
	node := nodes[1]
	return &plannerv1.RestoreDatabaseRequest{
		Start: state,
		Nodes: nodes[:1],
		Targets: []*plannerv1.NodeRestoreResources{{
			NodeName:        node.GetNodeName(),
			DatabaseId:      node.GetDatabaseId(),
			DatabaseName:    node.GetDatabaseName(),
			PrimaryInstance: node.GetInstanceResources()[0],
			RestoreInstance: node.GetInstanceResources()[0],
			RestoreConfig:   &plannerv1.RestoreConfig{SourceDatabaseId: "db-1"},
		}},
	}
}

func directory(id, attributes string) *plannerv1.Resource {
	return &plannerv1.Resource{
		Identifier:     &plannerv1.Identifier{Type: "dir", Id: id},
		Executor:       &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_ANY},
		AttributesForm: &plannerv1.Resource_AttributesJson{AttributesJson: attributes},
	}
}

// directories is a request with so many directories on one node, whose phase needs several messages.
func directories(n int) *plannerv1.UpdateDatabaseRequest {
	req := wish(1)
	attributes := `{"number":9007199254740993,"x":"` + strings.Repeat("x", 200) + `"}`
	on := req.GetNodes()[0].GetInstanceResources()[0]
	for i := range n {
		on.InstanceDependencies = append(on.InstanceDependencies, directory(fmt.Sprintf("d%03d", i), attributes))
	}
	req.ResponseOptions = &plannerv1.ResponseOptions{MaxMessageBytes: 10_000}
	return req
}

// runner is a runner that never pauses.
func runner(executor client.Executor, store client.Store) *client.Runner {
	return &client.Runner{
		Executor: executor, Store: store,
		Pause: func(int) time.Duration { return 0 },
	}
}

// built is the state after a database of so many nodes has been built without any trouble.
func built(t *testing.T, c *client.Client, nodes int) *plannerv1.State {
	t.Helper()
	store := client.NewMemoryStore(nil)
	if err := runner(&world{t: t, store: store}, store).Reconcile(t.Context(), c.Wish(wish(nodes))); err != nil {
		t.Fatal(err)
	}
	return load(t, store)
}

func load(t *testing.T, store client.Store) *plannerv1.State {
	t.Helper()
	state, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func printed(id *plannerv1.Identifier) string { return id.GetType() + "::" + id.GetId() }

// world is an executor that checks, before it does anything, that all that came before is recorded.
type world struct {
	t     *testing.T
	store client.Store
	// fail, if not nil, decides whether the event of that number, from 1, fails.
	fail func(number int, event *plannerv1.Event) error

	mu       sync.Mutex
	executed []string
}

func (w *world) Execute(ctx context.Context, event *plannerv1.Event) (*plannerv1.Resource, error) {
	w.check(event)
	w.mu.Lock()
	w.executed = append(w.executed, printed(event.GetResource().GetIdentifier()))
	number := len(w.executed)
	w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail(number, event)
	}
	return nil, ctx.Err()
}

// check looks at the store: whatever is created or updated finds its dependencies in order, and nothing that is deleted
// is still needed.
func (w *world) check(event *plannerv1.Event) {
	state, err := w.store.Load(context.Background())
	if err != nil {
		w.t.Error(err)
	}
	r := event.GetResource()
	self := printed(r.GetIdentifier())
	recorded := map[string]*plannerv1.Resource{}
	for _, other := range state.GetResources() {
		recorded[printed(other.GetIdentifier())] = other
		for _, d := range other.GetDependencies() {
			if event.GetType() == plannerv1.EventType_EVENT_TYPE_DELETE && printed(d) == self {
				w.t.Errorf("%s is deleted before %s", self, printed(other.GetIdentifier()))
			}
		}
	}
	if event.GetType() == plannerv1.EventType_EVENT_TYPE_DELETE {
		return
	}
	for _, d := range r.GetDependencies() {
		on := recorded[printed(d)]
		if on == nil || on.GetError() != "" || on.GetNeedsRecreate() {
			w.t.Errorf("%s is executed before %s is recorded: %v", self, printed(d), on)
		}
	}
}
