#!/usr/bin/env bash
# Runs the tests, with the race detector where it works: it needs cgo and so a C compiler.
#
#   RACE=auto      on if there is a working C compiler (the default)
#   RACE=required  fail if there is none
#   RACE=off       never
#
# Arguments go to go test; without any, all packages are tested.
set -euo pipefail
cd "$(dirname "$0")/.."

# A compiler without the headers of the C library is of no use to cgo, so have it read one.
race_works() {
  local cc
  read -r -a cc <<<"$(go env CC)"
  echo '#include <stdlib.h>' | "${cc[@]}" -E - >/dev/null 2>&1 &&
    CGO_ENABLED=1 go list -race errors >/dev/null 2>&1
}

[ $# -gt 0 ] || set -- ./...

# After how long a package hangs. With the race detector, the ten minutes of go test are too few for the simulation
# if the machine is busy.
hangs=1h

race=${RACE:-auto}
case $race in
  off)
    echo 'race detector: off, as asked' >&2
    exec go test -timeout "$hangs" "$@"
    ;;
  auto | required) ;;
  *)
    echo "RACE=$race: must be auto, required or off" >&2
    exit 2
    ;;
esac

needs='gcc and the headers of the C library'
if race_works; then
  echo 'race detector: on' >&2
  export CGO_ENABLED=1
  exec go test -race -timeout "$hangs" "$@"
elif [ "$race" = required ]; then
  echo "race detector: required, but it needs a C compiler ($needs) and there is none" >&2
  exit 1
else
  echo "race detector: OFF, because it needs a C compiler ($needs) and there is none" >&2
  export CGO_ENABLED=0
  exec go test -timeout "$hangs" "$@"
fi
