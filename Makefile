# An Sinh. `make` lists what can be done; `make run` and `make test` do all of
# their own set-up on a fresh machine.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# DIR is the data folder; empty means the program's own choice.
DIR ?=
# SURE=yes lets db/reset remove what cannot be brought back.
SURE ?=
# SEED and N choose the simulations: N runs from SEED on.
SEED ?= 1
KILLS ?= 20
N ?= 300
# FUZZTIME is spent on each fuzz test.
FUZZTIME ?= 1m
# PICTURES is where screenshots are put.
PICTURES ?= /tmp/ansinh-pictures
# ARGS go to the program as they are.
ARGS ?=

data := $(if $(DIR),--dir $(DIR))

# VERSION names the package: the commit's number in the history.
VERSION ?= 0.1.$(shell git rev-list --count HEAD)
# PEOPLE is the size of the restore drill and of the demo in the package's test.
PEOPLE ?= 3000

.PHONY: help run demo build test test/race check fmt errors screenshots sim kill drill bench fuzz dist dist/test db/reset clean

help: ## list these targets
	@grep -hE '^[a-z][a-z0-9/-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## install what is missing, build, and show the whole job on invented data
	@.ci/install run
	@$(MAKE) --no-print-directory build
	bin/ansinh demo $(data) $(ARGS)

demo: build ## like run, without installing: make demo ARGS='--people 2000 --no-serve'
	bin/ansinh demo $(data) $(ARGS)

build: ## build the one program, bin/ansinh
	go build -o bin/ansinh ./cmd/ansinh

test: ## every test there is, as CI runs them; installs what they need
	@.ci/install test
	@$(MAKE) --no-print-directory fmt
	go mod verify
	go vet ./...
	go test -p 2 -timeout 40m ./...

test/race: ## every test under the race detector, slowly
	@.ci/install test
	go test -race -p 1 -timeout 90m ./...

check: fmt ## the quick look before a commit: form, vet, tests that need no database and no browser
	go vet ./...
	go test $$(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... \
		| grep -vE 'ansinh/internal/pgtest|ansinh/web/browser|^ansinh/simtest' | cut -d ' ' -f 1)

fmt: ## name the Go files that gofmt would change
	@unclean=$$(gofmt -l .); [ -z "$$unclean" ] || { echo "gofmt would change:" $$unclean; exit 1; }

errors: ## write the findings of lists into docs/ERRORS.md from the code
	go run ./internal/errorspage docs/ERRORS.md

screenshots: ## draw every page in both languages, wide, on a telephone and on paper, into PICTURES, and six of a demo into docs/pictures
	@.ci/install test
	go test ./web/browser -run Pictures -count=1 -timeout 30m -args -pictures=$(abspath $(PICTURES))
	go test ./cmd/ansinh -run 'TheTetJourneyInABrowser/scripts_on' -count=1 -timeout 30m -args -pictures=$(abspath docs/pictures)

sim: ## simulate N times from SEED on: make sim SEED=1 N=300
	go test ./simtest/ -count=1 -timeout 12h -v -args -seed=$(SEED) -seeds=$(N)

kill: ## kill -9 the demo KILLS times at seeded moments of dispatch and resume: everybody paid exactly once
	go test ./cmd/ansinh -run Killed -count=1 -parallel 2 -timeout 2h -v -args -kills=$(KILLS)

drill: ## lose the database in the middle of dispatch, restore an older backup, with and without the journal
	go test ./cmd/ansinh -run RestoreDrill -count=1 -parallel 1 -timeout 2h -v -args -drill-people=$(PEOPLE)

bench: build ## measure against the floor of the same machine
	bin/ansinh bench $(data) $(ARGS)

fuzz: ## run every fuzz test for FUZZTIME each
	@grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r -n 1 dirname | sort -u | while read -r folder; do \
		for name in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$folder"/*_test.go | cut -d ' ' -f 2); do \
			echo "$$folder $$name"; \
			go test "$$folder" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) </dev/null || exit 1; \
		done; \
	done

dist: ## the offline package: dist/ansinh-VERSION-linux-ARCH.tar.gz and .deb, the same bytes for the same commit
	internal/packaging/dist.sh $(VERSION) dist

dist/test: ## install, run, upgrade and remove both packages on a bare machine without network and under a systemd, and build them twice (as root)
	go test ./internal/packaging -count=1 -timeout 1h -v -args -people=$(PEOPLE) -twice -systemd

db/reset: ## throw a data folder away, books, journal and all: make db/reset DIR=… SURE=yes
	@[ -n "$(DIR)" ] || { echo "Say which data folder: make db/reset DIR=… SURE=yes"; exit 2; }
	@[ -f "$(DIR)/pg/PG_VERSION" ] || { echo "$(DIR) is not a data folder of ansinh: it has no pg/PG_VERSION."; exit 1; }
	@[ "$(SURE)" = yes ] || { echo "This removes every book and the send journal in $(DIR). If you mean it, add SURE=yes."; exit 2; }
	@pid=$$(head -n 1 "$(DIR)/pg/postmaster.pid" 2>/dev/null || true); \
	if [ -n "$$pid" ] && kill -INT "$$pid" 2>/dev/null; then \
		for i in {1..60}; do [ -f "$(DIR)/pg/postmaster.pid" ] || break; sleep 0.5; done; \
		[ ! -f "$(DIR)/pg/postmaster.pid" ] || { echo "PostgreSQL (process $$pid) does not stop; nothing was removed."; exit 1; }; \
	fi
	rm -rf -- "$(DIR)"

clean: ## remove what was built; data folders stay
	rm -rf bin dist
