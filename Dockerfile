# The image of planner-server: one static binary, its licences, and a base that has no shell. "make image" builds it.
#
# The bases are pinned by tag here. Whoever publishes the image pins them by digest as well:
#   make image ARGS='--build-arg GO_IMAGE=docker.io/library/golang:1.26.8@sha256:... --build-arg BASE_IMAGE=...'
ARG GO_IMAGE=docker.io/library/golang:1.26.8
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

# Builds on the machine's own platform, for whatever platform is asked for.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src

# Modules change less often than sources: a layer of their own.
COPY go.mod go.sum ./
RUN go mod download

COPY LICENSE ./
COPY scripts/release-licenses.sh scripts/
COPY gen gen
COPY internal internal
COPY cmd cmd
ARG TARGETOS=linux
ARG TARGETARCH
ARG VERSION=dev
# As in the Makefile: image-check compares the bytes.
RUN --mount=type=cache,target=/root/.cache/go-build \
    export CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH && \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/planner-server ./cmd/planner-server && \
    sh scripts/release-licenses.sh >/out/LICENSES.txt

# The platform is the default, said for older buildahs, which would go on with that of the stage before.
FROM --platform=$TARGETPLATFORM ${BASE_IMAGE}
COPY --from=build /out/planner-server /usr/local/bin/planner-server
COPY --from=build /out/LICENSES.txt /usr/share/doc/planner-server/LICENSES.txt
# The user nonroot, as a number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /
# Collects garbage less often than Go would, for a quarter less of the processors. The memory limit counts before it.
ENV GOGC=400
# Calls, and metrics. Which addresses it listens on, says the configuration; by default only loopback.
EXPOSE 7070 7071
# Reads the same environment as the server. What is configured with flags or a file has to be repeated here.
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s --retries=3 CMD ["/usr/local/bin/planner-server", "health"]
ENTRYPOINT ["/usr/local/bin/planner-server"]

ARG BASE_IMAGE
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="planner-server" \
      org.opencontainers.image.description="Plans changes of multi-node Postgres, over gRPC" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="$BASE_IMAGE"
