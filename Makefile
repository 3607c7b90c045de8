# What a newcomer types: `make demo`, then `make test`. Nothing here needs more than Go, git, OpenSSH's client and
# PostgreSQL's server programs; the Temporal CLI is built once, when it is first needed, into the user's cache.

GO ?= go
BUILD = CGO_ENABLED=0 $(GO) build -trimpath

.PHONY: build demo dev clean test histories bench benchstat

# The whole story of a roster file, in a stack of its own that is gone afterwards. `make demo ARGS=--keep` leaves it running.
demo: build
	@bin/rollcall demo $(ARGS)

# The same stack, empty, until Ctrl-C; its state stays in .rollcall.
dev: build
	@bin/rollcall dev $(ARGS)

build:
	@echo "building bin/rollcall and bin/rollcall-worker (the first time takes minutes)" >&2
	@$(BUILD) -o bin/rollcall ./starter
	@$(BUILD) -o bin/rollcall-worker ./worker

# Everything that is asserted, in tiers with the seconds of each; `tests/run gates unit` runs some of them.
test:
	@tests/run

# Records anew the histories that later workflows are held to. Until the first release a changed workflow does that in the same commit, and says why.
histories:
	@tests/run prepare histories

# This project and its peers (encoding/csv, arrow/csv, DuckDB, PostgreSQL) on the same rosters: ratios against the goals, also in bin/bench/result.md. It takes minutes, a C compiler,
# and DuckDB's library, which is downloaded the first time. `make bench SIZES=1m,5m ARGS='-rounds 3'` measures other rosters; those lie in bin/bench/rosters, 480 MB a million rows.
SIZES ?= 100k,1m
bench:
	@$(GO) run ./tests/bench -sizes $(SIZES) $(ARGS)

# The Go benchmarks of an older commit and of the working tree, compared: `make benchstat OLD=main PKG=./internal/diff`.
benchstat:
	@GO=$(GO) tests/bench/benchstat $(OLD) $(PKG)

# Removes the programs; .rollcall, which holds a developer's data, stays.
clean:
	@echo "removing bin/" >&2
	@rm -rf bin
