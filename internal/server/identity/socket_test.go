package identity_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/grpc/codes"

	"github.com/pgplanner/pgplanner/internal/server/identity"
)

func TestUsersOfASocket(t *testing.T) {
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid()) //nolint:gosec // ids of this system
	tokens, err := identity.LoadTokens(tokenFile(t, goodToken))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		policy  identity.Policy
		allowed bool
	}{
		"everybody whom the mode lets in": {identity.Policy{}, true},
		"this user":                       {identity.Policy{AllowedUsers: []uint32{uid + 1, uid}}, true},
		"this group":                      {identity.Policy{AllowedGroups: []uint32{gid}}, true},
		"this group, another user":        {identity.Policy{AllowedUsers: []uint32{uid + 1}, AllowedGroups: []uint32{gid}}, true},
		"another user":                    {identity.Policy{AllowedUsers: []uint32{uid + 1}}, false},
		"another group":                   {identity.Policy{AllowedGroups: []uint32{gid + 1}}, false},
		"what TCP asks for is not asked":  {identity.Policy{ClientCertificates: true, Tokens: tokens}, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.sock")
			conn := serve(t, "unix:"+path, identity.TLSFiles{}, test.policy).dial(nil)
			for _, err := range []error{call(t.Context(), conn), unary(t.Context(), conn)} {
				switch {
				case !test.allowed:
					wantRefusal(t, err, codes.PermissionDenied, "the user at the other end of the socket may not call")
				case err != nil:
					t.Error(err)
				}
			}
			if err := healthy(t.Context(), conn); err != nil {
				t.Errorf("health: %v", err)
			}
		})
	}
}

// TestSocketBesideTLS shows that TLS is for TCP alone: a socket stays a socket when certificates are configured.
func TestSocketBesideTLS(t *testing.T) {
	ca := certificates.NewAuthority(t, "ca")
	path := filepath.Join(t.TempDir(), "p.sock")
	if err := call(t.Context(), serve(t, "unix:"+path, serverFiles(ca, 1), identity.Policy{}).dial(nil)); err != nil {
		t.Error(err)
	}
}

// TestTCPIsNoSocket shows that the list of users lets nobody in, or keeps nobody out, over TCP.
func TestTCPIsNoSocket(t *testing.T) {
	uid := uint32(os.Getuid()) //nolint:gosec // an id of this system
	r := serve(t, "127.0.0.1:0", identity.TLSFiles{}, identity.Policy{ClientCertificates: true, AllowedUsers: []uint32{uid}})
	wantRefusal(t, call(t.Context(), r.dial(nil)), codes.Unauthenticated, "a client certificate is needed")
}
