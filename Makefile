# Every target sets up what it needs by itself; `make help` says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input # errors only

# The rooms are the root folders with an __init__.py, so a new room needs no line here.
ROOMS := $(sort $(patsubst %/__init__.py,%,$(wildcard */__init__.py)))
FILES := $(shell find src $(ROOMS) -type f -not -path '*/__pycache__/*' | LC_ALL=C sort)
hash = $(shell $(1) | cksum | tr ' ' -)

# The editable install is a tree of links: it is made anew when a file comes or goes, not when one is edited.
INSTALLED := .venv/installed-$(call hash,{ printf '%s\n' $(FILES); cat pyproject.toml; })

export OMP_NUM_THREADS := 1
export MPLBACKEND := Agg
# Numba notices an edit of the cached function only, not of the functions and constants that it uses from other files:
# one cache for each state of the sources keeps old machine code from answering for new code.
NUMBA_CACHE := $(call hash,cat $(filter %.py,$(FILES)))
export NUMBA_CACHE_DIR := $(CURDIR)/.numba_cache/$(NUMBA_CACHE)
COMPILED := $(NUMBA_CACHE_DIR)/compiled
# Without the byte code that it keeps, Python compiles the sources anew in each of the hundred processes of the tests.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# The tests commit thousands of times, and each commit waits for the disk. Where a file system in memory has room, they
# write there. It is called tmp: some tests hold that no answer tells such a path.
MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')
define pytest
scratch=$$(mktemp -d $(or $(MEMORY),"$${TMPDIR:-/tmp}")/evenhand-tests.XXXXXX); trap 'rm -rf "$$scratch"' EXIT; \
$(BIN)/python -m pytest -n auto --dist worksteal --basetemp="$$scratch/tmp"
endef

# The demo's study where there is one, else a small one of the same households: its policy is tried all the same.
STUDY ?= runs/demo

.PHONY: help demo serve test test-slow lint bench-environment bench-simulator bench-email bench-learning bench-error-rates bench-experiments bench-server catalogue clean setup

help: ## say what there is (the default)
	@grep -hE '^[a-z-]+:.*## ' Makefile | sort | awk -F ':.*## ' '{ printf "  make %-17s %s\n", $$1, $$2 }'

demo: setup ## the main job, end to end, on the demo households; leaves runs/demo/report.html
	@$(BIN)/evenhand demo

serve: setup ## the policy server at http://127.0.0.1:8080 with the demo's policy, requests to review and two log-ins
	@test -e $(STUDY)/learned.json || $(BIN)/evenhand demo --tiny --out $(patsubst %/,%,$(dir $(STUDY)))
	@$(BIN)/evenhand showcase $(STUDY) --data-dir runs/serve
	@$(BIN)/evenhand serve --data-dir runs/serve $(ARGS)

test: setup ## lint, then all tests but the slow ones, on every core, with coverage
	@$(MAKE) -j2 lint $(COMPILED)
	@$(pytest) -m "not slow" --cov --cov-report=term

test-slow: setup $(COMPILED) ## the long proofs: error rates, learning, kills
	@$(pytest) -m slow || { status=$$?; [ $$status -eq 5 ] && echo "0 passed, 0 failed" || exit $$status; }

lint: setup ## ruff, mypy strict, import contract
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

bench-environment: setup ## steps per second of the environment; one JSON line, kept in benchmarks/results/
	@$(BIN)/python benchmarks/bench_environment.py

bench-simulator: setup ## customers simulated a second, beside NumPy and the machine's copy speed; kept in benchmarks/results/
	@$(BIN)/python benchmarks/bench_simulator.py

bench-email: setup ## is the e-mail experiment of ../shared/data foretold; JSON in benchmarks/results/
	@$(BIN)/python benchmarks/bench_email_experiment.py

bench-experiments: setup ## an experiment analysed, beside a NumPy floor and others; one JSON line, kept in benchmarks/results/
	@$(BIN)/python benchmarks/bench_experiments.py $(ARGS)

bench-learning: export NUMBA_NUM_THREADS := 1
bench-learning: setup ## what learning brings, cell by cell, 80 minutes a call at most: ARGS="--scenarios households --seeds 10"
	@$(BIN)/python benchmarks/bench_learning.py $(ARGS)

bench-error-rates: setup ## how often looks, intervals and the gate err; JSON in benchmarks/results/
	@$(BIN)/python benchmarks/bench_error_rates.py

bench-server: setup ## the policy server's answers a second, times, start, memory, audit log; JSON in benchmarks/results/
	@$(BIN)/python benchmarks/bench_server.py $(ARGS)

catalogue: setup ## bring new strings of the review pages into every language's file
	@$(BIN)/python -m evenhand.server.pages.catalogue.extract

clean: ## remove everything that these targets made, but for runs/
	@rm -rf .venv build *.egg-info .numba_cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

setup: $(INSTALLED) ## the .venv with everything in it; the others call it
	@mkdir -p .numba_cache && find .numba_cache -mindepth 1 -maxdepth 1 -mtime +0 ! -name '$(NUMBA_CACHE)' -exec rm -rf {} +

.venv/requirements: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Evenhand needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into .venv (a few minutes, once)"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install -r requirements.lock
	@touch $@

# Each worker of the tests starts from a copy of this cache, and stores what it compiles itself in its own.
$(COMPILED): $(INSTALLED)
	@$(BIN)/python -m tests.compiled && touch $@

$(INSTALLED): .venv/requirements
	@echo "Linking evenhand into .venv"
	@rm -f .venv/installed-*
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
