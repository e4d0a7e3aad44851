#!/usr/bin/env bash
# Fuzzes every target for that long, one after the other. What fails is left below testdata/fuzz of its package:
# commit it with the fix. What is worth keeping besides is in $(go env GOCACHE)/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z]*' internal | sort | while IFS=: read -r file name; do
  target=${name#func }
  echo "$target in $(dirname "$file")"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-10m}" -fuzzminimizetime 10x "./$(dirname "$file")" </dev/null
done
