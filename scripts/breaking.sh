#!/usr/bin/env bash
# Fails if the API in proto/ breaks callers of an earlier version of it.
#
# On a branch the earlier version is where the branch left main. On main itself there is nothing to compare
# with under that name, so it is the last release, or, before the first one, the commit before.
# BREAKING_AGAINST=<commit> overrides.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "breaking: skipped, $*" >&2
  exit 0
}

# Prints the commit to compare with.
base() {
  local head main fork
  if [ -n "${BREAKING_AGAINST:-}" ]; then
    git rev-parse --verify "$BREAKING_AGAINST^{commit}"
    return
  fi
  head=$(git rev-parse HEAD)
  for main in refs/remotes/origin/main refs/heads/main; do
    git rev-parse --quiet --verify "$main" >/dev/null || continue
    fork=$(git merge-base "$main" HEAD) || continue
    if [ "$fork" != "$head" ]; then
      echo "$fork"
      return
    fi
  done
  # A tag on HEAD itself is being released now: compare with the one before.
  git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD~1 2>/dev/null && return
  git rev-parse --quiet --verify HEAD~1
}

git rev-parse --quiet --verify HEAD >/dev/null 2>&1 || skip 'not a git repository with a commit'
if ! against=$(base); then
  [ -z "${BREAKING_AGAINST:-}" ] || exit 1
  [ "$(git rev-parse --is-shallow-repository)" = false ] ||
    skip 'this is a shallow clone without the commit to compare with (git fetch --deepen=1)'
  skip 'this is the first commit'
fi
[ -n "$(git ls-tree -r --name-only "$against" -- proto)" ] || skip "there is no API in $against yet"

# The files are taken out of git by hand, and not by buf, so that work trees and shallow clones will do.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
git archive "$against" -- proto | tar -x -C "$tmp"
cp buf.yaml "$tmp/"

echo "breaking: compared with $(git log -1 --format='%h %s' "$against")" >&2
go tool -modfile=tools/go.mod buf breaking --against "$tmp"
