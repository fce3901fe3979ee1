# Short names for what a developer types. `make` shows them.
.DEFAULT_GOAL := help
.PHONY: help setup check format test acceptance bench demo clean

RUN := uv run --frozen

help: ## show these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## make this machine ready: Python packages, Docker, base images
	scripts/setup

check: ## lint, format, types, imports and unit tests; no Docker needed
	SLIPWAY_TEST_FAST=1 scripts/test

format: ## bring the code into the house's format
	$(RUN) ruff check --fix
	$(RUN) ruff format

test: ## everything that CI runs
	scripts/test

acceptance: ## only the tests that need real Docker, sshd, Caddy, git or PostgreSQL
	scripts/test acceptance

bench: ## measure how long builds and deploys take
	$(RUN) python -m benchmarks

demo: ## from nothing to a running app on sandbox servers
	scripts/demo

clean: ## remove the sandbox's servers and the caches of the tools
	$(RUN) python -m sandbox clean
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
