package request

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// requestNamesInOrder gives a fuzzer's first byte a meaning.
func requestNamesInOrder() []protoreflect.FullName {
	var all []protoreflect.FullName
	for name := range converters {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// FuzzRequests sends any bytes as any request. Converting never panics, refuses with the one error there is,
// and what it accepts it accepts a second time, after having been written as a request again.
func FuzzRequests(f *testing.F) {
	all := requestNamesInOrder()
	for i, name := range all {
		for arm := range 2 {
			data, err := proto.Marshal(filled(name, arm, arm == 0, map[protoreflect.FullName]bool{}))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), data)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		name := all[int(which)%len(all)]
		in := newMessage(name)
		if proto.Unmarshal(data, in) != nil {
			return
		}
		out, err := converters[name](t, in)
		var invalidRequest *InvalidRequestError
		if errors.As(err, &invalidRequest) {
			if len(invalidRequest.Violations) == 0 {
				t.Error("an error without a violation")
			}
			return
		}
		if err != nil {
			t.Fatalf("an unexpected error: %v", err)
		}
		again, err := converters[name](t, out)
		if err != nil {
			t.Fatalf("what was accepted is refused the second time: %v", err)
		}
		if !proto.Equal(out, again) {
			t.Errorf("got\n%v\nthe second time, not\n%v", again, out)
		}
	})
}
