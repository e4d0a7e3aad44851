package server

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pgplanner/pgplanner/internal/convert/request"
)

const (
	// maxViolations is how many violations a BadRequest or PreconditionFailure lists.
	maxViolations = 100
	// maxTextBytes is how long a text of an error may get: what callers wrote into names comes back in it.
	maxTextBytes = 512
	// maxIdentifierBytes is the same for a value in the metadata of an ErrorInfo.
	maxIdentifierBytes = 256
)

// Statuses travel in trailers, and every client has a limit for those: in C-core (Python, C++, Ruby, ...) and
// Java it is 8 KiB for all trailers of a call together. A client drops a status beyond its limit, and the
// caller gets to know nothing. So violations that would not fit are counted but not listed.
const (
	// detailBytes fits into 8 KiB with the message, base64 and other trailers.
	detailBytes = 4 << 10
	// detailBytesGo is for clients that are known to take more (grpc-go, and so grpcurl: 16 MiB).
	detailBytesGo = 64 << 10
)

// detailBudget is how many bytes of details the caller can be trusted to receive.
func detailBudget(ctx context.Context) int {
	for _, agent := range metadata.ValueFromIncomingContext(ctx, "user-agent") {
		if strings.Contains(agent, "grpc-go/") {
			return detailBytesGo
		}
	}
	return detailBytes
}

// faultStatus writes down why a call failed, with exactly one ErrorInfo: that of the first fault. There is at
// least one.
func faultStatus(ctx context.Context, code codes.Code, faults []fault) *status.Status {
	info := errorInfo(ctx, faults[0])
	details := []protoadapt.MessageV1{info}
	budget := detailBudget(ctx) - proto.Size(info)
	total, listed := 1, 1
	switch code {
	case codes.InvalidArgument:
		var bad *errdetails.BadRequest
		bad, total = badRequest(faults, budget)
		listed = len(bad.GetFieldViolations())
		details = append(details, bad)
	case codes.FailedPrecondition:
		var failure *errdetails.PreconditionFailure
		failure, total = preconditionFailure(faults, budget)
		listed = len(failure.GetViolations())
		details = append(details, failure)
	}
	if faults[0].retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(faults[0].retry)})
	}
	if total > 1 {
		info.Metadata["violations"] = strconv.Itoa(total)
	}
	text := shorten(faults[0].text, maxTextBytes)
	more := len(faults) - 1
	if code == codes.FailedPrecondition {
		more = total - 1
	}
	if more > 0 {
		text += "; and " + strconv.Itoa(more) + " more"
	}
	if listed < total {
		info.Metadata["violations_listed"] = strconv.Itoa(listed)
	}
	st, err := status.New(code, text).WithDetails(details...)
	if err != nil { // only for code OK, and details that are no valid messages
		return status.New(codes.Internal, "internal error")
	}
	return st
}

func errorInfo(ctx context.Context, f fault) *errdetails.ErrorInfo {
	info := &errdetails.ErrorInfo{Reason: f.reason, Domain: ErrorDomain, Metadata: map[string]string{}}
	for key, value := range f.identifiers {
		if value != "" {
			info.Metadata[key] = shorten(value, maxIdentifierBytes)
		}
	}
	if id := requestID(ctx); id != "" {
		info.Metadata[fieldRequestID] = id
	}
	return info
}

// badRequest lists violations as long as they fit, and counts them all.
func badRequest(faults []fault, budget int) (*errdetails.BadRequest, int) {
	bad := &errdetails.BadRequest{}
	total := 0
	for _, f := range faults {
		if f.violations == nil {
			f.violations, f.total = []request.Violation{{Field: f.field, Description: f.text}}, 1
		}
		total += f.total
		for _, v := range f.violations {
			item := &errdetails.BadRequest_FieldViolation{
				Field:       shorten(v.Field, maxTextBytes),
				Description: shorten(v.Description, maxTextBytes),
			}
			if budget -= listedSize(item); budget < 0 || len(bad.FieldViolations) == maxViolations {
				break
			}
			bad.FieldViolations = append(bad.FieldViolations, item)
		}
	}
	return bad, total
}

// preconditionFailure lists one violation for each fault, as long as they fit, and counts them all.
func preconditionFailure(faults []fault, budget int) (*errdetails.PreconditionFailure, int) {
	failure := &errdetails.PreconditionFailure{}
	total := 0
	for _, f := range faults {
		total += max(f.total, 1)
		if len(failure.Violations) == maxViolations {
			continue
		}
		item := &errdetails.PreconditionFailure_Violation{
			Type:        f.reason,
			Subject:     shorten(f.subject, maxIdentifierBytes),
			Description: shorten(f.text, maxTextBytes),
		}
		if budget -= listedSize(item); budget >= 0 {
			failure.Violations = append(failure.Violations, item)
		}
	}
	return failure, total
}

// listedSize is what an element adds to the size of a message that lists it.
func listedSize(m proto.Message) int {
	const tagAndLength = 3 // an element has less than 2 KiB, so its length takes two bytes at most
	return tagAndLength + proto.Size(m)
}

// shorten cuts a text to at most limit bytes, between characters, and makes it valid UTF-8: protobuf takes
// nothing else.
func shorten(text string, limit int) string {
	const ellipsis = "..."
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}
