#!/usr/bin/env bash
# Runs every example client against the real server: each builds a database of three nodes, with a failure on the way,
# dies in the middle of adding a fourth one, goes on, must end with nothing left to do and the same state as the others,
# and deletes all of it. Then they finish what the others began, connect over a socket and with mutual TLS, ask again where an answer
# breaks off, and refuse streams that lack something.
#
# Installs what it needs with apt-get and npm. CLIENTS='go python' runs only some.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

read -r -a clients <<<"${CLIENTS:-go python node grpcurl}"
python=/usr/bin/python3 # Debian's own: another one on the PATH does not see Debian's packages
limit=120               # seconds for one run of a client

tmp=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap cleanup EXIT

fail() {
  echo "clients: FAILED: $*" >&2
  exit 1
}

# Says that something is done, and when: it shows where the time goes.
passed() { echo "==> $* ($SECONDS s)"; }

# What is needed.

needed=() # packages that are not there

apt_install() {
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "==> installing $*"
  {
    "${as_root[@]}" apt-get update -qq -o Acquire::Retries=3 &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Acquire::Retries=3 \
        --no-install-recommends "$@"
  } >"$tmp/apt.log" 2>&1 || { cat "$tmp/apt.log" >&2 && fail "apt-get install $*"; }
}

have() { command -v "$@" >/dev/null 2>&1; }

need_go() { :; }
prepare_go() { go build -buildvcs=false -o "$tmp/go" ./examples/clients/go; }

need_python() {
  if ! have grpc_python_plugin || ! have protoc || ! [ -e /usr/include/google/protobuf/struct.proto ] ||
    ! "$python" -c 'import grpc, google.protobuf' 2>/dev/null; then
    needed+=(python3 python3-grpcio python3-protobuf protobuf-compiler protobuf-compiler-grpc libprotobuf-dev)
  fi
}
prepare_python() { examples/clients/python/generate.sh; }

need_node() {
  have node || needed+=(nodejs)
  have npm || needed+=(npm)
}
prepare_node() {
  (cd examples/clients/node && npm ci --loglevel=error >"$tmp/npm.log" 2>&1) ||
    { cat "$tmp/npm.log" >&2 && fail 'npm ci'; }
}

need_grpcurl() { :; }
prepare_grpcurl() {
  GRPCURL=$(go tool -modfile=tools/go.mod -n grpcurl) # builds it, and prints where it is
  export GRPCURL
}

# Servers. Each is started with start, and found by its address.

# Starts a server that listens once the sed script finds an address in its output. Sets address.
# start NAME SED COMMAND...
start() {
  local name=$1 find=$2
  shift 2
  : >"$tmp/$name.log" # that of an earlier server has another address in it
  "$@" >>"$tmp/$name.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 300); do
    address=$(sed -n "$find" "$tmp/$name.log" | head -n 1)
    [ -z "$address" ] || return 0
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  cat "$tmp/$name.log" >&2
  fail "$name did not start"
}

# Sets address to that of the port. start_server NAME FLAGS...
start_server() {
  local name=$1
  shift
  start "$name" '/"listening"/s/.*"address":"\([^"/]*\)".*/\1/p' \
    "$tmp/planner-server" --admin-listen off --log-format json --log-level info "$@" --listen 127.0.0.1:0
}

start_middleman() { start middleman '1p' "$tmp/middleman" --planner "$planner" "$@"; }

# Runs of clients.

# Runs a client, and fails unless it ends with the code that is wanted. run CLIENT CODE FLAGS...
run() {
  local client=$1 want=$2 got=0 command
  shift 2
  case $client in
    go) command=("$tmp/go") ;;
    python) command=("$python" examples/clients/python/client.py) ;;
    node) command=(node examples/clients/node/client.js) ;;
    grpcurl) command=(examples/clients/grpcurl/client.sh) ;;
    *) fail "there is no client $client" ;;
  esac
  timeout --kill-after=5 "$limit" "${command[@]}" "$@" >"$tmp/out" 2>&1 || got=$?
  [ "$got" -eq "$want" ] || broken "$client" "$*" "it ended with exit code $got, not $want"
}

