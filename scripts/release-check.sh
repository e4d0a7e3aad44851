#!/usr/bin/env bash
# Builds the release of one target twice, from clones in different directories, in different environments and without
# a compiler's cache in common, and fails unless both are the same to the last byte and hold what they should. Looks at
# the last commit, not at changes of the work tree.
#
#   TARGETS=darwin/arm64  another target, or several
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

export TARGETS=${TARGETS:-linux/amd64}
version=v0.0.0-check.1

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() {
  echo "release-check: FAILED: $*" >&2
  exit 1
}

# release CLONE: builds a release there.
release() { make -C "$1" --no-print-directory release VERSION="$version" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2 && fail "$1"; }; }

# refuses WORD VERSION: a release of this version is refused, for a reason with this word.
refuses() {
  ! make -C "$tmp/one" --no-print-directory release VERSION="$2" >"$tmp/log" 2>&1 || fail "it builds $2 though $1"
  grep -q -- "$1" "$tmp/log" || { cat "$tmp/log" >&2 && fail "it does not refuse $2 because of $1"; }
}

# What an archive promises. check NAME
check() {
  local binary=$tmp/$1/planner-server modules sbom
  [[ $1 != *windows* ]] || binary=$binary.exe
  tar -C "$tmp" -xf "$dist/$1.tar.gz"
  [ -x "$binary" ] || fail "$1 has no binary"
  cmp -s LICENSE "$tmp/$1/LICENSE" || fail "$1 has no licence"
  ! grep -qF "$tmp" "$binary" || fail "the path that $1 was built in is in it"
  go version -m "$binary" >"$tmp/build"
  grep -qE $'\tbuild\tCGO_ENABLED=0$' "$tmp/build" || fail "$1 is not static"
  modules=$(awk '$1 == "dep" { print $2, $3 }' "$tmp/build" | sort)
  [ "$(wc -l <<<"$modules")" -gt 10 ] || fail "go version names too few modules of $1"
  sbom=$(jq -r '.components[] | select(.name != "std") | "\(.name) \(.version)"' "$dist/$1.cdx.json" | sort)
  diff <(echo "$modules") <(echo "$sbom") || fail "the bill of materials of $1 is not what go version -m says"
  [ "$(jq -r '.metadata.component | .name, .version, .hashes[0].content' "$dist/$1.cdx.json" | xargs)" = \
    "planner-server $version $(sha256sum "$binary" | cut -d' ' -f1)" ] || fail "the bill of materials of $1 is of something else"
  diff <(echo "$modules") <(sed -nE 's/^==> (.*\..*\/.* v.*): .*/\1/p' "$tmp/$1/LICENSES.txt" | sort -u) ||
    fail "the licences of $1 are not those of its modules"
  echo "==> $1: $(stat -c %s "$binary") bytes, $(wc -l <<<"$modules") modules, all in the bill of materials and the licences"
}

if ! command -v jq >/dev/null; then
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq) >"$tmp/log" 2>&1 ||
    { cat "$tmp/log" >&2 && fail 'there is no jq'; }
fi

(cd tools/release && go mod tidy -diff && go vet ./... && go test ./...) || fail 'the bills of materials'

git clone --quiet . "$tmp/one"
git clone --quiet . "$tmp/two/in a longer path"
release "$tmp/one"
(
  umask 077
  export GOCACHE=$tmp/cache GOFLAGS=-tags=other GOAMD64=v2 TZ=Asia/Tokyo LC_ALL=C.UTF-8
  release "$tmp/two/in a longer path"
)
dist=$tmp/one/dist/$version
diff -r "$dist" "$tmp/two/in a longer path/dist/$version" || fail 'two builds are not the same'
(cd "$dist" && sha256sum --quiet --check --strict SHA256SUMS) || fail 'checksums'
[ "$(find "$dist" -type f | wc -l)" -eq "$(($(wc -l <"$dist/SHA256SUMS") + 1))" ] || fail 'not every file has a checksum'
echo "==> two builds are the same: $(cut -c1-16,65- "$dist/SHA256SUMS" | grep tar.gz | xargs)"
for target in $TARGETS; do
  check "planner-server_${version}_${target%/*}_${target#*/}"
done
name=planner-server_${version}_$(go env GOOS)_$(go env GOARCH)
if [ -d "$tmp/$name" ]; then
  [[ $("$tmp/$name/planner-server" --version) == "planner-server $version ("* ]] || fail "it says that it is $("$tmp/$name/planner-server" --version)"
fi

refuses 'is no version' 1.2
git -C "$tmp/one" -c user.name=x -c user.email=x commit --quiet --allow-empty --message x
git -C "$tmp/one" tag v0.0.0-other HEAD~1
refuses 'another commit' v0.0.0-other
touch "$tmp/one/new"
refuses 'local changes' "$version"
echo "==> all passed in $SECONDS s"
