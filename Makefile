# What a newcomer types: `make demo`, then `make test`. Nothing here needs more than Go, git, OpenSSH's client and
# PostgreSQL's server programs; the Temporal CLI is built once, when it is first needed, into the user's cache.

GO ?= go
BUILD = CGO_ENABLED=0 $(GO) build -trimpath

.PHONY: build demo dev clean test histories

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

# Removes the programs; .rollcall, which holds a developer's data, stays.
clean:
	@echo "removing bin/" >&2
	@rm -rf bin
