package identity

// UnauthenticatedError says that a call brought no credential, or none that is known. It never holds what
// the call did bring.
type UnauthenticatedError struct{ Problem string }

func (e *UnauthenticatedError) Error() string { return e.Problem }

// ForbiddenError says that whoever calls is known, and may not.
type ForbiddenError struct{ Who string }

func (e *ForbiddenError) Error() string { return e.Who + " may not call this server" }
