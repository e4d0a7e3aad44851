package wire

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"
	"github.com/pgplanner/pgplanner/internal/convert"
)

// requests are messages of all ways to hold states.
var requests = []proto.Message{
	&plannerv1.UpdateDatabaseRequest{}, // one, among other fields
	&plannerv1.PlanStatesRequest{},     // one, and a list
	&plannerv1.VerifyPlansRequest{},    // two, with something in between
	&plannerv1.AddNodeRequest{},        // none
	&plannerv1.AddNodesRequest{},       // nodes only
}

// full is a state in which every field of every message is set.
func full() *plannerv1.State {
	id := func(t, id string) *plannerv1.Identifier { return &plannerv1.Identifier{Type: t, Id: id} }
	attributes, _ := structpb.NewStruct(map[string]any{"a": 1, "b": []any{"x", nil, true}})
	return &plannerv1.State{Version: "1", Resources: []*plannerv1.Resource{
		{
			Identifier:       id("network", "ä"),
			Executor:         &plannerv1.Executor{Type: plannerv1.ExecutorType_EXECUTOR_TYPE_HOST, Id: "host-1"},
			AttributesForm:   &plannerv1.Resource_AttributesJson{AttributesJson: `{"a":1}`},
			Dependencies:     []*plannerv1.Identifier{id("a", "1"), id("b", "2"), {}},
			TypeDependencies: []string{"volume", ""},
			DiffIgnore:       []string{"/a", "/b", "/c"},
			NeedsRecreate:    true,
			PendingDeletion:  true,
			Error:            "it broke",
			ResourceVersion:  "7",
		},
		{Identifier: id("x", "y"), AttributesForm: &plannerv1.Resource_Attributes{Attributes: attributes}},
		{Executor: &plannerv1.Executor{Type: -1}, DiffIgnore: []string{""}, Dependencies: []*plannerv1.Identifier{id("c", "3")}},
		{AttributesForm: &plannerv1.Resource_Attributes{Attributes: &structpb.Struct{}}},
		{AttributesForm: &plannerv1.Resource_AttributesJson{}, Identifier: &plannerv1.Identifier{}},
		{},
	}}
}

// fullNodes are nodes in which every field of every message is set.
func fullNodes() []*plannerv1.NodeResources {
	config, _ := structpb.NewStruct(map[string]any{"a": 1, "b": []any{"x", nil, true}})
	script := func(name string) *plannerv1.Script {
		return &plannerv1.Script{Name: name, Statements: []string{"a", "ä", ""}, Succeeded: true, NeedsToRun: true}
	}
	instance := func(spec *plannerv1.InstanceSpec) *plannerv1.InstanceResources {
		return &plannerv1.InstanceResources{
			Instance: &plannerv1.Instance{
				Spec: spec, InstanceHostname: "host", PrimaryInstanceId: "n1-a",
				Dependencies:   []*plannerv1.Identifier{{Type: "a", Id: "1"}, {}},
				ConnectionInfo: config, PostInit: script("p"),
			},
			InstanceDependencies: full().GetResources(),
			DatabaseDependencies: full().GetResources()[:1],
			NodeDependents:       full().GetResources()[2:],
		}
	}
	return []*plannerv1.NodeResources{
		{
			NodeName: "n1", SourceNode: "n2", PrimaryInstanceId: "n1-a",
			InstanceResources: []*plannerv1.InstanceResources{
				instance(&plannerv1.InstanceSpec{
					InstanceId: "n1-a", NodeName: "n1", DatabaseId: "d", HostId: "h", DatabaseName: "ä",
					SettingsForm: &plannerv1.InstanceSpec_SettingsJson{SettingsJson: `{"a":1}`},
				}),
				instance(&plannerv1.InstanceSpec{SettingsForm: &plannerv1.InstanceSpec_Settings{Settings: config}}),
				instance(&plannerv1.InstanceSpec{SettingsForm: &plannerv1.InstanceSpec_SettingsJson{}}),
				{Instance: &plannerv1.Instance{Spec: &plannerv1.InstanceSpec{}}},
				{Instance: &plannerv1.Instance{}},
				{},
			},
			RestoreConfig: &plannerv1.RestoreConfig{
				SourceDatabaseId: "d", SourceNodeName: "n", SourceDatabaseName: "b", Repository: config,
				RestoreOptions: map[string]string{"a": "b", "": ""},
			},
			DatabaseId: "d", DatabaseName: "app", DatabaseOwner: "o",
			Scripts:  []*plannerv1.Script{script("s"), {}},
			Recovery: plannerv1.NodeRecovery_NODE_RECOVERY_CONTINUE, AllowMissingRows: true,
		},
		{},
		{Recovery: -1},
		{NodeName: "n2"},
	}
}

