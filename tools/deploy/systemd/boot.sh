#!/usr/bin/env bash
# Boots a systemd of its own as process 1 of a container, installs the unit in it as deploy/systemd/README.md says,
# and has inside.sh look at what it does. The container sees the files of this machine; what it writes is in memory and
# gone afterwards. It has namespaces of its own, and no network.
#
#   boot.sh SERVER CLIENT    the binaries: planner-server, and examples/clients/go
#
# Needs root, systemd and systemd-container. Exit code 75: this machine cannot do it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
unit=$here/../../../deploy/systemd

if [ "${1:-}" != --inside ]; then
  server=$(realpath "$1")
  client=$(realpath "$2")
  unified=/sys/fs/cgroup
  [ -e $unified/cgroup.procs ] || unified=/sys/fs/cgroup/unified
  group=$unified/planner-check.$$
  if [ "$(id -u)" -ne 0 ] || ! [ -e $unified/cgroup.procs ] || ! mkdir "$group" 2>/dev/null; then
    echo 'cannot boot systemd here: it needs root, and to create control groups' >&2
    exit 75
  fi
  root=$(mktemp -d)
  # shellcheck disable=SC2317 # the trap calls it
  cleanup() {
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    rmdir "$root" || true
  }
  trap cleanup EXIT
  # The group first: the namespace is rooted in the one that the process is in.
  bash -c 'echo $BASHPID >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
    timeout --kill-after=5 240 unshare --mount --cgroup --pid --fork --kill-child --mount-proc "$0" --inside "$root" "$server" "$client"
  exit
fi
shift
root=$1 server=$2 client=$3

mount --make-rprivate /
mount -t tmpfs tmpfs "$root"
mkdir "$root"/{upper,work,machine}
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/machine"
machine=$root/machine
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup

install -D -m 755 "$server" "$machine/usr/local/bin/planner-server"
install -D -m 644 "$unit/planner.yaml" "$machine/etc/planner/planner.yaml"
install -D -m 644 "$unit/sysusers.conf" "$machine/etc/sysusers.d/planner.conf"
install -D -m 644 "$unit/planner-server.service" "$machine/etc/systemd/system/planner-server.service"
install -D -m 755 "$client" "$machine/check/client"
install -D -m 755 "$here/inside.sh" "$machine/check/inside.sh"
cat >"$machine/etc/sysusers.d/check.conf" <<'END'
u orchestrator -
u stranger -
m orchestrator planner
END
cat >"$machine/etc/systemd/system/check.service" <<'END'
[Unit]
After=planner-server.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/check/inside.sh >/check/log 2>&1; echo $? >/check/rc'
ExecStopPost=/bin/systemctl exit --no-block
END
printf '[Unit]\nWants=planner-server.service check.service\n' >"$machine/etc/systemd/system/check.target"

systemd-nspawn --directory="$machine" --register=no --keep-unit --private-network --link-journal=no --boot -- \
  --unit=check.target --show-status=no </dev/null >"$root/boot.log" 2>&1 || true
if ! [ -e "$machine/check/rc" ]; then
  cat "$root/boot.log" >&2
  echo 'systemd did not boot' >&2
  exit 1
fi
cat "$machine/check/log"
exit "$(cat "$machine/check/rc")"
