// Package identity decides who may call the server: by client certificate, bearer token, or the user at the
// other end of a unix socket.
//
//	policy       who may call, as configured
//	credential   what a call shows of who makes it: a client certificate, or a token
//	certificate  a client's, over TLS, signed by the client CA; its names are the DNS names and URIs in it
//	token        a secret that a call brings as a bearer; a file lists those that are let in
//	user         the user and group at the other end of a unix socket, as the kernel knows them
//	restricted   of a policy: calls over TCP need a credential
//
// Connections over unix sockets are trusted as far as the socket's mode lets users in, or by the allow-list
// of users and groups. Calls over TCP need a certificate that the client CA has signed and the allow-list
// names, or a token; with neither configured, all calls over TCP are let in, and it is up to the caller of
// this package to listen only where that is safe.
package identity

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// Policy is who may call. The zero value lets everybody in.
type Policy struct {
	// ClientCertificates asks for a client certificate over TCP. Tokens, if there are any, do as well.
	ClientCertificates bool
	// AllowedNames are the identities that a client certificate may have, as a DNS name or URI (such as a
	// SPIFFE id) among its subject alternative names. Empty: every certificate that the client CA has signed.
	AllowedNames []string
	// Tokens are the bearer tokens that are let in over TCP; nil if there are none.
	Tokens *Tokens
	// AllowedUsers and AllowedGroups are the ids of users and groups that may call over a unix socket. Both
	// empty: everybody whom the mode of the socket lets in.
	AllowedUsers  []uint32
	AllowedGroups []uint32
}

// Restricted tells whether calls over TCP need a credential.
func (p Policy) Restricted() bool { return p.ClientCertificates || p.Tokens != nil }

// Authorize returns nil if the call may go on, an *UnauthenticatedError if it brings no credential that is
// known, and a *ForbiddenError if it does and is not on the list.
func (p Policy) Authorize(ctx context.Context) error {
	info := authInfo(ctx)
	if user, ok := info.(User); ok {
		return p.authorizeUser(user)
	}
	if !p.Restricted() {
		return nil
	}
	if p.Tokens != nil {
		if token, err := auth.AuthFromMD(ctx, "bearer"); err == nil {
			if !p.Tokens.Has(token) {
				return &UnauthenticatedError{Problem: "the bearer token is not known"}
			}
			return nil
		}
	}
	if p.ClientCertificates {
		if certificate := verified(info); certificate != nil {
			return p.authorizeCertificate(certificate)
		}
	}
	return &UnauthenticatedError{Problem: p.wanted()}
}

// wanted tells a caller without credentials what to bring.
func (p Policy) wanted() string {
	switch {
	case p.ClientCertificates && p.Tokens != nil:
		return "a client certificate or a bearer token is needed"
	case p.ClientCertificates:
		return "a client certificate is needed"
	default:
		return "a bearer token is needed"
	}
}

func (p Policy) authorizeUser(user User) error {
	if len(p.AllowedUsers) == 0 && len(p.AllowedGroups) == 0 ||
		slices.Contains(p.AllowedUsers, user.UID) || slices.Contains(p.AllowedGroups, user.GID) {
		return nil
	}
	return &ForbiddenError{Who: "the user at the other end of the socket"}
}

func (p Policy) authorizeCertificate(certificate *x509.Certificate) error {
	names := slices.Clone(certificate.DNSNames)
	for _, uri := range certificate.URIs {
		names = append(names, uri.String())
	}
	isAllowed := func(name string) bool { return slices.Contains(p.AllowedNames, name) }
	if len(p.AllowedNames) == 0 || slices.ContainsFunc(names, isAllowed) {
		return nil
	}
	return &ForbiddenError{Who: "the holder of this client certificate"}
}

func authInfo(ctx context.Context) credentials.AuthInfo {
	if p, ok := peer.FromContext(ctx); ok {
		return p.AuthInfo
	}
	return nil
}

// verified returns the client certificate that the handshake has verified, nil if there is none.
func verified(info credentials.AuthInfo) *x509.Certificate {
	tls, ok := info.(credentials.TLSInfo)
	if !ok || len(tls.State.VerifiedChains) == 0 || len(tls.State.VerifiedChains[0]) == 0 {
		return nil
	}
	return tls.State.VerifiedChains[0][0]
}

// UnauthenticatedError says that a call brought no credential, or none that is known. It never holds what
// the call did bring.
type UnauthenticatedError struct{ Problem string }

func (e *UnauthenticatedError) Error() string { return e.Problem }

// ForbiddenError says that whoever calls is known, and may not.
type ForbiddenError struct{ Who string }

func (e *ForbiddenError) Error() string { return e.Who + " may not call this server" }
