# `make` lists what can be made. Needs Python 3.11 or 3.12, a JDK 17+ and Maven; says so in one line when one is missing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3 python,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
# Rebuilt when the dependencies change; an environment that was not finished has no stamp.
INSTALLED := $(VENV)/installed.stamp
# Tests of one file share a process; tests/conftest.py says which come first.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --durations 10
PYTEST_ARGS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

.PHONY: toolchain
toolchain:
	@test -n "$(PYTHON)" || { echo "error: no Python on PATH: install Python 3.11 (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" stack/toolchain.py

$(INSTALLED): pyproject.toml constraints.txt
	@echo "installing Python packages into $(VENV) (1.5 GB, about a minute) ..."
	@"$(PYTHON)" -m venv $(VENV) || { echo "error: $(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e '.[dev]' \
		| awk '/^(Collecting|Building|Installing)/ {print "  " substr($$0, 1, 100); fflush()}'
	@touch $@

.PHONY: install
install: toolchain $(INSTALLED) ## Install Python packages and jars
	@$(BIN)/python -m stack.install

.PHONY: demo
demo: install ## Run the whole pipeline on simulated data (DEMO_EXIT=1: end by itself)
	@$(BIN)/tokpulse demo

.PHONY: test
test: install lint type ## Run ruff, mypy and every test but those of soak
	@$(PYTEST) -n 3 -m "not soak" $(PYTEST_ARGS)

.PHONY: check
check: install lint type ## The fast part, under 2 minutes: ruff, mypy, unit tests, the SQL of marts on Flink in one process
	@$(PYTEST) -n 2 -q -m "not clickhouse and not kafka and not flink and not e2e" $(PYTEST_ARGS)

.PHONY: lint
lint: toolchain $(INSTALLED) ## ruff: rules and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: type
type: toolchain $(INSTALLED) ## mypy --strict
	@$(BIN)/mypy

.PHONY: docs
docs: toolchain $(INSTALLED) ## Write the generated pages: lineage, datasets, decisions, data dictionary, upstreams, Grafana
	@$(BIN)/python -m docs.diagram
	@$(BIN)/python -m docs.decisions
	@$(BIN)/python -m docs.dictionary
	@$(BIN)/python -m docs.upstream_codes
	@$(BIN)/python -m cli.doctor_page
	@$(BIN)/python -m dashboards.grafana

.PHONY: lock
lock: toolchain $(INSTALLED) ## Write constraints.txt from what is installed (after a change of dependencies)
	@$(BIN)/python -m stack.lock

.PHONY: screenshots
screenshots: install ## Take the dashboard's pictures for docs/ (needs Chromium)
	@$(BIN)/python -m docs.screenshots

.PHONY: bench
bench: install ## Throughput, latency, state size and scorer, beside yardsticks
	@$(BIN)/python -m bench

# Adds to docs/faults.json. FAULTS='--kinds kill-kafka --trials 5 --minutes 20' for less or more; see docs/faults.md.
FAULTS ?=
.PHONY: faults
faults: install ## Faults at random moments of the real stack, audited: 9 minutes
	@$(BIN)/python -m tests.faults $(FAULTS)

# Load that does not matter: as many ways for the records to arrive as make a night; and each kill and silence by itself.
.PHONY: soak
soak: install ## What takes hours: the pipeline under load, 50 combinations of pace, order, faults
	@$(BIN)/python -m pytest -q -m soak $(PYTEST_ARGS)
	@TOKPULSE_TEST_KILLS=100 $(BIN)/python -m pytest -q tests/e2e/test_poller_kills.py $(PYTEST_ARGS)
	@TOKPULSE_TEST_HEALTHY=20 $(BIN)/python -m pytest -q tests/e2e/test_doctor_planted.py $(PYTEST_ARGS)
	@TOKPULSE_LOAD_SEEDS=50 TOKPULSE_LOAD_PAUSE_S=600 $(BIN)/python -m pytest -q tests/e2e/test_load.py $(PYTEST_ARGS)

.PHONY: clean
clean: ## Stop the stack and remove its data, the jars and the environment
	@if [ -x $(BIN)/tokpulse ]; then $(BIN)/tokpulse down; fi
	@rm -rf .stack .build $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
