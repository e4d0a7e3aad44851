package identity

import "golang.org/x/sys/unix"

func socketUser(fd int) (uid, gid uint32, err error) {
	user, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	return user.Uid, user.Gid, nil
}
