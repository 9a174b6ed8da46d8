# What a developer does with this project. `make help` lists it.

GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 30s

.DEFAULT_GOAL := help
# bin/npm is one although it is a folder: what it is made of is not known to make.
.PHONY: help run build bin/npm vet-cross test test-prepare test-go test-sdk test-template test-flows test-functions test-browser test-cold test-loaded test-stalled lint fmt generate dist bench bench-proxy bench-embedded bench-function bench-compare bench-stale crash restart pictures vulncheck model findings fuzz clean

# Folders with npm packages of their own.
NPM := e2e/apiclient e2e/browser e2e/chat e2e/console e2e/functions e2e/page examples/jest examples/node examples/playwright examples/vitest examples/web tools/templatecheck

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## Build and start on the embedded Amazon Connect; ARGS="…" adds flags
	@./bin/parley serve $(ARGS)

build: ## Build bin/parley
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/parley ./cmd/parley

# The same commit gives the same bytes.
DIST := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.version=$(VERSION)'
DAY  := $(shell git log -1 --format=%cs 2>/dev/null || echo 1985-10-26)

dist: ## Build what is published into dist/: programs, zips, packages for npm and others, SBOMs, checksums
	rm -rf dist && mkdir -p dist
	set -e; for arch in arm64 amd64; do \
		GOOS=linux GOARCH=$$arch $(DIST) -tags lambda.norpc -o dist/$$arch/bootstrap ./cmd/parley-lambda; \
		$(GO) run ./deploy/lambdazip -o dist/parley-lambda-$$arch.zip dist/$$arch/bootstrap; \
	done
	set -e; for os in darwin linux windows; do for arch in amd64 arm64; do \
		suffix=; [ $$os != windows ] || suffix=.exe; \
		GOOS=$$os GOARCH=$$arch $(DIST) -o dist/parley-$$os-$$arch$$suffix ./cmd/parley; \
		GOFLAGS=-trimpath $(GO) tool -modfile=tools/sbom/go.mod cyclonedx-gomod bin -json -noserial -notimestamp -version '$(VERSION)' -output dist/parley-$$os-$$arch.cdx.json dist/parley-$$os-$$arch$$suffix; \
	done; done
	$(GO) run ./deploy/release -version '$(VERSION)' -date $(DAY) -in dist -out dist
	cd dist && sha256sum parley-* npm/* > SHA256SUMS && cat SHA256SUMS

# The packages for npm of this machine's program, for tests.
bin/npm: build
	rm -rf bin/npm
	cp bin/parley bin/parley-$$($(GO) env GOOS)-$$($(GO) env GOARCH)
	$(GO) run ./deploy/release -npm -version '$(VERSION)' -in bin -out bin

vet-cross: ## Vet the Windows and macOS builds
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...

test: ## Set up what the tests need, run all of them, and print the times; BUDGET=1 fails over 15 minutes
	@node tools/parts.mjs \
		'prepare=$(MAKE) test-prepare' \
		'go=$(MAKE) test-go' \
		'console:prepare=$(MAKE) test-e2e-console' \
		'chat:prepare=$(MAKE) test-e2e-chat' \
		'template:prepare=$(MAKE) test-template' \
		'functions:prepare=$(MAKE) test-functions' \
		'sdk=$(MAKE) test-sdk' \
		'apiclient:prepare=$(MAKE) test-e2e-apiclient' \
		'browser:prepare=$(MAKE) test-e2e-browser' \
		'npm:prepare=$(MAKE) test-e2e-npm' \
		'page:prepare=$(MAKE) test-e2e-page' \
		'flows:prepare=$(MAKE) test-flows'

test-prepare: build $(NPM:=/node_modules/.installed) ## Build the program, and install npm packages, a Chromium, a Firefox, an AWS CLI and boto3
	@e2e/chromium.sh best
	@for each in chat/awscli chat/boto3 firefox; do e2e/$$each.sh || [ "$$CI" != true ] || exit 1; done

# How many cores the tests may take for theirs. As many files of a browser suite run at once
# (e2e/bounds.js); Go packages twice as many, because half of them wait for timers and processes.
E2E_CORES ?= $(shell node -p 'os.availableParallelism()')
# A file that has not ended after ten minutes hangs: it fails by its name, as a package of Go does after thirty.
NODE_TEST  = node --test --test-timeout=600000 --test-reporter=spec
GO_TEST    = $(GO) test -race -shuffle=on -vet=off -timeout=30m -ldflags='-s -w' -p $$((2 * $(E2E_CORES)))

test-go: ## Vet and the Go tests, shuffled, under the race detector
	$(GO) vet ./...
	$(GO_TEST) ./...

test-sdk: ## Compare our AWS calls with those of the generated SDK client
	cd e2e/sdk && $(GO) vet ./... && $(GO_TEST) ./...

test-template: tools/templatecheck/node_modules/.installed ## Hold the CloudFormation template against AWS's own validator, planted mistakes included
	cd tools/templatecheck && $(NODE_TEST)

test-flows: build ## Run the tests of the sample flows: every block, branch and error branch is come to
	./bin/parley flow test examples/flows --min-coverage 100 -o tap

test-functions: e2e/functions/node_modules/.installed ## Run a function under the real serverless-offline
	E2E_SERVERLESS=1 $(GO) test ./e2e/functions -count=1 -run ServerlessOffline

test-browser: test-e2e-page test-e2e-browser test-e2e-chat test-e2e-console test-e2e-apiclient ## Drive the built binary with browsers, chat clients, AWS SDKs, the AWS CLI and generated clients

test-e2e-npm: bin/npm

test-e2e-%: build $(NPM:=/node_modules/.installed)
	cd e2e/$* && E2E_BINARY=$(CURDIR)/bin/parley CHROMIUM="$$($(CURDIR)/e2e/chromium.sh)" E2E_CORES=$(E2E_CORES) \
		$(NODE_TEST) --test-concurrency=$(E2E_CORES)

OUT ?= $(or $(TMPDIR),/tmp)/parley-pictures

pictures: build e2e/browser/node_modules/.installed e2e/console/node_modules/.installed ## Write a picture of every page of the console, at 1280 and 400 px, light and dark, into OUT=folder
	@E2E_BINARY=$(CURDIR)/bin/parley CHROMIUM="$$(e2e/chromium.sh)" node e2e/console/pictures.js $(abspath $(OUT))

test-cold: ## Run the tests in a fresh clone, with module, build and npm caches of their own
	tools/cold.sh

test-loaded: ## Run the tests beside two processes that do nothing but work
	tools/loaded.sh $(MAKE) test

test-stalled: ## Run the tests while their processes are held up at random
	node tools/stalled.mjs $(MAKE) test

# They have a copy of the package in npm.
examples/jest/node_modules/.installed examples/playwright/node_modules/.installed examples/vitest/node_modules/.installed: $(wildcard npm/*.* npm/*/*)

