package server

import (
	"context"
	"io"
	"maps"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	encodingproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// bytesStream is the stream of a call whose request is those bytes. It keeps what is sent, as its client decodes it.
type bytesStream struct {
	ctx     context.Context
	codec   codec
	request []byte
	// response is the type of what is sent.
	response protoreflect.MessageType
	read     bool
	sent     []proto.Message
}

func (s *bytesStream) Context() context.Context     { return s.ctx }
func (s *bytesStream) SetHeader(metadata.MD) error  { return nil }
func (s *bytesStream) SendHeader(metadata.MD) error { return nil }
func (s *bytesStream) SetTrailer(metadata.MD)       {}

func (s *bytesStream) RecvMsg(m any) error {
	if s.read {
		return io.EOF
	}
	s.read = true
	return s.codec.Unmarshal(mem.BufferSlice{mem.SliceBuffer(s.request)}, m)
}

func (s *bytesStream) SendMsg(m any) error {
	data, err := s.codec.Marshal(m)
	if err != nil {
		return err
	}
	defer data.Free()
	received := s.response.New().Interface()
	s.sent = append(s.sent, received)
	return proto.Unmarshal(data.Materialize(), received)
}

// fuzzed is a server that is called without a connection, and without what catches panics.
type fuzzed struct {
	*Server
	codec   codec
	streams map[string]func(grpc.ServerStream) error
	// responses are the types of answers.
	responses map[string]protoreflect.MessageType
}

func newFuzzed() *fuzzed {
	limits := admission.Limits{MaxResources: 200, MaxNodes: 6, MaxAttributeBytes: 4096}
	f := &fuzzed{
		Server:  New(Config{Limits: limits}),
		codec:   codec{CodecV2: encoding.GetCodecV2(encodingproto.Name), maxRequestBytes: 64 << 10},
		streams: map[string]func(grpc.ServerStream) error{},

		responses: map[string]protoreflect.MessageType{},
	}
	add := func(desc *grpc.ServiceDesc, srv any) {
		maps.Copy(f.responses, methodsOf(desc))
		for _, m := range desc.Streams {
			f.streams[m.StreamName] = func(ss grpc.ServerStream) error {
				info := &grpc.StreamServerInfo{FullMethod: "/" + desc.ServiceName + "/" + m.StreamName, IsServerStream: true}
				return f.measureStream(srv, ss, info, func(srv any, ss grpc.ServerStream) error {
					return translateStream(srv, ss, info, m.Handler)
				})
			}
		}
		for _, m := range framed(desc).Methods {
			f.streams[m.MethodName] = func(ss grpc.ServerStream) error { return f.unary(srv, m, ss) }
		}
	}
	add(&plannerv1.PlannerService_ServiceDesc, f.planner)
	add(&plannerv1.StateService_ServiceDesc, f.state)
	add(&plannerv1.ResourceService_ServiceDesc, f.resource)
	return f
}

// methodsOf are the types of what the methods of a service answer.
func methodsOf(desc *grpc.ServiceDesc) map[string]protoreflect.MessageType {
	all := map[string]protoreflect.MessageType{}
	service, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(desc.ServiceName))
	if err != nil {
		panic(err)
	}
	methods := service.(protoreflect.ServiceDescriptor).Methods()
	for i := range methods.Len() {
		all[string(methods.Get(i).Name())], err = protoregistry.GlobalTypes.FindMessageByName(methods.Get(i).Output().FullName())
		if err != nil {
			panic(err)
		}
	}
	return all
}

func (f *fuzzed) unary(srv any, m grpc.MethodDesc, ss grpc.ServerStream) error {
	chain := func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return f.measureUnary(ctx, req, info, func(ctx context.Context, req any) (any, error) {
			return translateUnary(ctx, req, info, handler)
		})
	}
	resp, err := m.Handler(srv, ss.Context(), ss.RecvMsg, chain)
	if err != nil {
		return err
	}
	return ss.SendMsg(resp)
}

