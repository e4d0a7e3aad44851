#!/usr/bin/env bash
# Fails if gen/ is not exactly what proto/ generates. Changes nothing: generates elsewhere and compares.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go tool -modfile=tools/go.mod buf generate --output "$tmp"
if ! diff --recursive --unified gen "$tmp/gen"; then
  echo 'generate-check: gen/ is not what proto/ generates: run "make generate" and commit the result' >&2
  exit 1
fi
