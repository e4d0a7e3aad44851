#!/usr/bin/env bash
# Runs in the container of boot.sh, where systemd has just started the unit, and looks at what it does.
set -euo pipefail

unit=planner-server.service
socket=/run/planner/planner.sock

fail() {
  echo "FAILED: $*"
  systemctl status --no-pager --lines=0 $unit || true
  journalctl --no-pager --output=cat --lines=30 --unit=$unit
  exit 1
}

property() { systemctl show --value --property="$1" $unit; }

# Asks for the state to be the one that is wanted, for up to 30 s. state WANTED
state() {
  for _ in $(seq 300); do
    [ "$(property ActiveState)" != "$1" ] || return 0
    sleep 0.1
  done
  fail "the unit is $(property ActiveState), not $1"
}

# Has a member of the group plan a database over the socket, and run it.
plan() {
  rm -rf /tmp/state
  install -d -o orchestrator /tmp/state
  runuser -u orchestrator -- timeout 20 /check/client --target "unix://$socket" --state /tmp/state/state.json --nodes 2 >/tmp/out 2>&1
}

# What the kernel says about the main process. kernel FIELD
kernel() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(property MainPID)/status"; }

state active
echo 'systemd started the unit; it takes calls'

[ "$(stat -c '%A %U %G' /run/planner)" = 'drwxr-x--- planner planner' ] || fail "$(ls -ld /run/planner)"
[ "$(stat -c '%A %U %G' $socket)" = 'srw-rw---- planner planner' ] || fail "$(ls -l $socket)"
plan || fail "a member of the group cannot plan: $(cat /tmp/out)"
grep -q '^nothing left to do$' /tmp/out || fail "the client did not finish: $(tail /tmp/out)"
if runuser -u stranger -- planner-server health --listen "unix://$socket" >/tmp/out 2>&1; then fail 'others reach the socket'; fi
grep -q 'permission denied' /tmp/out || fail "a user who is not in the group gets: $(cat /tmp/out)"
echo 'members of the group can plan over the socket, others cannot'

[ "$(kernel Uid)" = "$(id -u planner)" ] || fail "runs as user $(kernel Uid)"
[ "$(kernel CapEff)$(kernel CapBnd)" = 00000000000000000000000000000000 ] || fail "has capabilities $(kernel CapBnd)"
[ "$(kernel NoNewPrivs)" = 1 ] || fail 'may gain privileges'
[ "$(kernel Seccomp)" = 2 ] || fail 'has no filter of system calls'
echo 'runs as planner, without capabilities, with a filter of system calls'

exec 3<>/dev/tcp/127.0.0.1/7071 || fail 'the admin listener is not there'
printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
cat <&3 >/tmp/metrics
exec 3>&-
grep -q '^process_start_time_seconds ' /tmp/metrics || fail 'the metrics do not say since when the process runs'
grep -q "^go_gc_gomemlimit_bytes 2.8311552e+09$" /tmp/metrics || fail "the memory limit is $(grep ^go_gc_gomemlimit /tmp/metrics)"
grep -q '^go_gc_gogc_percent 400$' /tmp/metrics || fail "garbage is collected at $(grep ^go_gc_gogc /tmp/metrics)"
grep -q '^planner_answer_plans_count [1-9]' /tmp/metrics || fail 'the metrics do not count the plans'
echo 'the metrics are on loopback, complete'

killed=$(property MainPID)
kill -KILL "$killed"
for _ in $(seq 300); do
  [ "$(property MainPID)" = "$killed" ] || [ "$(property MainPID)" = 0 ] || break
  sleep 0.1
done
state active
[ "$(property MainPID)" != "$killed" ] || fail 'the killed server was not started again'
plan || fail "after it was killed: $(cat /tmp/out)"
echo 'it comes back after it was killed'

systemctl stop $unit
[ "$(property ActiveState) $(property Result)" = 'inactive success' ] || fail "stopped as $(property ActiveState) $(property Result)"
! [ -e /run/planner ] || fail 'its directory is left behind'
echo 'it stops with success, and takes its directory along'

echo 'max-nodes: none' >>/etc/planner/planner.yaml
if timeout 20 systemctl start $unit 2>/dev/null; then fail 'it starts with a bad configuration'; fi
sleep 1.5 # above RestartSec
[ "$(property ActiveState) $(property NRestarts)" = 'failed 0' ] || fail "with a bad configuration it is $(property ActiveState), restarted $(property NRestarts) times"
echo 'a bad configuration is refused, once'
