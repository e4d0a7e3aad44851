package server

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc/mem"

	"github.com/pgplanner/pgplanner/internal/server/admission"
)

// inflater inflates requests that are compressed with gzip. A few bytes may become a thousand times as many, so what
// they become counts like requests that are arriving while they do, and it stops beyond the limit of requests.
//
// gRPC answers by itself when its decompressor fails, so this one does not: it makes one of two requests that stand for
// what went wrong.
type inflater struct {
	admission *admission.Controller
	limit     int
	readers   sync.Pool
}

// These stand for what went wrong, as the slices that they are. They are no messages.
var (
	inflatedTooMuch = []byte{0xff}
	notInflatable   = []byte{0xff}
)

// failure tells what went wrong when the request was inflated, if anything.
func (i *inflater) failure(data mem.BufferSlice) error {
	if i == nil || len(data) != 1 || data[0].Len() != 1 {
		return nil
	}
	switch &data[0].ReadOnlyData()[0] {
	case &inflatedTooMuch[0]:
		return &admission.ArrivingBytesError{Limit: i.admission.Limits().RequestBytesArriving}
	case &notInflatable[0]:
		return &malformedError{cause: errors.New("it is not what gzip makes")}
	}
	return nil
}

// Type is the encoding that the inflater is for.
func (*inflater) Type() string { return "gzip" }

// Do inflates a request.
func (i *inflater) Do(r io.Reader) ([]byte, error) {
	z, _ := i.readers.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer i.readers.Put(z)
	if z.Reset(r) != nil {
		return notInflatable, nil
	}
	return i.inflate(z), nil
}

// inflateBytes is how many bytes are inflated at a time.
const inflateBytes = 64 << 10

// inflate reads to one byte beyond the limit at most.
func (i *inflater) inflate(r io.Reader) []byte {
	var out bytes.Buffer
	taken := int64(0)
	defer func() { _ = i.admission.Inflate(-taken) }()
	for out.Len() <= i.limit {
		n, err := io.CopyN(&out, r, int64(min(inflateBytes, i.limit+1-out.Len())))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notInflatable
		}
		if i.admission.Inflate(2*n) != nil { // the buffer doubles when it grows
			return inflatedTooMuch
		}
		taken += 2 * n
	}
	return out.Bytes()
}
