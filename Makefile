# make run: serve on http://127.0.0.1:5000      make test: run every test
.DEFAULT_GOAL := help
.PHONY: help run demo test test-fast soak bench docs sbom check format lint types clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

help:
	@echo "make run     serve on http://127.0.0.1:5000"
	@echo "make demo    the same with invented answers, no key needed"
	@echo "make test    run every test (COVERAGE=1: and measure the coverage)"
	@echo "make test-fast   run the tests that are neither slow nor in a browser"
	@echo "make soak    kill servers and processes that share a quota again and again, send junk"
	@echo "make bench   measure extraction, lookups and quota, beside other tools"
	@echo "make docs    write the rows of the providers into README.md and .env.example"
	@echo "make sbom    write the bill of materials (CycloneDX) into build/"
	@echo "make check   format, lint, types, tests with coverage"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Telltale needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the files that say what to install: the second time nothing is installed.
$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed
	@$(BIN)/python run.py

demo: $(VENV)/.installed
	@$(BIN)/python -m tests.fakes.demo

# Most tests wait for threads, processes or sockets: five workers keep two cores busy. A worker
# without work takes tests from another one, so no long file is left alone at the end.
WORKERS ?= 5
# Compiled tests and modules are kept, even where the environment forbids it: each process that a
# test starts would otherwise compile all of them anew.
test test-fast: export PYTHONDONTWRITEBYTECODE :=
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

# Tracing doubles the time of the tests that compute, so it is asked for: make test COVERAGE=1
test: $(VENV)/.installed-dev
	$(PYTEST) $(if $(COVERAGE),--cov --cov-fail-under=90)

test-fast: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses 3 --dist worksteal -m "not slow and not browser"

soak: $(VENV)/.installed-dev
	KILLS=200 $(BIN)/python -m pytest -s tests/test_kill.py
	$(BIN)/python -m tests.storage.quota.race --hours 72 --kills 60
	$(BIN)/python -m tests.fuzz.routes --requests 20000

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.accuracy
	@$(BIN)/python -m benchmarks.jobs
	@$(BIN)/python -m benchmarks.live
	@$(BIN)/python -m benchmarks.history
	@$(BIN)/python -m benchmarks.documents
	@$(BIN)/python -m benchmarks.month
	@$(BIN)/python -m benchmarks.ledger
	@$(BIN)/python -m benchmarks.flood
	@$(BIN)/python -m benchmarks.browser

check: COVERAGE := 1
check: format lint types test

docs: $(VENV)/.installed
	$(BIN)/python -m tools.provider_rows

sbom: $(VENV)/.installed-dev
	$(BIN)/python -m tools.sbom build/telltale.cdx.json

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tools.provider_rows --check

types: $(VENV)/.installed-dev
	$(BIN)/mypy app benchmarks tools run.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build *.egg-info
