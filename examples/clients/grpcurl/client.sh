#!/usr/bin/env bash
# Brings a database to so many nodes: an orchestrator in small, with a stand-in for the servers. Needs bash, jq and
# grpcurl, whose path may be in GRPCURL. See README.md.
set -euo pipefail

grpcurl=${GRPCURL:-grpcurl}
attempts=10
concurrency=8
exit_crashed=3
rpc=planner.v1.PlannerService/UpdateDatabase
exit_unavailable=$((64 + 14)) # grpcurl adds 64 to the code of the status

target=127.0.0.1:7070 state=state.json nodes=3 delete=false crash_after=0 fail_once='' tls=0
options=()

usage() {
  sed -n '2,3s/^# //p' "$0"
  echo 'Flags: --target --tls --tls-ca --tls-cert --tls-key --state --nodes --delete-database --crash-after --fail-once'
  exit "$1"
}

while [ $# -gt 0 ]; do
  flag=$1
  shift
  case $flag in
    --help) usage 0 ;;
    --tls)
      tls=1
      continue
      ;;
    --delete-database)
      delete=true
      continue
      ;;
  esac
  [ $# -gt 0 ] || usage 2 >&2
  case $flag in
    --target) target=$1 ;;
    --tls-ca) tls=1 options+=(-cacert "$1") ;;
    --tls-cert) tls=1 options+=(-cert "$1") ;;
    --tls-key) tls=1 options+=(-key "$1") ;;
    --state) state=$1 ;;
    --nodes) nodes=$1 ;;
    --crash-after) crash_after=$1 ;;
    --fail-once) fail_once=$1 ;;
    *) usage 2 >&2 ;;
  esac
  shift
