# make start   install what is missing, fetch models, build, serve, print the address
# make test    the whole suite, as .ci/run calls it
#
# MODEL=small plans with the 0.5B model instead of the 1.5B one (default); MODEL=tiny with the 135M one.
MODEL ?= default
CARGO := $(or $(shell command -v cargo 2>/dev/null),$(wildcard $(HOME)/.cargo/bin/cargo))
HOMEPILOT := target/release/homepilot
SHELL := /bin/bash

.PHONY: start test prerequisites build format check deny sbom peers

start: prerequisites build
	@$(HOMEPILOT) --model $(MODEL) models pull
	@exec $(HOMEPILOT) --model $(MODEL) serve

prerequisites:
	@runtime/prerequisites.sh run
	@test -n "$(CARGO)" || { echo "make: cargo was not found: install Rust 1.95 or newer (rustup.rs), then run make again" >&2; exit 1; }

build: prerequisites
	$(CARGO) build --release --locked --bin homepilot

format:
	$(CARGO) fmt --all --check

# What can be said without running: lints and documentation.
check: format
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --release --locked --workspace --no-deps --quiet

# Licences, sources and duplicate versions of every dependency; advisories where their database can be reached.
deny:
	@tests/peers/cargo-deny.sh

# What the program consists of, crates and models, as CycloneDX in target/sbom/.
sbom:
	@tests/peers/sbom.sh

peers:
	@runtime/prerequisites.sh test
	@tests/peers/install.sh

# The suite uses the small planner; whatever a test needs is fetched here, and a missing piece fails it. The whole-system
# tests run one at a time: each starts all engines.
test: format prerequisites build check deny peers
	$(HOMEPILOT) models pull silero-vad-16k whisper-tiny.en piper-en_US-joe-medium hibari-heart all-minilm-l6-v2-int8 small tiny
	node --test runtime/web/tests/
	$(CARGO) test --release --locked --workspace --no-fail-fast --exclude homepilot-tests
	$(CARGO) test --release --locked -p homepilot-tests --no-fail-fast -- --test-threads=1
