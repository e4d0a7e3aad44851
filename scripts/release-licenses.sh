#!/bin/sh
# Prints the licences of everything that is in the binary, as they ask for: of this project, of Go, and of each
# module. GOOS and GOARCH say which binary. Runs inside of the image's build, too, so it needs only sh and Go.
set -eu
cd "$(dirname "$0")/.."

# Prints the licences and notices in a directory, and fails if there are none. licenses NAME DIRECTORY
licenses() {
  found=
  for file in "$2"/LICENSE* "$2"/LICENCE* "$2"/COPYING* "$2"/NOTICE*; do
    [ -f "$file" ] || continue
    found=1
    printf '==> %s: %s\n\n' "$1" "${file##*/}"
    cat "$file"
    printf '\n'
  done
  [ -n "$found" ] || {
    echo "release-licenses: $1 has no licence" >&2
    exit 1
  }
}

modules=$(go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/planner-server)
licenses planner-server .
licenses "Go $(go env GOVERSION)" "$(go env GOROOT)"
printf '%s\n' "$modules" | sort -u | while read -r path version directory; do
  licenses "$path $version" "$directory"
done