// usual are requests as every encoder writes them.
func usual(tb testing.TB) map[string]proto.Message {
	tb.Helper()
	all := map[string]proto.Message{
		"full": &plannerv1.UpdateDatabaseRequest{Start: full(), Nodes: []*plannerv1.NodeResources{{NodeName: "n1"}}},
		"list": &plannerv1.PlanStatesRequest{Start: full(), States: []*plannerv1.State{full(), {}, full()}},
		"two":  &plannerv1.VerifyPlansRequest{Start: full(), Plans: []*plannerv1.Plan{{}}, End: full()},
		"none": &plannerv1.AddNodeRequest{Node: &plannerv1.NodeResources{NodeName: "n1"}},
		"empty": &plannerv1.UpdateDatabaseRequest{
			Start: &plannerv1.State{}, Nodes: []*plannerv1.NodeResources{{NodeName: "n1"}},
		},
		"nodes":   &plannerv1.UpdateDatabaseRequest{Start: full(), Nodes: fullNodes()},
		"restore": &plannerv1.RestoreDatabaseRequest{Start: full(), Nodes: fullNodes()},
		"listed":  &plannerv1.AddNodesRequest{Nodes: fullNodes()},
		"nothing": &plannerv1.UpdateDatabaseRequest{},
	}
	examples, err := filepath.Glob("../../examples/*.json")
	if err != nil || len(examples) == 0 {
		tb.Fatal("there are no examples: ", err)
	}
	for _, path := range examples {
		content, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		m := &plannerv1.UpdateDatabaseRequest{}
		if protojson.Unmarshal(content, m) == nil { // one is for RestoreDatabase, one is full of mistakes
			all[filepath.Base(path)] = m
		}
	}
	return all
}

// A usual request is read by hand, and gives what protobuf gives.
func TestUsual(t *testing.T) {
	for name, m := range usual(t) {
		t.Run(name, func(t *testing.T) {
			data, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if !new(decoder).decode(nil, data, m.ProtoReflect().New().Interface()) {
				t.Error("is left to protobuf")
			}
			got := m.ProtoReflect().New().Interface()
			for range 2 { // the second time, memory is used again
				texts, release, err := Unmarshal(nil, data, got)
				fill(t, texts)
				if err != nil || !proto.Equal(got, m) {
					t.Errorf("got %v, %v, want %v", got, err, m)
				}
				release()
			}
		})
	}
}

// Lists share memory: to append to that of one resource must not change another one.
func TestAppend(t *testing.T) {
	data, err := proto.Marshal(&plannerv1.UpdateDatabaseRequest{Start: full()})
	if err != nil {
		t.Fatal(err)
	}
	got := &plannerv1.UpdateDatabaseRequest{}
	texts, _, err := Unmarshal(nil, data, got)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, texts)
	for _, r := range got.GetStart().GetResources() {
		_ = append(r.GetDependencies(), nil, nil)
		_ = append(r.GetTypeDependencies(), "", "", "", "")
		_ = append(r.GetDiffIgnore(), "", "", "", "")
	}
	if want := full(); !proto.Equal(got.GetStart(), want) {
		t.Errorf("got %v, want %v", got.GetStart(), want)
	}
}

// To release a message twice does not take the memory away from whoever has it by then.
func TestReleaseTwice(t *testing.T) {
	data, err := proto.Marshal(&plannerv1.UpdateDatabaseRequest{Start: full()})
	if err != nil {
		t.Fatal(err)
	}
	decode := func() (*plannerv1.UpdateDatabaseRequest, func()) {
		m := &plannerv1.UpdateDatabaseRequest{}
		texts, release, err := Unmarshal(nil, data, m)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, texts)
		return m, release
	}
	for range 50 { // a pool may forget what it was given
		_, release := decode()
		release()
		release()
		first, _ := decode()
		_, releaseSecond := decode()
		releaseSecond()
		if want := full(); !proto.Equal(first.GetStart(), want) {
			t.Fatalf("got %v, want %v", first.GetStart(), want)
		}
	}
}

// A request in very many pieces is decoded in one go: this would take minutes if each piece had to be looked for.
func TestManyPieces(t *testing.T) {
	const pieces = 200_000
	data := slices.Concat(bytes.Repeat([]byte{0x12, 0}, pieces), bytes.Repeat([]byte{0x0a, 0}, pieces))
	m := &plannerv1.UpdateDatabaseRequest{}
	_, release, err := Unmarshal(nil, data, m)
	if err != nil || len(m.GetNodes()) != pieces || m.GetStart() == nil {
		t.Errorf("got %d nodes, %v", len(m.GetNodes()), err)
	}
	release()
}