done
[ "$tls" = 1 ] || options+=(-plaintext)
case $target in
  unix:*) options+=(-unix) target=${target#unix:} target=/${target##/*(/)} ;;
  dns:///*) target=${target#dns:///} ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Prints a request with the state as it is, for a database on nodes n1, n2, and so on, each with one instance that needs
# a directory; or for none. That there is to be none has to be said: a list of nodes may also be empty by mistake.
# Attributes are JSON text, which jq does not look into: it would round large numbers.
request() {
  jq -c --argjson nodes "$nodes" --argjson delete "$delete" '
    def node: . as $number | "host-\($number)" as $host | "n\($number)-a" as $instance | {
      nodeName: "n\($number)", databaseId: "db-1", databaseName: "app", databaseOwner: "app",
      instanceResources: [{
        instance: {
          spec: {
            instanceId: $instance, hostId: $host,
            settingsJson: ({port: 5432, postgres_version: "17.6"} | tojson)
          },
          instanceHostname: "\($host).example"
        },
        instanceDependencies: [{
          identifier: {type: "orchestrator.directory", id: $instance},
          executor: {type: "EXECUTOR_TYPE_HOST", id: $host},
          attributesJson: ({path: "/var/lib/postgresql/\($instance)", mode: "0700"} | tojson)
        }]
      }]
    };
    {
      start: .,
      nodes: (if $delete then [] else [range($nodes) | . + 1 | node] end),
      options: {deleteDatabase: $delete},
      responseOptions: {attributesFormat: "ATTRIBUTES_FORMAT_JSON"}
    }' "$state"
}

# Reads a stream of plans from messages, checks it against its header and its summary, and prints the phases of all
# plans, one in a line. Fails if the stream is incomplete or contradicts itself.
read_plans() {
  jq -c -s '
    def check(condition; problem): if condition then . else error(problem) end;
    def add_part($part):
      ($part.planIndex // 0) as $plan
      | if $plan == length then . + [[]] else . end
      | check($plan == length - 1; "parts out of order")
      | reduce (($part.phases // []) | to_entries[]) as $p (.;
          ($p.value.index // 0) as $phase
          | if $phase == (.[$plan] | length) then .[$plan] += [[]]
            else check($p.key == 0 and $phase == (.[$plan] | length) - 1; "phases out of order") end
          | .[$plan][$phase] += $p.value.events);
    check(.[-1].summary; "the stream ended without its summary")
    | check(.[0].header; "no header at the beginning")
    | check(all(.[1:-1][]; .planPart); "something else than parts between header and summary")
    | .[0].header as $header | .[-1].summary as $summary
    | reduce .[1:-1][].planPart as $part ([]; add_part($part))
    | (reduce .[][][].type as $type ({}; .[$type] += 1)) as $types
    | check(
        [length, length, (map(length) | add // 0)]
          == [$header.plans // 0, $summary.plans // 0, $summary.phases // 0]
        and ["REFRESH", "CREATE", "UPDATE", "DELETE", "FORGET"] as $all
          | [$all[] | $types["EVENT_TYPE_" + .] // 0]
            == [$summary.refreshes // 0, $summary.creates // 0, $summary.updates // 0, $summary.deletes // 0,
                $summary.forgets // 0];
        "other counts than announced")
    | .[][]'
}

# Carries out one event: prints what it would do, and writes to a file what to record. Runs for all events of a phase at
# once. The third argument is not empty if the event has to fail.
perform() {
  local event=$1 result=$2 fail=$3 would
  {
    IFS= read -r would || return
    # For a primary, an orchestrator looks up now which instance that is.
    echo "$would"
    # Here the work would be done. Of what is to be forgotten the host is gone for good: there is none to do.
    [[ $would == forget* ]] || sleep 0.01
    [ -z "$fail" ] || echo "failed: ${would#* }: failed on purpose"
    cat >"$result"
  } < <(jq -r --arg fail "$fail" '
    def word: sub("^(EVENT|EXECUTOR)_(TYPE|REASON)_"; "") | ascii_downcase;
    # What only execution knows: here the connection info of an instance.
    def observed:
      if .identifier.type == "database.instance" then
        {hostname: .executor.id, port: 5432} as $info
        | .attributesJson |= (fromjson | .connection_info = $info | tojson)
      else . end;
    # What to record. A failed create is made again, a failed update has its error. A real executor leaves needsRecreate
    # out where an update can mend what a create left, and sets it, without the error, where an update finds that the
    # thing is gone. What was not deleted stays as it was.
    def outcome:
      if $fail == "" then
        if .type == "EVENT_TYPE_DELETE" or .type == "EVENT_TYPE_FORGET" then {put: null} else {put: (.resource | observed | del(.error, .needsRecreate))} end
      elif .type == "EVENT_TYPE_CREATE" then {put: (.resource | .needsRecreate = true | .error = "failed on purpose")}
      elif .type == "EVENT_TYPE_UPDATE" then {put: (.resource | del(.needsRecreate) | .error = "failed on purpose")}
      else empty end;
    (.resource as {$identifier, $executor}
      | [.type | word] + ["\($identifier.type)::\($identifier.id)", "at", ($executor.type | word), $executor.id // empty]
        + ["(\(.reason // "" | word))"]
      | join(" ")),
    (outcome + {identifier: .resource.identifier} | tojson)' <<<"$event")
  [ -z "$fail" ] && [ -s "$result" ]
}

# Records the results of a phase. Whoever reads the file sees the old state or the new one, never half of it.
record() {
  cat "$tmp"/results/* |
    jq -c --slurpfile state "$state" -n '
      reduce inputs as $r ($state[0];
        .resources |= (map(select(.identifier != $r.identifier)) + [$r.put | select(.)]))' >"$state.tmp" &&
    sync "$state.tmp" &&
    mv "$state.tmp" "$state"
}

# Executes the events of a phase at once, and records their results. Fails if one of them failed.
executed=0
run_phase() {
  local name event fail
  rm -rf "$tmp/results" "$tmp/failed"
  mkdir "$tmp/results"
  while read -r name && read -r event; do
    fail=
    if [ "$name" = "$fail_once" ]; then
      fail=1 fail_once=
    fi
    executed=$((executed + 1))
    { perform "$event" "$tmp/results/$executed" "$fail" || : >"$tmp/failed"; } &
    [ $((executed % concurrency)) -ne 0 ] || wait
    if [ "$executed" -eq "$crash_after" ]; then
      wait
      echo 'crashing on purpose'
      exit "$exit_crashed"
    fi
  done < <(jq -r '.[] | (.resource.identifier | .type + "::" + .id), tojson' <<<"$1")
  wait
  record || exit 1
  [ ! -e "$tmp/failed" ]
}

[ -e "$state" ] || echo '{"resources":[]}' >"$state"
for ((attempt = 0; attempt < attempts; attempt++)); do
  request >"$tmp/request"
  status=0
  "$grpcurl" "${options[@]}" -max-msg-sz $((64 << 20)) -d @ "$target" "$rpc" <"$tmp/request" >"$tmp/stream" || status=$?
  case $status in
    0) ;;
    "$exit_unavailable")
      sleep 0.1
      continue
      ;;
    *) exit 1 ;;
  esac
  if ! read_plans <"$tmp/stream" >"$tmp/phases"; then
    echo 'asking again'
    sleep 0.1
    continue
  fi
  if [ ! -s "$tmp/phases" ]; then
    echo 'nothing left to do'
    exit 0
  fi
  jq -r '.summary | values
    | "\(.plans) plans: \(.creates // 0) creates, \(.updates // 0) updates, \(.deletes // 0) deletes; \(
        .changes // 0) changes, \(.followOns // 0) follow-ons; digest \(.digest[:12])",
      (.hazards[]? | "hazard: \(.message)")' "$tmp/stream"
  while read -r phase <&3; do
    run_phase "$phase" || break
  done 3<"$tmp/phases"
done
echo "error: giving up after $attempts attempts" >&2
exit 1
