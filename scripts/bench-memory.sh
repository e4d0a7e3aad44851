#!/usr/bin/env bash
# Reports the peak resident size while planning 256 nodes, and under 64 concurrent calls about 16 nodes. Each
# is measured in a process of its own. Needs Linux.
set -euo pipefail
cd "$(dirname "$0")/.."

for test in plan-256-nodes-rolling-no-op plan-256-nodes-create serve-64-calls; do
  go test ./internal/bench -count 1 -v -memory -run "^TestMemory\$/^$test\$"
done
