package server

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/calls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/protobuf/proto"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
)

// methods are one of each form.
var methods = map[string]string{
	"streaming": plannerv1.PlannerService_UpdateDatabase_FullMethodName,
	"unary":     plannerv1.ResourceService_ApplyEvents_FullMethodName,
}

// sendRaw calls a method with any bytes for a request.
func (h *harness) sendRaw(method string, request []byte, opts ...grpc.CallOption) error {
	desc := &grpc.StreamDesc{ServerStreams: true}
	stream, err := h.conn.NewStream(h.t.Context(), desc, method, append(opts, grpc.ForceCodecV2(calls.RawCodec{}))...)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(request); err != nil {
		return stream.RecvMsg(nil)
	}
	_ = stream.CloseSend()
	for err == nil {
		err = stream.RecvMsg(nil)
	}
	return err
}

func TestMalformedRequest(t *testing.T) {
	bad := []byte{0x0a} // a field without its length
	notUTF8, _ := proto.Marshal(&plannerv1.AddNodeRequest{Node: &plannerv1.NodeResources{NodeName: "XX" + secret}})
	for form, method := range methods {
		t.Run(form, func(t *testing.T) {
			h := start(t, Config{}, nil)
			err := h.sendRaw(method, bad)
			checkMalformed(t, h, err)
		})
	}
	t.Run("invalid UTF-8", func(t *testing.T) {
		h := start(t, Config{}, nil)
		request := []byte(strings.Replace(string(notUTF8), "XX", "\xff\xfe", 1))
		err := h.sendRaw(plannerv1.StateService_AddNode_FullMethodName, request)
		if got := checkMalformed(t, h, err); !strings.Contains(got.text, "UTF-8") {
			t.Errorf("text %q", got.text)
		}
	})
}

func checkMalformed(t *testing.T, h *harness, err error) failure {
	t.Helper()
	got := take(t, err)
	if got.code != codes.InvalidArgument || got.info.GetReason() != "REQUEST_MALFORMED" {
		t.Errorf("got %v %v", got.code, got.info)
	}
	if line := h.line(); line["grpc.code"] != "InvalidArgument" || line["reason"] != "REQUEST_MALFORMED" {
		t.Errorf("line %v", line)
	}
	return got
}

func TestRequestSizeLimit(t *testing.T) {
	const limit = 10_000
	for form, method := range methods {
		for name, test := range map[string]struct {
			size   int
			opts   []grpc.CallOption
			reason string
		}{
			"at the limit":                {limit, nil, ""},
			"one byte more":               {limit + 1, nil, "REQUEST_TOO_LARGE"},
			"one byte more, compressed":   {limit + 1, []grpc.CallOption{grpc.UseCompressor(gzip.Name)}, "REQUEST_TOO_LARGE"},
			"just within what gRPC reads": {2 * limit, nil, "REQUEST_TOO_LARGE"},
		} {
			t.Run(form+" "+name, func(t *testing.T) {
				h := start(t, Config{MaxRequestBytes: limit}, nil)
				err := h.sendRaw(method, unknownField(test.size), test.opts...)
				if test.reason == "" {
					if err == nil || !strings.Contains(err.Error(), "EOF") {
						t.Errorf("refused: %v", err)
					}
					return
				}
				got := take(t, err)
				if got.code != codes.ResourceExhausted || got.info.GetReason() != test.reason {
					t.Errorf("got %v %v", got.code, got.info)
				}
				if m := got.info.GetMetadata(); m["size_bytes"] != strconv.Itoa(test.size) || m["limit_bytes"] != strconv.Itoa(limit) {
					t.Errorf("metadata %v", m)
				}
				if line := h.line(); line["grpc.code"] != "ResourceExhausted" {
					t.Errorf("line %v", line)
				}
			})
		}
	}
}

// TestRequestBeyondTheHardLimit: what gRPC itself refuses, it answers by itself; but it is logged like other calls.
func TestRequestBeyondTheHardLimit(t *testing.T) {
	for form, method := range methods {
		t.Run(form, func(t *testing.T) {
			h := start(t, Config{MaxRequestBytes: 10_000}, nil)
			err := h.sendRaw(method, unknownField(20_001))
			if code := codeOf(err); code != codes.ResourceExhausted {
				t.Errorf("got %v", err)
			}
			if line := h.line(); line["grpc.code"] != "ResourceExhausted" || line["reason"] != "LIMIT_EXCEEDED" {
				t.Errorf("line %v", line)
			}
		})
	}
}

// unknownField is an encoded message of that size, of one field that no message has.
func unknownField(size int) []byte {
	const field, lengthSize = 0xfa, 4
	content := size - 2 - lengthSize
	head := []byte{field, 0x7f, byte(content)&0x7f | 0x80, byte(content>>7)&0x7f | 0x80, byte(content>>14)&0x7f | 0x80, 0}
	return append(head, make([]byte, content)...)
}

func TestHardLimitDoesNotOverflow(t *testing.T) {
	if hardLimit(1<<30) != 1<<31-1 || hardLimit(1<<62) != 1<<31-1 || hardLimit(100) != 200 {
		t.Errorf("%d %d %d", hardLimit(1<<30), hardLimit(1<<62), hardLimit(100))
	}
}
