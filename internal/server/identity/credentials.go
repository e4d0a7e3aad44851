package identity

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// User is who is at the other end of a unix socket, as the kernel says.
type User struct {
	credentials.CommonAuthInfo
	UID, GID uint32
}

// AuthType is "unix".
func (User) AuthType() string { return "unix" }

// NewCredentials returns the server's transport credentials: over TCP those given, nil for none; over a unix
// socket no encryption, but the user at the other end.
func NewCredentials(tcp credentials.TransportCredentials) credentials.TransportCredentials {
	if tcp == nil {
		tcp = insecure.NewCredentials()
	}
	return serverCredentials{TransportCredentials: tcp}
}

type serverCredentials struct {
	credentials.TransportCredentials
}

// ServerHandshake takes the connection over. A unix socket whose peer cannot be told is refused.
func (c serverCredentials) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	unix := unixConn(raw)
	if unix == nil {
		return c.TransportCredentials.ServerHandshake(raw)
	}
	uid, gid, err := peerUser(unix)
	if err != nil {
		return nil, nil, err
	}
	return raw, User{
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
		UID:            uid,
		GID:            gid,
	}, nil
}

// ClientHandshake is refused: these are credentials of a server.
func (c serverCredentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("server credentials cannot be used by a client")
}

func (c serverCredentials) Clone() credentials.TransportCredentials {
	return serverCredentials{TransportCredentials: c.TransportCredentials.Clone()}
}

// unixConn finds the unix socket under what wraps the connection, such as a limit; nil if it is none.
func unixConn(c net.Conn) *net.UnixConn {
	for {
		switch inner := c.(type) {
		case *net.UnixConn:
			return inner
		case interface{ NetConn() net.Conn }:
			c = inner.NetConn()
		default:
			return nil
		}
	}
}