// Messages take what they are weighed with, and no memory for what they do not hold. What is unusually much is not
// kept for other requests.
func TestMemoryOfEmptyMessages(t *testing.T) {
	const most = 250 // bytes for each, with their places in lists that grow
	const n = 300_000
	for name, data := range map[string][]byte{
		"resources": field(1, bytes.Repeat([]byte{0x12, 0}, n)),
		"instances": inNode(bytes.Repeat([]byte{0x22, 0}, n)),
		"scripts":   inNode(bytes.Repeat([]byte{0x4a, 0}, n)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var d decoder
		if !d.decode(nil, data, &plannerv1.UpdateDatabaseRequest{}) {
			t.Fatal("is left to protobuf")
		}
		runtime.ReadMemStats(&after)
		if each := (after.TotalAlloc - before.TotalAlloc) / n; each > most {
			t.Errorf("%s: take %d bytes each", name, each)
		}
		if name == "resources" && d.messages() <= mostPooled {
			t.Errorf("%d of %d messages are counted", d.messages(), n)
		}
	}
}

// field writes a field.
func field(number protowire.Number, content ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), slices.Concat(content...))
}

// inResource writes a request with a resource of these fields.
func inResource(fields ...[]byte) []byte { return field(1, field(2, fields...)) }

// inNode writes a request with a node of these fields, inInstance with an instance of one.
func inNode(fields ...[]byte) []byte     { return field(2, fields...) }
func inInstance(fields ...[]byte) []byte { return inNode(field(4, field(1, fields...))) }

func varint(n protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), value)
}

// unusual are bytes that no encoder writes, or not without need.
func unusual() map[string][]byte {
	name := field(1, []byte("t"))
	return map[string][]byte{
		"not utf-8":                 inResource(field(10, []byte{0xff})),
		"not utf-8 in identifier":   inResource(field(1, field(2, []byte{0xc3}))),
		"not utf-8 in name":         inResource(field(7, []byte{0xff})),
		"not utf-8 in version":      field(1, field(1, []byte{0xff})),
		"not utf-8 in executor":     inResource(field(2, field(2, []byte{0xff}))),
		"not utf-8 in attributes":   inResource(field(4, []byte{0xff})),
		"unknown field of resource": inResource(field(12, []byte("x"))),
		"unknown field of state":    field(1, field(3, []byte("x"))),
		"identifier twice":          inResource(field(1, name), field(1, field(2, []byte("i")))),
		"executor twice":            inResource(field(2, varint(1, 2)), field(2, field(2, []byte("h")))),
		"attributes twice":          inResource(field(4, []byte("{}")), field(4, []byte("[]"))),
		"attributes in both forms":  inResource(field(4, []byte("{}")), field(3, nil)),
		"struct twice": inResource(
			field(3, field(1, field(1, []byte("a")), field(2, varint(1, 0)))),
			field(3, field(1, field(1, []byte("b")), field(2, varint(1, 0))))),
		"not a struct":          inResource(field(3, []byte{0xff})),
		"types after ignored":   inResource(field(7, []byte("/a")), field(6, []byte("t")), field(7, []byte("/b"))),
		"wrong wire type":       inResource(varint(10, 1)),
		"flag as bytes":         inResource(field(8, []byte{1})),
		"long tag":              field(1, []byte{0x92, 0x00, 0x00}),
		"not utf-8 in node":     inNode(field(8, []byte{0xff})),
		"not utf-8 in instance": inInstance(field(2, []byte{0xff})),
		"not utf-8 in spec":     inInstance(field(1, field(3, []byte{0xff}))),
		"not utf-8 in settings": inInstance(field(1, field(7, []byte{0xff}))),
		"not utf-8 in script":   inNode(field(9, field(1, []byte{0xff}))),
		"settings twice":        inInstance(field(1, field(6, nil), field(6, nil))),
		"connection info twice": inInstance(field(5, nil), field(5, nil)),
		"not a restore config":  inNode(field(5, []byte{0xff})),
		"cut in node":           inNode([]byte{0x0a, 0x05}),
		"cut in resource":       inResource(field(10, []byte("x"))[:2]),
		"cut in identifier":     inResource(field(1, []byte{0x0a, 0x05})),
		"cut in flag":           inResource([]byte{0x40, 0x80}),
		"cut in long text":      inResource(append(protowire.AppendTag(nil, 10, protowire.BytesType), 0x80)),
		"cut in executor":       inResource(field(2, []byte{0x08})),
		"length of all":         {0x0a},
		"number 0":              {0x02, 0x00},
		"group":                 inResource([]byte{0x0b, 0x0c}),
	}
}

