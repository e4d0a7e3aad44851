#!/bin/sh
# Generates the stubs into gen/, with Debian's packages protobuf-compiler-grpc and libprotobuf-dev.
# Elsewhere: python3 -m grpc_tools.protoc -I ../../../proto --python_out=gen --grpc_python_out=gen ...
set -eu
cd "$(dirname "$0")"
mkdir -p gen
protoc -I ../../../proto --python_out=gen --grpc_out=gen \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" ../../../proto/planner/v1/*.proto
