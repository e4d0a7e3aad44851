# The image of the example orchestrator in compose.yaml: examples/clients/go. Built from the top of the repository.
ARG GO_IMAGE=docker.io/library/golang:1.26.8
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY gen gen
COPY internal internal
COPY client client
COPY examples/clients/go examples/clients/go
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o /out/orchestrator ./examples/clients/go && \
    mkdir /out/state

FROM ${BASE_IMAGE}
COPY --from=build /out/orchestrator /usr/local/bin/orchestrator
# A new volume that is mounted here takes over the owner.
COPY --from=build --chown=65532:65532 /out/state /state
USER 65532:65532
WORKDIR /state
ENTRYPOINT ["/usr/local/bin/orchestrator"]
