# Calcinode: everything a person types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
RUN_LOCK := deploy/requirements.txt
TEST_LOCK := deploy/requirements-test.txt
CASES := ../shared/data/cases
# Test files side by side; each starts analyses and nodes of its own.
WORKERS := 2
# A stamp's name holds the digest of its lock: a changed lock installs anew, an unchanged one never does.
digest = $(shell cat $(1) pyproject.toml | sha256sum | cut -c1-12)
RUN_STAMP := $(VENV)/.calcinode-run-$(call digest,$(RUN_LOCK))
TEST_STAMP := $(VENV)/.calcinode-test-$(call digest,$(TEST_LOCK))
PEERS := orthanc orthanc-dicomweb dcmtk dicom3tools
PEER_COMMANDS := Orthanc storescu dciodvfy
LOCK_FLAGS := --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
  --no-annotate --no-header --strip-extras --allow-unsafe --build-deps-for editable

.PHONY: help demo test accuracy install install-test peers lint format unit boundscheck bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(RUN_STAMP) ## a phantom study through a real node to a stand-in PACS; results in ./demo-out
	@$(BIN)/calcinode demo $(DEMO)

test: $(TEST_STAMP) peers lint unit boundscheck ## everything: style, types, import rules, all tests with their real peers

accuracy: $(RUN_STAMP) ## the analysis against truth: the cases in $(CASES) where present, and random phantoms
	@$(BIN)/calcinode accuracy $(if $(wildcard $(CASES)),$(CASES) --changed --mixed 8 --posed 4) --suite $(ACCURACY)

install: $(RUN_STAMP) ## the program alone, in .venv

install-test: $(TEST_STAMP) ## the program and what its tests need, in .venv

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi
	done
	if [ -z "$${found:-}" ]; then
	  echo "error: no Python 3.11 or later with its venv module was found." >&2
	  echo "hint: install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name one: make PYTHON=/path/to/python3.12" >&2
	  exit 2
	fi
	echo "Creating $(VENV) with $$("$$found" --version)."
	"$$found" -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	@echo "Installing what $(RUN_LOCK) locks (once; a minute or two)."
	$(PIP) install --quiet --require-hashes -r $(RUN_LOCK)
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(TEST_STAMP): | $(BIN)/python
	@echo "Installing what $(TEST_LOCK) locks (once; a few minutes)."
	$(PIP) install --quiet --require-hashes -r $(TEST_LOCK)
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(RUN_STAMP)

peers: ## the real peers of the tests from the distribution's packages (Debian, Ubuntu)
	@missing=
	for command in $(PEER_COMMANDS); do command -v "$$command" >/dev/null || PATH="$$PATH:/usr/sbin" command -v "$$command" >/dev/null || missing="$$missing $$command"; done
	if [ -z "$$missing" ]; then exit 0; fi
	command -v apt-get >/dev/null || { echo "error: not found:$$missing; install the packages $(PEERS) of your distribution." >&2; exit 2; }
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo
	echo "Installing the peers of the tests ($(PEERS)); missing:$$missing."
	$$sudo apt-get update -qq </dev/null
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(PEERS) </dev/null >/dev/null

lint: $(TEST_STAMP) ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TEST_STAMP) ## rewrite the sources in the house's format
	@$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

unit: $(TEST_STAMP) peers
	@CALCINODE_REQUIRE_PEERS=1 $(BIN)/python -m pytest -q --durations=15 --numprocesses=$(WORKERS) --dist=loadfile $(TESTS)

# A warm cache passes out-of-bounds reads: a cache folder of its own, thrown away afterwards. One thread, since what a
# kernel raises in another than the first is lost.
boundscheck: $(TEST_STAMP)
	@cache=$$(mktemp -d); trap 'rm -rf "$$cache"' EXIT
	NUMBA_BOUNDSCHECK=1 NUMBA_NUM_THREADS=1 CALCINODE_CACHE_DIR=$$cache $(BIN)/python -m pytest -q tests/reference

bench: $(TEST_STAMP) peers ## time and memory of the analysis and its kernels, beside a plain SciPy one; images/s into the node
	@$(BIN)/python -m tests.bench.bench_analysis
	$(BIN)/python -m tests.bench.bench_kernels
	$(BIN)/python -m tests.bench.bench_speed
	CALCINODE_REQUIRE_PEERS=1 $(BIN)/python -m tests.bench.bench_intake

lock: $(TEST_STAMP) ## write the locked requirements anew (hashes, no addresses)
	@$(PIP) install --quiet pip-tools
	$(BIN)/python -m piptools compile $(LOCK_FLAGS) --output-file $(RUN_LOCK) pyproject.toml
	$(BIN)/python -m piptools compile $(LOCK_FLAGS) --constraint $(RUN_LOCK) --extra test --output-file $(TEST_LOCK) pyproject.toml

clean: ## remove the virtual environment and the demo's results
	@rm -rf $(VENV) demo-out