// What is unusual is left to protobuf, with its result and its error.
func TestUnusual(t *testing.T) {
	for name, data := range unusual() {
		t.Run(name, func(t *testing.T) {
			m := &plannerv1.UpdateDatabaseRequest{}
			if new(decoder).decode(nil, data, m.ProtoReflect().New().Interface()) {
				t.Error("is read by hand")
			}
			checkLikeProtobuf(t, data, m)
		})
	}
}

// Some of what is only odd is read by hand.
func TestOdd(t *testing.T) {
	for name, data := range map[string][]byte{
		"state in two parts":        slices.Concat(inResource(field(10, []byte("x"))), inResource(field(10, []byte("y")))),
		"state after others":        slices.Concat(field(2, field(1, []byte("n1"))), inResource(), field(2, nil)),
		"large flag":                inResource([]byte{0x40, 0x80, 0x01}),
		"large enum":                inResource(field(2, []byte{0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})),
		"state is a number":         varint(1, 1),
		"node is a number":          varint(2, 1),
		"unknown field of spec":     inInstance(field(1, field(8, []byte("x")))),
		"name is a number":          inNode(varint(1, 1)),
		"unknown field of node":     inNode(field(10, []byte("x"))),
		"unknown field of list":     inNode(field(4, field(5, []byte("x")))),
		"instance twice":            inNode(field(4, field(1, field(2, []byte("h"))), field(1, field(3, []byte("p"))))),
		"script twice":              inInstance(field(6, field(1, field(1, []byte("t")))), field(6, nil)),
		"unknown field of instance": inInstance(field(7, []byte("x"))),
		"spec twice":                inInstance(field(1, field(1, []byte("i"))), field(1, field(2, []byte("n")))),
		"restore config twice":      inNode(field(5, field(1, field(1, []byte("t")))), field(5, nil)),
		"settings in both forms":    inInstance(field(1, field(7, []byte("{}")), field(6, nil))),
		"unknown field":             slices.Concat(inResource(), field(60, []byte("x"))),
	} {
		t.Run(name, func(t *testing.T) {
			m := &plannerv1.UpdateDatabaseRequest{}
			if !new(decoder).decode(nil, data, m.ProtoReflect().New().Interface()) {
				t.Error("is left to protobuf")
			}
			checkLikeProtobuf(t, data, m)
		})
	}
}

// fill fills Structs in from their texts.
func fill(t testing.TB, texts convert.StructTexts) {
	t.Helper()
	for s, text := range texts {
		if err := s.UnmarshalJSON(text.JSON); err != nil {
			t.Errorf("%s: %v", text.JSON, err)
		}
	}
}

func checkLikeProtobuf(t *testing.T, data []byte, m proto.Message) {
	t.Helper()
	newMessage := func() protoreflect.ProtoMessage { return m.ProtoReflect().New().Interface() }
	got, want := newMessage(), newMessage()
	texts, release, gotErr := Unmarshal(nil, slices.Clone(data), got)
	fill(t, texts)
	wantErr := proto.Unmarshal(data, want)
	defer release()
	if (gotErr == nil) != (wantErr == nil) || errors.Is(gotErr, proto.Error) != errors.Is(wantErr, proto.Error) {
		t.Fatalf("got error %v, want %v", gotErr, wantErr)
	}
	if wantErr == nil && !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// FuzzUnmarshal decodes any bytes as any request: what comes of it is what protobuf makes of it.
func FuzzUnmarshal(f *testing.F) {
	for _, m := range usual(f) {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(0), data)
		f.Add(byte(2), data)
	}
	for _, data := range unusual() {
		f.Add(byte(1), data)
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		checkLikeProtobuf(t, data, requests[int(which)%len(requests)])
	})
}

// BenchmarkUnmarshal decodes a request of 1,000 resources, by hand and with protobuf.
func BenchmarkUnmarshal(b *testing.B) {
	state := &plannerv1.State{}
	for range 1000 {
		state.Resources = append(state.Resources, full().GetResources()[0])
	}
	data, err := proto.Marshal(&plannerv1.UpdateDatabaseRequest{Start: state})
	if err != nil {
		b.Fatal(err)
	}
	for name, unmarshal := range map[string]func([]byte, proto.Message) error{
		"wire": func(data []byte, m proto.Message) error {
			_, release, err := Unmarshal(nil, data, m)
			release()
			return err
		},
		"protobuf": proto.Unmarshal,
	} {
		b.Run("by="+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := unmarshal(data, &plannerv1.UpdateDatabaseRequest{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