# Fails with the last that the client printed. broken CLIENT FLAGS PROBLEM
broken() {
  tail -n 50 "$tmp/out" | sed 's/^/    /' >&2
  fail "client $1 $2: $3"
}

# Checks that the last run printed something. printed CLIENT STEP PATTERN
printed() { grep -q -- "$3" "$tmp/out" || broken "$1" "$2" "it did not print $3"; }

has() { jq -e --arg id "$2" 'any(.resources[]?; "\(.identifier.type)::\(.identifier.id)" == $id)' "$1" >/dev/null; }

# Prints a state such that equal states are equal texts, however a language writes them.
normal() {
  jq -S '[.resources[] | {
      identifier, executor: {type: .executor.type, id: (.executor.id // "")},
      attributes: (.attributesJson // "{}" | fromjson),
      dependencies: ([.dependencies[]? | "\(.type)::\(.id)"] | sort),
      type_dependencies: ((.typeDependencies // []) | sort), diff_ignore: (.diffIgnore // []),
      error: (.error // ""), needs_recreate: (.needsRecreate // false), version: (.resourceVersion // "")
    }] | sort_by(.identifier.type, .identifier.id)' "$1"
}

# Checks that a final state has no failures in it, and is that of all the others. same CLIENT STATE
same() {
  normal "$2" >"$tmp/normal"
  jq -e 'all(.[]; .error == "" and .needs_recreate == false)' "$tmp/normal" >/dev/null ||
    broken "$1" "$2" 'something in its final state has failed'
  if [ ! -e "$tmp/want" ]; then
    mv "$tmp/normal" "$tmp/want"
  elif ! diff -u "$tmp/want" "$tmp/normal" >"$tmp/out"; then
    broken "$1" "$2" 'its final state is not that of the others'
  fi
}

# One client builds a database, fails, dies, and goes on.
story() {
  local client=$1 state=$tmp/$1.json flags
  flags=(--target "$planner" --state "$state")
  run "$client" 0 "${flags[@]}" --nodes 3 --fail-once database.instance::n2-a
  printed "$client" 'with a failure' '^failed: database.instance::n2-a'
  sed -n '/^failed: database.instance::n2-a/,$p' "$tmp/out" | grep -qE '^(create|update) database.instance::n2-a ' ||
    broken "$client" 'after a failure' 'it did not try database.instance::n2-a again'
  printed "$client" 'at the end' '^nothing left to do$'
  run "$client" 3 "${flags[@]}" --nodes 4 --crash-after 15
  has "$state" database.roles_source::n4 || broken "$client" 'after its crash' 'node n4 is not joining: that was not the middle'
  run "$client" 0 "${flags[@]}" --nodes 4
  printed "$client" 'after its crash' '^create '
  ! has "$state" database.roles_source::n4 || broken "$client" 'at the end' 'node n4 is still joining'
  run "$client" 0 "${flags[@]}" --nodes 4
  [ "$(cat "$tmp/out")" = 'nothing left to do' ] || broken "$client" 'when asked again' 'there was something left to do'
  same "$client" "$state"
  run "$client" 1 "${flags[@]}" --nodes 0
  printed "$client" 'without nodes' 'options.delete_database'
  run "$client" 0 "${flags[@]}" --delete-database
  printed "$client" 'when deleting' '^delete '
  jq -e '.resources // [] == []' "$state" >/dev/null || broken "$client" 'after deleting' 'something is left'
  run "$client" 0 "${flags[@]}" --delete-database
  [ "$(cat "$tmp/out")" = 'nothing left to do' ] || broken "$client" 'when deleting again' 'there was something left to do'
}

# Each client dies in the middle of what the one before it left, and the first one finishes it.
relay() {
  local state=$tmp/relay.json
  run "${clients[0]}" 0 --target "$planner" --state "$state" --nodes 3
  for client in "${clients[@]}"; do
    run "$client" 3 --target "$planner" --state "$state" --nodes 4 --crash-after 9
  done
  run "${clients[0]}" 0 --target "$planner" --state "$state" --nodes 4
  same "${clients[0]} after all others" "$state"
}

# Every client reaches the planner there, and completes a database. reach FLAGS...
reach() {
  for client in "${clients[@]}"; do
    rm -f "$tmp/reach.json"
    run "$client" 0 --state "$tmp/reach.json" --nodes 1 "$@"
    printed "$client" "$*" '^nothing left to do$'
  done
}

# Makes a CA in ca.pem, and a certificate from it: certificate NAME USAGE SAN
certificate() {
  local ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  {
    [ -e "$tmp/ca.pem" ] || openssl req -x509 "${ec[@]}" -keyout "$tmp/ca.key" -out "$tmp/ca.pem" -days 1 -subj /CN=ca
    openssl req "${ec[@]}" -keyout "$tmp/$1.key" -out "$tmp/$1.csr" -subj "/CN=$1"
    openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -CAcreateserial -days 1 -out "$tmp/$1.pem" \
      -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s' "$3" "$2")
  } >"$tmp/openssl.log" 2>&1 || { cat "$tmp/openssl.log" >&2 && fail "no certificate $1"; }
}

# No client executes anything of a stream that lacks something, and each says what it is. refuse TARGET WORD
refuse() {
  for client in "${clients[@]}"; do
    rm -f "$tmp/refuse.json"
    run "$client" 1 --target "$1" --state "$tmp/refuse.json" --nodes 3
    printed "$client" "$1" "$2"
    ! grep -E '^(create|update|delete) ' "$tmp/out" || broken "$client" "$1" 'it executed a part of a broken stream'
  done
}

have jq || needed+=(jq)
have openssl || needed+=(openssl)
for client in "${clients[@]}"; do
  "need_$client"
done
[ "${#needed[@]}" -eq 0 ] || apt_install "${needed[@]}"
echo '==> building the server'
CGO_ENABLED=0 go build -buildvcs=false -o "$tmp/planner-server" ./cmd/planner-server
go build -buildvcs=false -o "$tmp/middleman" ./examples/clients/internal/middleman
passed 'built the server'
for client in "${clients[@]}"; do
  "prepare_$client"
  passed "prepared the client in $client"
done
start_server planner
planner=$address

for client in "${clients[@]}"; do
  story "$client"
  passed "$client: built, failed, crashed, resumed, nothing left, and deleted"
done
relay
passed 'each finished what another one began'

certificate server serverAuth IP:127.0.0.1
certificate orchestrator clientAuth URI:spiffe://example.com/orchestrator
start_server guarded --listen "unix://$tmp/planner.sock" --allow-uid "$(id -u)" --tls-cert "$tmp/server.pem" \
  --tls-key "$tmp/server.key" --tls-client-ca "$tmp/ca.pem" --allow-client spiffe://example.com/orchestrator
reach --target "unix://$tmp/planner.sock"
passed 'all reach a Unix socket'
reach --target "$address" --tls-ca "$tmp/ca.pem" --tls-cert "$tmp/orchestrator.pem" --tls-key "$tmp/orchestrator.key"
passed 'all reach a port with mutual TLS'

for client in "${clients[@]}"; do
  start_middleman --cut 2
  rm -f "$tmp/cut.json"
  run "$client" 0 --target "$address" --state "$tmp/cut.json" --nodes 1
  printed "$client" 'after broken answers' '^nothing left to do$'
done
passed 'all ask again where an answer breaks off'
for part in header part summary; do
  start_middleman --drop "$part"
  refuse "$address" "$part"
done
passed 'all refuse streams that lack something'
passed 'all clients passed'
