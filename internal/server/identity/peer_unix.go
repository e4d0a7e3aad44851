//go:build linux || darwin

package identity

import "net"

// peerUser asks the kernel who connected.
func peerUser(c *net.UnixConn) (uid, gid uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { uid, gid, failed = socketUser(int(fd)) }); err != nil {
		return 0, 0, err
	}
	return uid, gid, failed
}
