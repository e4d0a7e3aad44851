#!/usr/bin/env bash
# Checks what is in deploy/systemd, compose, envoy, prometheus and grafana, as far as that is possible without Docker, Envoy
# and Grafana: strictly against the schemas that those use, and against the real server wherever something can be run.
# What that leaves unproven is said in the README.md beside each.
#
#   AS_ROOT=auto      try what needs root and namespaces of its own, if this machine can: boot a systemd that starts the
#                     unit, and run the composed services as their containers would be (the default)
#   AS_ROOT=required  fail if it cannot
#   AS_ROOT=off       never
#
# Installs what it needs with apt-get.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

tmp=$(mktemp -d)
pids=()
load=
cleanup() {
  stop_load
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap cleanup EXIT

fail() {
  echo "deploy-check: FAILED: $*" >&2
  [ ! -s "$tmp/log" ] || tail -n 50 "$tmp/log" | sed 's/^/    /' >&2
  exit 1
}

# Runs what should say nothing unless it fails.
quietly() { "$@" >"$tmp/log" 2>&1 || fail "$*"; }

# What is needed.

apt_updated=
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
apt_update() {
  [ -n "$apt_updated" ] || quietly "${as_root[@]}" apt-get update -qq
  apt_updated=1
}

have() { command -v "$@" >/dev/null 2>&1; }

install_missing() {
  local packages=()
  have systemd-analyze || packages+=(systemd)
  have systemd-nspawn || [ "$rooted" = off ] || packages+=(systemd-container)
  have jq || packages+=(jq)
  [ ${#packages[@]} -ne 0 ] || return 0
  echo "==> installing ${packages[*]}"
  apt_update
  quietly env DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# Unpacks Debian's package: its service and what it depends on are not needed.
install_prometheus() {
  if have promtool && have prometheus; then
    promtool=promtool prometheus=prometheus
    return
  fi
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/planner-deploy-check
  if ! [ -x "$cache/usr/bin/promtool" ]; then
    echo '==> fetching prometheus'
    apt_update
    mkdir -p "$cache" "$tmp/deb"
    (cd "$tmp/deb" && quietly apt-get download prometheus)
    quietly dpkg-deb -x "$tmp"/deb/prometheus_*.deb "$tmp/deb/all"
    mkdir -p "$cache/usr/bin"
    mv "$tmp/deb/all/usr/bin/prometheus" "$cache/usr/bin/"
    mv "$tmp/deb/all/usr/bin/promtool" "$cache/usr/bin/" # last, as it is looked for
  fi
  promtool=$cache/usr/bin/promtool prometheus=$cache/usr/bin/prometheus
}

build() {
  CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$tmp/bin/planner-server" ./cmd/planner-server
  CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$tmp/bin/orchestrator" ./examples/clients/go
  go -C tools/deploy build -o "$tmp/bin/deploy" .
}

# systemd

check_systemd() {
  local unit=deploy/systemd/planner-server.service exposure
  quietly "$tmp/bin/planner-server" check-config --config deploy/systemd/planner.yaml
  # The server is not installed here. Warnings do not fail it, and other units have some of their own.
  sed "s|/usr/local/bin/planner-server|$tmp/bin/planner-server|" "$unit" >"$tmp/planner-server.service"
  quietly systemd-analyze verify "$tmp/planner-server.service"
  ! grep planner-server "$tmp/log" || fail "systemd-analyze verify $unit"
  quietly systemd-analyze security --offline=true --threshold=13 --no-pager "$unit"
  exposure=$(sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p' "$tmp/log")
  echo "==> systemd: the unit is well-formed, with an exposure of $exposure"
  [ "$rooted" != off ] || return 0
  local code=0
  tools/deploy/systemd/boot.sh "$tmp/bin/planner-server" "$tmp/bin/orchestrator" >"$tmp/log" 2>&1 || code=$?
  if [ $code -eq 75 ] && [ "$rooted" = auto ]; then
    echo "==> systemd: NOT TRIED: $(cat "$tmp/log")"
    return
  fi
  [ $code -eq 0 ] || fail "the unit under systemd (exit code $code)"
  sed 's/^/    /' "$tmp/log"
  echo '==> systemd: the unit works'
}

# compose

# Prints values of a service, NUL behind each. of SERVICE JQ
of() { jq --join-output --arg service "$1" ".services[\$service] | $2 | . + \"\\u0000\"" "$tmp/project.json"; }

# Makes the file system that a service sees: its binary, and its volumes. furnish SERVICE BINARY
furnish() {
  local root=$tmp/root-$1 volumes user volume
  mapfile -d '' volumes < <(of "$1" '.volumes[] | "\(.source):\(.target)"')
  mapfile -d '' user < <(of "$1" .user)
  install -D -m 755 "$tmp/bin/$2" "$root/usr/local/bin/$2"
  for volume in "${volumes[@]}"; do
    mkdir -p "$root${volume#*:}"
    install -d -m 700 -o "${user[0]%:*}" -g "${user[0]#*:}" "$tmp/volumes/${volume%%:*}"
  done
}

# Runs a service as its container would be, without an engine: with its environment and user, no network, and a file system
# that is read-only but for the volumes. Takes the place of the shell. contain SERVICE BINARY ARGUMENT...
contain() {
  local service=$1 binary=$2 root=$tmp/root-$1 environment volumes user
  shift 2
  mapfile -d '' environment < <(of "$service" '.environment // {} | to_entries[] | "\(.key)=\(.value)"')
  mapfile -d '' volumes < <(of "$service" '.volumes[] | "\(.source):\(.target)"')
  mapfile -d '' user < <(of "$service" .user)
  # shellcheck disable=SC2016 # the inner shell expands them
  exec unshare --mount --net bash -euc '
    root=$1 from=$2 user=$3 count=$4
    shift 4
    mount --bind "$root" "$root"
    for volume in "${@:1:count}"; do mount --bind "$from/${volume%%:*}" "$root${volume#*:}"; done
    mount -o remount,bind,ro "$root"
    shift "$count"
    exec env -i "${@:2:$1}" /usr/bin/unshare --root="$root" --wd=/ --setgid="${user#*:}" --setuid="${user%:*}" "${@:$1 + 2}"
  ' - "$root" "$tmp/volumes" "${user[0]}" "${#volumes[@]}" "${volumes[@]}" "${#environment[@]}" "${environment[@]}" \
    "/usr/local/bin/$binary" "$@"
}

check_compose() {
  local command health
  "$tmp/bin/deploy" compose deploy/compose/compose.yaml >"$tmp/project.json" 2>"$tmp/log" || fail 'compose.yaml'
  echo '==> compose: keeps to the specification; the services have no network, no rights, and nothing of the machine'
  [ "$rooted" != off ] || return 0
  if ! unshare --mount --net true 2>/dev/null; then
    [ "$rooted" = auto ] || fail 'this machine makes no namespaces'
    echo '==> compose: NOT TRIED: this machine makes no namespaces'
    return
  fi
  mapfile -d '' command < <(of orchestrator '.command[]')
  mapfile -d '' health < <(of planner '.healthcheck.test[]')
  [ "${health[*]:0:2}" = 'CMD /usr/local/bin/planner-server' ] || fail "the health check is ${health[*]}"
  furnish planner planner-server
  furnish orchestrator orchestrator
  contain planner planner-server >"$tmp/planner.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 100); do
    if (contain planner planner-server "${health[@]:2}") >"$tmp/log" 2>&1; then break; fi
    sleep 0.1
  done
  grep -qx serving "$tmp/log" || { cat "$tmp/planner.log" >&2 && fail 'the planner is not healthy'; }
  (contain orchestrator orchestrator "${command[@]}") >"$tmp/log" 2>&1 || fail 'the orchestrator did not finish'
  grep -qx 'nothing left to do' "$tmp/log" || fail 'the orchestrator has something left to do'
  [ -s "$tmp/volumes/state/state.json" ] || fail 'the orchestrator kept no state'
  echo '==> compose: run without an engine, the orchestrator finishes through the socket'
}

# Builds the example orchestrator from what its Dockerfile copies, and nothing else.
check_dockerfile() {
  local file=deploy/compose/orchestrator.Dockerfile from
  while read -r _ from _; do
    [ -e "$from" ] || fail "$file copies $from, which is not there"
    grep -qxF "!$from" "$file.dockerignore" || fail "$file.dockerignore leaves out $from"
    mkdir -p "$tmp/context/$(dirname "$from")"
    cp -R "$from" "$tmp/context/$from"
  done < <(sed -n 's/^COPY go.mod go.sum .*/COPY go.mod .\nCOPY go.sum ./p; t; /^COPY --from/d; /^COPY /p' "$file")
  (cd "$tmp/context" && quietly env CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$tmp/bin/from-context" ./examples/clients/go)
  echo '==> compose: the example orchestrator builds from what its Dockerfile copies'
}

# Envoy

check_envoy() {
  make --no-print-directory envoy-descriptors ENVOY_DESCRIPTORS="$tmp/planner.binpb" >"$tmp/log" 2>&1 || fail 'make envoy-descriptors'
  quietly "$tmp/bin/deploy" envoy -descriptors "$tmp/planner.binpb" -client client/service_config.go deploy/envoy/*.yaml
  echo "==> envoy: the configurations keep to Envoy's API, fit the API of the planner, and repeat calls as clients do"
}

# Prometheus and Grafana

# The address in a line of the server's log. address MESSAGE
address() {
  local found
  for _ in $(seq 300); do
    found=$(sed -n "/\"msg\":\"$1\"/s/.*\"address\":\"\([^\"]*\)\".*/\1/p" "$tmp/server.log")
    [ -z "$found" ] || { echo "$found" && return; }
    sleep 0.1
  done
  cat "$tmp/server.log" >&2
  fail "the server did not say '$1'"
}

# An orchestrator that builds a database, fails once, adds a node and removes it. orchestrate ADDRESS
orchestrate() {
  rm -f "$tmp/state.json"
  for flags in '3 --fail-once database.instance::n2-a' 4 3; do
    # shellcheck disable=SC2086 # words
    "$tmp/bin/orchestrator" --target "$1" --state "$tmp/state.json" --nodes $flags || return
  done
}

# Lets the orchestrators in the background finish.
stop_load() {
  [ -n "$load" ] || return 0
  rm -f "$tmp/loading"
  wait "$load" || true
  load=
}

check_monitoring() {
  local calls port=$((20000 + RANDOM % 20000))
  quietly "$promtool" check rules --lint=all --lint-fatal deploy/prometheus/alerts.yaml
  quietly "$promtool" test rules deploy/prometheus/alerts_test.yaml
  quietly "$promtool" check config deploy/prometheus/prometheus.yaml
  echo "==> prometheus: $(grep -c 'alert:' deploy/prometheus/alerts.yaml) alerts, each seen to fire and not to fire"

  : >"$tmp/server.log"
  GOMEMLIMIT=1GiB "$tmp/bin/planner-server" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 2>"$tmp/server.log" &
  pids+=($!)
  calls=$(address listening)
  metrics=$(address 'admin listening')
  quietly orchestrate "$calls"
  cat >"$tmp/prometheus.yaml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["$PWD/deploy/prometheus/alerts.yaml"]
scrape_configs: [{job_name: planner, static_configs: [{targets: ["$metrics"]}]}]
END
  "$prometheus" --config.file="$tmp/prometheus.yaml" --storage.tsdb.path="$tmp/tsdb" \
    --web.listen-address="127.0.0.1:$port" --log.level=warn >"$tmp/prometheus.log" 2>&1 &
  pids+=($!)
  : >"$tmp/loading"
  (while [ -e "$tmp/loading" ] && orchestrate "$calls" >"$tmp/orchestrator.log" 2>&1; do sleep 0.3; done) &
  load=$!
  "$tmp/bin/deploy" queries -metrics "http://$metrics/metrics" -prometheus "http://127.0.0.1:$port" \
    deploy/prometheus/alerts.yaml deploy/grafana/*.json >"$tmp/log" 2>&1 || { cat "$tmp/prometheus.log" >&2 && fail 'queries'; }
  stop_load
  echo "==> grafana: every panel shows something of a running server; $(cat "$tmp/log")"
}

# The checks above can fail: each is given something that is broken. Needs the server of check_monitoring.
check_refusals() {
  quietly go -C tools/deploy test -count 1 . -args -descriptors "$tmp/planner.binpb" -metrics "http://$metrics/metrics"
  echo "==> $(grep -c '^		{.*},$' tools/deploy/refusals_test.go) ways to break them are refused"
}

rooted=${AS_ROOT:-auto}
case $rooted in
  auto | required | off) ;;
  *)
    echo "AS_ROOT=$rooted: must be auto, required or off" >&2
    exit 2
    ;;
esac

install_missing
install_prometheus
echo '==> building the server, an orchestrator, and what checks'
build
check_systemd
check_compose
check_dockerfile
check_envoy
check_monitoring
check_refusals
echo "==> deploy/ passed in $SECONDS s"
