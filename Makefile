# One entry point for people: "make help". Only Go and make are needed; tools are built from the modules
# in tools/ when a target first needs them, and cached.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

BUF := go tool -modfile=tools/go.mod buf
GOFUMPT := go tool -modfile=tools/go.mod gofumpt
GOLANGCI_LINT := go tool -modfile=tools/lint/go.mod golangci-lint

# Programs of our own that check what is shipped, each a module.
CHECKERS := tools/deploy tools/kubernetes tools/release

##@ To begin with

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Build everything, start a server, plan adding a node, print the plan
	@scripts/demo.sh

.PHONY: test
test: ## Run all tests, with the race detector if there is a C compiler (ARGS='-run X ./internal/planner')
	@scripts/test.sh $(ARGS)

##@ Building

.PHONY: build
build: ## Build bin/planner-server
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/planner-server ./cmd/planner-server

.PHONY: generate
generate: ## Generate gen/ from proto/
	$(BUF) generate

.PHONY: fmt
fmt: ## Format Go and proto files
	$(GOFUMPT) -w .
	$(BUF) format -w

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist

##@ Checking

.PHONY: lint
lint: breaking ## Check the style, the import directions and the API
	$(BUF) format --diff --exit-code
	$(BUF) lint
	$(GOLANGCI_LINT) run
	for module in $(CHECKERS); do (cd $$module && go tool -modfile=../lint/go.mod golangci-lint run); done

.PHONY: breaking
breaking: ## Check that the API breaks no caller (BREAKING_AGAINST=commit)
	@scripts/breaking.sh

.PHONY: generate-check
generate-check: ## Check that gen/ is what proto/ generates
	@scripts/generate-check.sh

.PHONY: tidy-check
tidy-check: ## Check that go.mod and go.sum are complete and the modules unchanged
	go mod tidy -diff
	go mod verify

.PHONY: soak
soak: ## Overload a server for a long time and report what it took (SOAK=10m)
	go test -run '^TestSoak$$' -count 1 -timeout 0 -v ./internal/server -soak $(or $(SOAK),10m)

.PHONY: fuzz
fuzz: ## Fuzz every target, one after the other (FUZZTIME=10m each)
	@scripts/fuzz.sh $(or $(FUZZTIME),10m)

.PHONY: bench
bench: ## Run the benchmarks (BENCH=regexp, COUNT=n)
	go test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -count $(or $(COUNT),1) ./internal/...

.PHONY: bench-growth
bench-growth: ## Check that time and bytes per resource stay flat from 32 to 256 nodes
	go test -run '^TestGrowth$$' -count 1 -timeout 0 -v ./internal/bench -growth

.PHONY: bench-load
bench-load: ## Measure throughput and latency beside a bare echo
	go test -run '^TestLoad$$' -count 1 -timeout 0 -v ./internal/bench -load

.PHONY: bench-cancel
bench-cancel: ## Cancel every call at random moments and report what it does afterwards (REQUESTS=regexp, TIMES=n)
	go test -run '^TestCancel$$' -count 1 -timeout 0 -v ./internal/bench -cancel -cancel-requests '$(REQUESTS)' -cancel-times $(or $(TIMES),20)

.PHONY: bench-collection
bench-collection: ## Compare settings of the garbage collector: throughput, processors, peak resident size
	go test -run '^TestCollection$$' -count 1 -timeout 0 -v ./internal/bench -collection

.PHONY: bench-memory
bench-memory: ## Measure the peak resident size
	@scripts/bench-memory.sh

.PHONY: test-deep
test-deep: ## Search random schedules of crashes (SCHEDULES=1000000), random graphs, and states of others (STATES=100000)
	go test -run '^TestRandomSchedules$$' -count 1 -timeout 0 -v ./internal/planner/simulation -schedules $(or $(SCHEDULES),1000000)
	go test -count 1 -timeout 0 -v ./internal/planner/simulation -deep -schedules 1
	go test -run 'EqualsReference' -count 1 -timeout 0 -v ./internal/resource -differential.large 2000
	go test -run '^TestForeignStates$$' -count 1 -timeout 0 -v ./internal/server -foreign.states $(or $(STATES),100000)

.PHONY: clients
clients: ## Run every example client against a real server (installs what they need)
	@scripts/clients.sh

##@ Shipping

.PHONY: image
image: ## Build the container image with docker, podman or buildah (PLATFORM=linux/arm64, ENGINE=, ARGS=)
	@VERSION='$(VERSION)' scripts/image.sh $(ARGS)

.PHONY: image-check
image-check: ## Check that the image builds and runs as it should (needs root on Debian, installs what it needs)
	@scripts/image-check.sh

.PHONY: release
release: ## Build archives, checksums and bills of materials into dist/ (VERSION=v1.2.3)
	@scripts/release.sh '$(VERSION)'

.PHONY: release-check
release-check: ## Check that two builds of a release are the same, and complete
	@scripts/release-check.sh

.PHONY: deploy-check
deploy-check: ## Check deploy/ but for Kubernetes (needs root on Debian for all of it, installs what it needs)
	@scripts/deploy-check.sh

.PHONY: kubernetes-check
kubernetes-check: ## Render deploy/kubernetes, check every object, and run every planner in it
	cd tools/kubernetes && go run . ../../deploy/kubernetes && go test -count 1 .

ENVOY_DESCRIPTORS ?= bin/planner.binpb

.PHONY: envoy-descriptors
envoy-descriptors: ## Make bin/planner.binpb, from which Envoy learns the API (ENVOY_DESCRIPTORS=file)
	mkdir -p $(dir $(ENVOY_DESCRIPTORS))
	$(BUF) build --as-file-descriptor-set -o - | go -C tools/deploy run . descriptors >$(ENVOY_DESCRIPTORS)

##@ Everything

.PHONY: ci
ci: ## Run everything that CI runs
	@.ci/run
