# `make` lists what there is. A machine needs Python 3.11 with pip and venv; the rest is made in .venv and var/.
# Debian's packages (Chromium and PostgreSQL, for the tests) are installed when you are root, else you are told.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test pictures check bench lock clean tools

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(READY)  ## start the portal on this machine: web, worker, beat, Redis (PORT=8000)
	@$(BIN)/python -m portal.run

test: $(READY) tools  ## run all tests, or some: make test TESTS=tests/project
	@$(BIN)/python -m pytest $(TESTS)

pictures: $(READY) tools  ## take the pictures of docs/ anew
	@HUBPORTAL_PICTURES=1 $(BIN)/python -m pytest -q tests/browser/test_main_job.py tests/browser/test_pages.py

check: $(READY)  ## lint, format, types, import rules, migrations, settings, the state diagram
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py state_diagram --check

bench: $(READY)  ## measure: approve to Ready, pages, live streams (a few minutes; docs/performance.md)
	$(BIN)/python -m bench.ready
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.streams

lock: $(READY)  ## write requirements.txt anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --no-header --no-annotate --upgrade -q -o requirements.txt

clean:  ## remove what was made here, but never var/ (your hubs and data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# The environment: made once, and again when the locked versions change.
$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "The portal needs Python 3.11 or newer, and '$(PYTHON)' is not that. Install it, or say where it is: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the portal's packages into $(VENV) (once, about a minute)"
	@{ $(BIN)/python -m pip install -q --disable-pip-version-check uv && $(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt; } \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt \
	  || { echo "A package could not be had: see above. Is there a network, and a package index? Then try again."; exit 1; }
	@touch $@

# What the tests drive beside Python's packages.
tools:
	@lacking=""; \
	command -v chromium >/dev/null || lacking="$$lacking chromium"; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || lacking="$$lacking postgresql"; \
	test -z "$$lacking" && exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  || { echo "The tests need:$$lacking. On Debian, as root: apt-get install --no-install-recommends$$lacking"; exit 1; }; \
	echo "Installing$$lacking"; log=$$(mktemp); \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $$lacking; } >$$log 2>&1 </dev/null \
	  || { cat $$log; echo "Could not install$$lacking: see above."; exit 1; }