// call sends the bytes to a method. Whatever they are, the answer is one, or an error that says what is wrong with
// them; and nothing stays behind.
func (f *fuzzed) call(t *testing.T, method string, request []byte) []proto.Message {
	t.Helper()
	stream := &bytesStream{ctx: t.Context(), codec: f.codec, request: request, response: f.responses[method]}
	err := f.streams[method](stream)
	if err != nil {
		if !expected(err) {
			t.Errorf("%s: %v", method, err)
		}
		// What of it is a secret, there is no telling here: the bytes may be names as well.
		if details := status.Convert(err).Details(); len(details) == 0 {
			t.Errorf("%s: no details in %v", method, err)
		}
		if len(stream.sent) > 0 {
			t.Errorf("%s: %d messages before %v", method, len(stream.sent), err)
		}
	}
	if u := f.admission.Usage(); u.RequestBytes != 0 || u.Places != 0 || u.ResponseBytes != 0 {
		t.Errorf("%s: something is still taken: %+v", method, u)
	}
	return stream.sent
}

// expected tells whether it is an error that a request may be answered with.
func expected(err error) bool {
	return slices.Contains([]codes.Code{codes.InvalidArgument, codes.FailedPrecondition, codes.ResourceExhausted}, codeOf(err))
}

// fuzzBytes sends any bytes to one of the methods.
func fuzzBytes(f *testing.F, seeds []proto.Message, methods ...string) {
	server := newFuzzed()
	for i := range methods {
		for _, seed := range seeds {
			data, err := proto.Marshal(seed)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), data)
		}
		f.Add(byte(i), []byte("\x0a\xff\xff\xff\xff\x0f"))
	}
	f.Fuzz(func(t *testing.T, which byte, request []byte) {
		server.call(t, methods[int(which)%len(methods)], request)
	})
}

func FuzzUpdateDatabaseBytes(f *testing.F) {
	withStart := wantNodes("n1", "n2", "n3")
	withStart.Start = wireState(wireResource("dir", "n1a"), wireResource("dir", "gone"))
	fuzzBytes(f, []proto.Message{wantNodes(), wantNodes("n1"), withStart}, "UpdateDatabase")
}

func FuzzRestoreDatabaseBytes(f *testing.F) {
	fuzzBytes(f, []proto.Message{wantRestore("n1"), wantRestore("n1", "n2")}, "RestoreDatabase")
}

func FuzzStateServiceBytes(f *testing.F) {
	var methods []string
	for _, m := range plannerv1.StateService_ServiceDesc.Streams {
		methods = append(methods, m.StreamName)
	}
	slices.Sort(methods)
	node := wantNode("n1")
	fuzzBytes(f, []proto.Message{
		&plannerv1.AddNodeRequest{Node: node}, &plannerv1.AddNodesRequest{Nodes: wantNodes("n1", "n2").GetNodes()},
		&plannerv1.PopulateNodesRequest{Existing: wantNodes("n1").GetNodes(), New: wantNodes("n2").GetNodes()},
	}, append(methods, "EndState")...)
}

func FuzzResourceServiceBytes(f *testing.F) {
	state := wireState(wireResource("a", "1"), wireResource("b", "2", &plannerv1.Identifier{Type: "a", Id: "1"}))
	event := &plannerv1.Event{Type: plannerv1.EventType_EVENT_TYPE_CREATE, Resource: wireResource("c", "3")}
	// Patches come in with events; they are checked for their form and never applied.
	update := &plannerv1.Event{
		Type: plannerv1.EventType_EVENT_TYPE_UPDATE, Reason: plannerv1.EventReason_EVENT_REASON_HAS_DIFF,
		Resource: wireResource("b", "2", &plannerv1.Identifier{Type: "a", Id: "1"}),
		Diff: []*plannerv1.PatchOperation{
			{Op: "replace", Path: "/password", ValueForm: &plannerv1.PatchOperation_ValueJson{ValueJson: `[1e9,{"~":null}]`}},
			{Op: "move", Path: "/a~1b/-", From: "/c~0/0"},
			{Op: "add", Path: "", ValueForm: &plannerv1.PatchOperation_Value{Value: structpb.NewNumberValue(1)}},
		},
	}
	plan := &plannerv1.Plan{Phases: []*plannerv1.Phase{{Events: []*plannerv1.Event{event, update}}}}
	fuzzBytes(f, []proto.Message{
		&plannerv1.PlanStatesRequest{Start: state, States: []*plannerv1.State{wireState(), state}},
		&plannerv1.PlanRefreshRequest{State: state},
		&plannerv1.ApplyEventsRequest{State: state, Events: []*plannerv1.Event{event, update}},
		&plannerv1.VerifyPlansRequest{Start: state, Plans: []*plannerv1.Plan{plan}, End: state},
	}, "PlanStates", "PlanRefresh", "ApplyEvents", "VerifyPlans")
}
