package identity

import "golang.org/x/sys/unix"

func socketUser(fd int) (uid, gid uint32, err error) {
	user, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	return user.Uid, user.Groups[0], nil
}
