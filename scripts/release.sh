#!/usr/bin/env bash
# Builds what a release consists of into dist/VERSION: for each target an archive with the static binary and the
# licences, and its bill of materials; and the checksums of all. The same commit, version and Go give the same bytes,
# wherever it is built: nothing of the machine, the path, the clock or the environment gets in.
#
#   scripts/release.sh v1.2.3
#   TARGETS='linux/amd64 windows/arm64'  only these
#
# Needs GNU tar.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "release: $*" >&2
  exit 1
}

version=${1:-}
read -r -a targets <<<"${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}"

[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "'$version' is no version: say which one, like make release VERSION=v1.2.3"
[ -z "$(git status --porcelain)" ] || fail 'there are local changes: a release is built from a commit'
if tagged=$(git rev-parse --quiet --verify "refs/tags/$version^{commit}"); then
  [ "$tagged" = "$(git rev-parse HEAD)" ] || fail "$version is the tag of another commit"
else
  echo "release: there is no tag $version yet: tag this commit, if this is the release" >&2
fi

export CGO_ENABLED=0 GOFLAGS='' GOWORK=off GOEXPERIMENT='' GOAMD64=v1 GOARM64=v8.0 GOFIPS140=off LC_ALL=C TZ=UTC
umask 022
committed=$(git log -1 --format=%cI)
dist=dist/$version
rm -rf "$dist"
mkdir -p "$dist"

(cd tools/release && go build -trimpath -buildvcs=false -o ../../bin/sbom .)
for target in "${targets[@]}"; do
  export GOOS=${target%/*} GOARCH=${target#*/}
  name=planner-server_${version}_${GOOS}_$GOARCH
  binary=planner-server
  [ "$GOOS" != windows ] || binary=planner-server.exe
  echo "==> $dist/$name.tar.gz"
  mkdir "$dist/$name"
  # As in the Makefile and the Dockerfile.
  go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$dist/$name/$binary" ./cmd/planner-server
  cp LICENSE "$dist/$name/"
  scripts/release-licenses.sh >"$dist/$name/LICENSES.txt"
  bin/sbom -name planner-server -version "$version" -time "$committed" "$dist/$name/$binary" >"$dist/$name.cdx.json"
  tar -C "$dist" --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --mtime="$committed" "$name" | gzip -9 --no-name >"$dist/$name.tar.gz"
  rm -r "${dist:?}/$name"
done
(cd "$dist" && sha256sum -- *.tar.gz *.cdx.json >SHA256SUMS)
echo "==> $dist/SHA256SUMS, built with $(go env GOVERSION)"
