package identity_test

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit/certificates"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/pgplanner/pgplanner/internal/server/identity"
)

const (
	goodToken  = "good-token-0123456789"
	otherToken = "other-token-0123456789"
	wrongToken = "wrong-token-0123456789"
)

// tokenFile holds the text.
func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	certificates.Replace(t, path, []byte(text))
	return path
}

func with(ctx context.Context, authorization ...string) context.Context {
	for _, value := range authorization {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
	}
	return ctx
}

func TestTokens(t *testing.T) {
	path := tokenFile(t, "# those of the orchestrators\n\n"+goodToken+"\r\n  "+otherToken+"  \n")
	tokens, err := identity.LoadTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	ca := certificates.NewAuthority(t, "ca")
	r := serve(t, "127.0.0.1:0", serverFiles(ca, 1), identity.Policy{Tokens: tokens})
	conn := r.dial(&tls.Config{RootCAs: ca.Pool()})
	const needed, unknown = "a bearer token is needed", "the bearer token is not known"
	for name, test := range map[string]struct {
		sent  []string
		words string
	}{
		"right":               {[]string{"Bearer " + goodToken}, ""},
		"another right one":   {[]string{"bearer " + otherToken}, ""},
		"missing":             {nil, needed},
		"empty":               {[]string{""}, needed},
		"only the scheme":     {[]string{"Bearer"}, needed},
		"an empty token":      {[]string{"Bearer "}, unknown},
		"wrong":               {[]string{"Bearer " + wrongToken}, unknown},
		"the beginning of it": {[]string{"Bearer " + goodToken[:len(goodToken)-1]}, unknown},
		"more than it":        {[]string{"Bearer " + goodToken + "0"}, unknown},
		"both in one":         {[]string{"Bearer " + goodToken + " " + otherToken}, unknown},
		"another scheme":      {[]string{"Basic " + goodToken}, needed},
		"a comment":           {[]string{"Bearer # those of the orchestrators"}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			for _, try := range []func() error{
				func() error { return call(with(t.Context(), test.sent...), conn) },
				func() error { return unary(with(t.Context(), test.sent...), conn) },
			} {
				err := try()
				if test.words != "" {
					wantRefusal(t, err, codes.Unauthenticated, test.words)
				} else if err != nil {
					t.Error(err)
				}
				for _, token := range []string{goodToken, otherToken, wrongToken} {
					if err != nil && strings.Contains(err.Error(), token) {
						t.Errorf("the error holds a token: %v", err)
					}
				}
			}
		})
	}
	if err := healthy(t.Context(), conn); err != nil {
		t.Errorf("health without a token: %v", err)
	}
	if text := r.log.Text(); !strings.Contains(text, "UNAUTHENTICATED") {
		t.Errorf("refusals are not in the log: %s", text)
	}
	for _, token := range []string{goodToken, otherToken, wrongToken} {
		if strings.Contains(r.log.Text(), token) {
			t.Errorf("the log holds the token %s", token)
		}
	}

	// A token is let in when it comes into the file, and no more when it has gone.
	certificates.Replace(t, path, []byte(wrongToken))
	if err := tokens.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := call(with(t.Context(), "Bearer "+wrongToken), conn); err != nil {
		t.Errorf("a new token: %v", err)
	}
	wantRefusal(t, call(with(t.Context(), "Bearer "+goodToken), conn), codes.Unauthenticated, unknown)
	certificates.Replace(t, path, nil)
	if err := tokens.Reload(); err == nil {
		t.Error("a file without tokens was taken")
	}
	if err := call(with(t.Context(), "Bearer "+wrongToken), conn); err != nil {
		t.Errorf("after a file that cannot be used: %v", err)
	}
}

func TestTokenOrCertificate(t *testing.T) {
	tokens, err := identity.LoadTokens(tokenFile(t, goodToken))
	if err != nil {
		t.Fatal(err)
	}
	ca := certificates.NewAuthority(t, "ca")
	files := serverFiles(ca, 1)
	files.ClientCAFile = ca.File()
	r := serve(t, "127.0.0.1:0", files, identity.Policy{
		Tokens: tokens, ClientCertificates: true, AllowedNames: []string{allowedDNS},
	})
	plain := r.dial(&tls.Config{RootCAs: ca.Pool()})
	certified := r.dial(&tls.Config{RootCAs: ca.Pool(), Certificates: []tls.Certificate{*ca.Client(allowedDNS, "", nil)}})
	wantRefusal(t, call(t.Context(), plain), codes.Unauthenticated, "a client certificate or a bearer token is needed")
	if err := call(with(t.Context(), "Bearer "+goodToken), plain); err != nil {
		t.Errorf("with a token: %v", err)
	}
	if err := call(t.Context(), certified); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	// A token that is not known is a mistake, whatever else the caller brings.
	wantRefusal(t, call(with(t.Context(), "Bearer "+wrongToken), certified), codes.Unauthenticated, "not known")
}

func TestTokenFilesThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "no token",
		"# only a comment\n":                "no token",
		goodToken + "\nshort":               "line 2: a token has at least 16 characters",
		goodToken + " " + otherToken:        "line 1: a token has no white space",
		strings.Repeat("x", 100_000) + "\n": "too long",
	} {
		_, err := identity.LoadTokens(tokenFile(t, text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), goodToken) {
			t.Errorf("the error holds a token: %v", err)
		}
	}
	if _, err := identity.LoadTokens("/nowhere"); err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("got %v", err)
	}
}
