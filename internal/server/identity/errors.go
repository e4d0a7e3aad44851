package identity

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// UnauthenticatedError says that a call brought no credential, or none that is known. It never holds what
// the call did bring.
type UnauthenticatedError struct{ Problem string }

func (e *UnauthenticatedError) Error() string { return e.Problem }

// GRPCStatus is the status for those who know no better.
func (e *UnauthenticatedError) GRPCStatus() *status.Status {
	return status.New(codes.Unauthenticated, e.Error())
}

// ForbiddenError says that whoever calls is known, and may not.
type ForbiddenError struct{ Who string }

func (e *ForbiddenError) Error() string { return e.Who + " may not call this server" }

// GRPCStatus is the status for those who know no better.
func (e *ForbiddenError) GRPCStatus() *status.Status {
	return status.New(codes.PermissionDenied, e.Error())
}
