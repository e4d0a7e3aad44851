#!/usr/bin/env bash
# Builds the image where no base image can be pulled, runs it, and checks what it promises. Buildah builds the
# Dockerfile as it is, without a network, against stand-ins that have the names of the bases: a busybox with this
# machine's Go, and an empty file system with a temporary directory and a home that anyone may write to. runc runs the
# result as an engine does, with loopback alone. What this leaves unproven is in docs/releasing.md#the-image.
#
# Needs root on Debian, and installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

version=v0.0.0-image-check
max_bytes=$((22 * 1000 * 1000)) # 25 MB for all; distroless/static itself takes 2 MB of it

tmp=$(mktemp -d)
export CONTAINERS_STORAGE_CONF=$tmp/storage.conf # everything goes there, and nothing stays
container=
cleanup() {
  [ -z "$container" ] || runc delete --force "$container" >/dev/null 2>&1 || true
  buildah rm --all >/dev/null 2>&1 || true
  umount "$tmp/storage/overlay" 2>/dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT

fail() {
  echo "image-check: FAILED: $*" >&2
  [ ! -s "$tmp/log" ] || sed 's/^/    /' "$tmp/log" >&2
  exit 1
}

# equal WHAT WANT GOT
equal() { [ "$2" = "$3" ] || fail "$1 is '$3', not '$2'"; }

quietly() { "$@" >"$tmp/log" 2>&1 || fail "$*"; }

# Stand-ins for the bases.

# The default of an ARG in the Dockerfile.
default() { sed -n "s/^ARG $1=//p" Dockerfile | head -n 1; }

# Commits the working container under the name of a base. commit NAME
commit() {
  quietly buildah commit --rm "$work" "$1"
}

stand_in_for_go() {
  local root
  work=$(buildah from scratch)
  root=$(buildah mount "$work")
  mkdir -p "$root"/{bin,tmp,root,src,usr/local/go,modules,gocache}
  cp /bin/busybox "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  for applet in cat sort mkdir; do ln -s busybox "$root/bin/$applet"; done
  quietly buildah config --env PATH=/usr/local/go/bin:/bin --env HOME=/root --env GOTOOLCHAIN=local \
    --env GOPROXY=file:///modules --env GOSUMDB=off --env GOCACHE=/gocache "$work"
  commit "$(default GO_IMAGE)"
}

# stand_in_for_base ARCHITECTURE
stand_in_for_base() {
  local root
  work=$(buildah from scratch)
  root=$(buildah mount "$work")
  mkdir -p "$root"/{etc,home/nonroot,tmp,proc,dev,sys}
  chmod 1777 "$root/tmp"
  chown 65532:65532 "$root/home/nonroot"
  echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/etc/passwd"
  quietly buildah config --arch "$1" --user 65532 --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$work"
  commit "$(default BASE_IMAGE)"
}

# build ARCHITECTURE
build() {
  stand_in_for_base "$1"
  ENGINE=buildah IMAGE=planner-check-$1 VERSION=$version PLATFORM=linux/$1 quietly unshare --net scripts/image.sh \
    --pull-never --isolation chroot --volume "$(go env GOROOT):/usr/local/go:ro" \
    --volume "$(go env GOMODCACHE)/cache/download:/modules:ro" --volume "$(go env GOCACHE):/gocache"
  image=planner-check-$1:$version
}

# Checks of the image.

inspect() { jq -r "$1" "$tmp/image.json"; }

check_image() {
  local bytes label
  buildah inspect --type image "$image" >"$tmp/image.json"
  equal 'the architecture' "$1" "$(inspect .Docker.architecture)"
  equal 'the user' 65532:65532 "$(inspect .Docker.config.User)"
  equal 'how garbage is collected' GOGC=400 "$(inspect '.Docker.config.Env[] | select(startswith("GOGC="))')"
  equal 'the entry point' /usr/local/bin/planner-server "$(inspect '.Docker.config.Entrypoint | join(" ")')"
  equal 'the health check' 'CMD /usr/local/bin/planner-server health' "$(inspect '.Docker.config.Healthcheck.Test | join(" ")')"
  equal 'the label version' "$version" "$(inspect '.Docker.config.Labels["org.opencontainers.image.version"]')"
  equal 'the label revision' "$(git rev-parse HEAD)" "$(inspect '.Docker.config.Labels["org.opencontainers.image.revision"]')"
  equal 'the label base.name' "$(default BASE_IMAGE)" "$(inspect '.Docker.config.Labels["org.opencontainers.image.base.name"]')"
  for label in title description licenses; do
    [ -n "$(inspect ".Docker.config.Labels[\"org.opencontainers.image.$label\"] // empty")" ] || fail "there is no label $label"
  done

  work=$(buildah from --pull-never "$image" 2>/dev/null) # it warns of the platform
  rootfs=$(buildah mount "$work")
  bytes=$(du -s --apparent-size --block-size=1 "$rootfs" | cut -f1)
  [ "$bytes" -le "$max_bytes" ] || fail "the image has $bytes bytes, more than $max_bytes"
  equal 'what can be executed' /usr/local/bin/planner-server "$(cd "$rootfs" && find . -type f -perm /111 | cut -c2-)"
  [ -s "$rootfs/usr/share/doc/planner-server/LICENSES.txt" ] || fail 'there are no licences'
  CGO_ENABLED=0 GOARCH=$1 quietly go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" \
    -o "$tmp/planner-server" ./cmd/planner-server
  cmp -s "$tmp/planner-server" "$rootfs/usr/local/bin/planner-server" || fail 'the binary is not that of the same build outside'
  echo "==> $image: $bytes bytes, labels, nothing else to execute, the same binary as outside"
}

# Runs.

# Writes the configuration of a container that runs the image as it says itself. bundle READONLY
bundle() {
  rm -rf "$tmp/bundle" "$tmp/socket"
  mkdir -p "$tmp/bundle"
  install -d -o 65532 -g 65532 -m 0700 "$tmp/socket"
  (cd "$tmp/bundle" && runc spec)
  jq --slurpfile image "$tmp/image.json" --arg root "$rootfs" --arg socket "$tmp/socket" --argjson readonly "$1" '
    $image[0].Docker.config as $config
    | .root = {path: $root, readonly: $readonly}
    | .process.terminal = false
    | .process.user = ($config.User | split(":") | {uid: .[0] | tonumber, gid: .[1] | tonumber})
    | .process.args = $config.Entrypoint
    | .process.cwd = $config.WorkingDir
    | .process.env = $config.Env + ["PLANNER_LISTEN=unix:///run/planner/planner.sock,127.0.0.1:7070", "PLANNER_DRAIN_DELAY=3s"]
    | .process.capabilities = {}
    | .process.noNewPrivileges = true
    | .mounts += [{destination: "/run/planner", type: "bind", source: $socket, options: ["bind", "rw", "nosuid", "nodev", "noexec"]}]
  ' "$tmp/bundle/config.json" >"$tmp/bundle/new.json"
  mv "$tmp/bundle/new.json" "$tmp/bundle/config.json"
}

inside() { runc exec "$container" "$@"; }

healthy() { inside /usr/local/bin/planner-server health; }

# Starts a container and waits until the command of its health check says that it serves. start READONLY
start() {
  bundle "$1"
  container=planner-check-$$
  runc run --bundle "$tmp/bundle" "$container" >"$tmp/log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || fail 'it did not start:'
    ! healthy >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail 'it did not become healthy:'
}

# Stops it, and sees it drain: not healthy any more, and gone with exit code 0 afterwards.
stop() {
  local code=0 answer
  runc kill "$container" TERM
  sleep 0.5
  answer=$(healthy 2>&1) && fail "health says '$answer' after SIGTERM"
  grep -q NOT_SERVING <<<"$answer" || fail "health says '$answer' after SIGTERM, not that it does not serve"
  wait "$pid" || code=$?
  equal 'the exit code after SIGTERM' 0 "$code"
  container=
}

# Plans a database over the socket, to the end, from outside.
plan() {
  quietly "$tmp/client" --target "unix://$tmp/socket/planner.sock" --state "$tmp/state.json" --nodes 3
  grep -q '^nothing left to do$' "$tmp/log" || fail 'the client did not finish:'
  rm "$tmp/state.json"
}

listing() { find "$rootfs" -printf '%p %s %m %U %C@\n' | sort; }

# Everything in it may be written to by whoever may: nothing is.
check_writes_nothing() {
  start false
  listing >"$tmp/before"
  plan
  stop
  listing >"$tmp/after"
  diff -u "$tmp/before" "$tmp/after" >"$tmp/log" || fail 'it wrote:'
  echo '==> it writes nothing where it could'
}

check_read_only() {
  local status
  start true
  status=$(cat "/proc/$(runc state "$container" | jq .pid)/status")
  equal 'the user of the process' $'65532\t65532\t65532\t65532' "$(sed -n 's/^Uid:\t//p' <<<"$status")"
  equal 'the capabilities of the process' 0000000000000000 "$(sed -n 's/^CapEff:\t//p' <<<"$status")"
  equal 'the version' "planner-server $version" "$(inside /usr/local/bin/planner-server --version | cut -d' ' -f1,2)"
  ! inside /bin/sh -c true >/dev/null 2>&1 || fail 'it has a shell'
  plan
  stop
  echo '==> it runs as 65532 without capabilities on a read-only root, answers over a socket, is healthy, drains on SIGTERM'
}

[ "$(id -u)" -eq 0 ] || fail 'only root can build and run images this way'
missing=()
for package in buildah runc jq busybox-static; do
  dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "==> installing ${missing[*]}"
  quietly apt-get update -qq
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

cat >"$CONTAINERS_STORAGE_CONF" <<EOF
[storage]
driver = "overlay"
graphroot = "$tmp/storage"
runroot = "$tmp/run"
EOF

[ "$(printf '%s\n' "$(default GO_IMAGE | sed 's/.*://')" "$(go mod edit -json | jq -r .Go)" | sort -V | head -n 1)" = "$(go mod edit -json | jq -r .Go)" ] ||
  fail 'the Go of the Dockerfile is older than go.mod asks for'
quietly go mod download
quietly go build -buildvcs=false -o "$tmp/client" ./examples/clients/go
stand_in_for_go
build arm64
check_image arm64
build amd64
check_image amd64
check_writes_nothing
check_read_only
echo "==> all passed in $SECONDS s"
