# One word for each thing one does with this house. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench lab declarations install-plugin format-check clippy rust-test page-test browser-test browsers-ready

PLUGINS := $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/gstreamer-1.0/plugins
# Further arguments for `convene serve`: make run SERVE="--listen 0.0.0.0:8080"
SERVE ?=

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: ## install what is missing, build in release mode, serve on http://localhost:8080
	@scripts/provide.sh run
	cargo build --release --locked -p convene -p gst-plugin-convene
	target/release/convene serve $(SERVE)

test: ## everything that CI runs
	@scripts/provide.sh test
	@$(MAKE) --no-print-directory format-check
	@$(MAKE) --no-print-directory clippy
	@$(MAKE) --no-print-directory rust-test
	@$(MAKE) --no-print-directory page-test
	@$(MAKE) --no-print-directory browser-test

check: format-check clippy ## the fast part: format, lints, unit and property tests
	cargo nextest run --locked --workspace --lib --bins

declarations: ## write web/protocol.d.ts anew from the protocol's types
	CONVENE_WRITE_DECLARATIONS=1 cargo test --locked -p convene-protocol

bench: ## what a leg costs with either ICE agent, what sound costs and how long it takes beside Janus, a tick of the mixer, plans; half an hour
	@scripts/provide.sh bench
	cargo bench --locked -p convene-audio --bench mixer
	cargo bench --locked -p convene-topology --bench planner
	cargo run --release --locked -p convene-load -- transport
	cargo run --release --locked -p convene-load -- sound
	cargo run --release --locked -p convene-load -- delay

lab: ## the whole NAT laboratory: which way pictures take across NATs, firewalls and bad lines, and how far they are from their sound; tables at the end
	@scripts/provide.sh test
	@$(MAKE) --no-print-directory browsers-ready
	cargo build --release --locked -p convene-load
	npm --prefix tests/browsers run lab

install-plugin: ## put the GStreamer plugin where gst-launch-1.0 finds it
	@scripts/provide.sh run
	cargo build --release --locked -p gst-plugin-convene
	install -D -m 755 target/release/libgstconvene.so $(PLUGINS)/libgstconvene.so
	gst-inspect-1.0 convene

format-check:
	cargo fmt --all --check

clippy:
	cargo clippy --locked --workspace --all-targets -- -D warnings

rust-test:
	cargo nextest run --locked --workspace
	cargo test --locked --workspace --doc

page-test: web/node_modules/.package-lock.json
	npm --prefix web run check
	npm --prefix web test

browser-test: browsers-ready
	npm --prefix tests/browsers test

browsers-ready: tests/browsers/node_modules/.package-lock.json
	cargo build --release --locked -p convene -p convene-lab

# npm writes this file last, so it is newer than the lock exactly when all is installed.
%/node_modules/.package-lock.json: %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund
