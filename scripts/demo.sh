#!/usr/bin/env bash
# The whole way of a request: builds and starts the server on a free port, asks it over gRPC to plan adding
# a node to a running database, prints the plan, and stops the server. grpcurl learns the API from the
# server itself, by reflection.
set -euo pipefail
cd "$(dirname "$0")/.."

request=examples/add-node.json
rpc=planner.v1.PlannerService/UpdateDatabase

tmp=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$tmp"
}
trap cleanup EXIT

fail() {
  echo "demo: $*" >&2
  cat "$tmp/server.log" >&2
  exit 1
}

# The server says in its log which port it got.
address() {
  sed -n '/"listening"/{s/.*"address":"\([^"]*\)".*/\1/p;q}' "$tmp/server.log"
}

echo '==> building the server, grpcurl and the viewer (the first time takes a minute or two)'
make --no-print-directory build
grpcurl=$(go tool -modfile=tools/go.mod -n grpcurl) # builds it, and prints where it is
go build -buildvcs=false -o "$tmp/planview" ./examples/internal/planview

echo '==> starting the server'
bin/planner-server --listen 127.0.0.1:0 --admin-listen off --log-format json --log-level info 2>"$tmp/server.log" &
server=$!
addr=
for _ in $(seq 300); do
  addr=$(address)
  [ -z "$addr" ] || break
  kill -0 "$server" 2>/dev/null || fail 'the server did not start:'
  sleep 0.1
done
[ -n "$addr" ] || fail 'the server did not say that it listens:'

echo "==> $rpc at $addr with $request"
"$grpcurl" -plaintext -d @ "$addr" "$rpc" <"$request" | "$tmp/planview" || fail 'no plan; the log of the server:'

echo '==> stopping the server'
kill -TERM "$server"
wait "$server" || fail "the server did not stop cleanly (exit code $?):"
server=
