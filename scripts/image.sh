#!/usr/bin/env bash
# Builds the image IMAGE:VERSION with whatever is there: docker, podman or buildah.
#
#   ENGINE=buildah        use this one
#   PLATFORM=linux/arm64  build for another platform than this machine's
#
# Arguments go to the engine's build.
set -euo pipefail
cd "$(dirname "$0")/.."

image=${IMAGE:-planner-server}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
revision=$(git rev-parse --quiet --verify HEAD 2>/dev/null || echo unknown)

# Having a docker is not enough: its daemon has to run.
engine() {
  if docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null; then
    echo podman
  elif command -v buildah >/dev/null; then
    echo buildah
  else
    echo 'image: there is no docker with a running daemon, no podman and no buildah' >&2
    return 1
  fi
}

engine=${ENGINE:-$(engine)}
flags=(--file Dockerfile --tag "$image:$version" --build-arg "VERSION=$version" --build-arg "REVISION=$revision")
[ -z "${PLATFORM:-}" ] || flags+=(--platform "$PLATFORM")
case $engine in
  docker) export DOCKER_BUILDKIT=1 ;;
  podman | buildah)
    # Health checks are only in Docker's format. The commit's time in place of the build's: same commit, same image.
    flags+=(--format docker --timestamp "$(git log -1 --format=%ct 2>/dev/null || echo 0)")
    # Older ones do not know these two by themselves.
    [ -z "${PLATFORM:-}" ] || flags+=(--build-arg "BUILDPLATFORM=linux/$(go env GOHOSTARCH)" --build-arg "TARGETPLATFORM=$PLATFORM")
    ;;
  *) echo "image: ENGINE=$engine: must be docker, podman or buildah" >&2 && exit 2 ;;
esac
echo "==> $engine builds $image:$version" >&2
exec "$engine" build "${flags[@]}" "$@" .