%/node_modules/.installed: %/package-lock.json
	cd $* && npm ci --silent
	@touch $@

lint: ## golangci-lint over everything, actionlint over the workflows
	$(TOOL) golangci-lint run ./...
	cd e2e/sdk && $(GO) tool -modfile=$(CURDIR)/tools/go.mod golangci-lint run --config $(CURDIR)/.golangci.yml ./...
	$(GO) mod tidy -diff
	$(GO) tool -modfile=tools/actionlint/go.mod actionlint .github/workflows/*.yml

fmt: ## Format the code
	$(TOOL) golangci-lint fmt ./...

generate: ## Rewrite generated files (docs/errors.md, the settings table, usage texts)
	$(GO) generate ./...

bench: bench-proxy bench-embedded bench-function ## Measure everything; writes docs/benchmarks*.md

bench-proxy: build ## Compare the proxy with a Node peer and the bare limits
	cd bench && $(GO) run . -parley $(CURDIR)/bin/parley $(ARGS)

bench-embedded: build ## Measure the embedded Amazon Connect
	cd bench && $(GO) run . embedded -parley $(CURDIR)/bin/parley $(ARGS)

bench-function: ## Compare the production function with one of Node
	cd bench && $(GO) run . function $(ARGS)
	cd e2e/sdk && $(GO) test -run '^$$' -bench 'BareCall|Invocation' -count 5 .

bench-compare: build ## Compare this build with another one: OLD=path
	cd bench && $(GO) run . compare -old $(abspath $(OLD)) -parley $(CURDIR)/bin/parley $(ARGS)

bench-stale: ## Say which pages of figures are older than what they measure
	@cd bench && $(GO) run . stale

crash: ## Kill the server in chats and contact flows, and a storing process: nothing may be lost or doubled
	$(GO) test ./e2e/crash -count=1 -v -rounds=100 -skip '^TestKillInFlow$$'
	$(GO) test ./e2e/crash -count=1 -v -rounds=200 -run '^TestKillInFlow$$'
	$(GO) test ./internal/store -run '^TestCrash$$' -count=1 -v -crash.rounds=100

restart: ## Replace the server under load 200 times, and send it a signal every 2 ms for ten seconds: no call fails
	$(GO) test ./e2e/restart -count=1 -v -restarts=200 -storms=10

model: ## Name the operations that the newest AWS SDK has and the list has not; ARGS=--write adds them
	node tools/model.mjs $(ARGS)

vulncheck: ## Look for known vulnerabilities in what is called; says when the database cannot be reached
	GO="$(GO)" tools/vulncheck.sh

findings: ## Run the scripts in findings/, which need the package registries
	@set -e; for script in findings/*.sh; do [ -e "$$script" ] || continue; echo "== $$script"; bash "$$script"; done

fuzz: ## Run every fuzz target for FUZZTIME each
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$pkg; \
		done; \
	done

clean: ## Remove what was built
	rm -rf bin dist
