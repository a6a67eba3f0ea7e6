# `make` lists the targets. You need Python 3.11 with pip and venv; everything else is created in .venv and var/.
# Debian packages for the tests (Chromium, PostgreSQL, a registry) are installed if you are root; otherwise they are named.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SENTENCES := $(VENV)/.sentences
TESTS ?=
# One worker more than there are processors, up to four: tests with real processes mostly wait. All tests of a file run in
# one worker, so that they share what it started (tests/order.py sets the order).
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
SHARED := -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 1
CLUSTER := ../shared/cluster
# Python must cache bytecode, whatever this shell's environment says. Otherwise each of the thousand processes of the tests
# would compile all of Django again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-cluster cluster pictures check bench lock clean tools

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(SENTENCES)  ## start the portal on this machine: web, worker, beat, Redis (PORT=8000)
	@$(BIN)/python -m portal.run

test: $(SENTENCES) tools  ## run all tests, or some: make test TESTS=tests/project (one at a time: WORKERS=0)
	@$(BIN)/python -m pytest $(SHARED) --rerun-show-tracebacks $(TESTS)

cluster: $(SENTENCES)  ## start a Kubernetes API server to try out the portal (it runs no pods; stop it with Ctrl-C)
	@$(BIN)/python -m tests.kubernetes

# There may be a complete cluster for tests next to this repository; HUBPORTAL_E2E_KUBECONFIG selects another one. It is
# created again for each run, because a run that was killed leaves its hubs in it.
test-cluster: $(SENTENCES) tools  ## run the tests that need a real cluster with real pods
	@if [ -n "$$HUBPORTAL_E2E_KUBECONFIG" ]; then exec $(BIN)/python -m pytest --rerun-show-tracebacks tests/cluster $(TESTS); fi; \
	test -x $(CLUSTER)/up || { echo "Set a cluster that the tests can use: HUBPORTAL_E2E_KUBECONFIG=/path/to/kubeconfig make test-cluster"; exit 1; }; \
	log=$$(mktemp); \
	{ $(CLUSTER)/build && KEEP=images $(CLUSTER)/down && NETPOL=1 $(CLUSTER)/up; } >$$log 2>&1 </dev/null || { tail -n 40 $$log; echo "The cluster did not come up: see above."; exit 1; }; \
	trap 'KEEP=images $(CLUSTER)/down' EXIT; \
	HUBPORTAL_E2E_KUBECONFIG=$$(sed -n 's/^export KUBECONFIG=//p' $$log | tail -n 1) $(BIN)/python -m pytest --rerun-show-tracebacks tests/cluster $(TESTS)

pictures: $(SENTENCES) tools  ## take the screenshots in docs/ again
	@HUBPORTAL_PICTURES=1 $(BIN)/python -m pytest -q tests/browser/test_main_job.py tests/browser/test_pages.py tests/browser/test_clusters.py

check: $(SENTENCES)  ## lint, format, types, import rules, migrations, settings, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py format_templates --check
	$(BIN)/python manage.py messages --check
	$(BIN)/python manage.py state_diagram --check
	$(BIN)/python manage.py audience --check
	$(BIN)/python manage.py webhook_events --check
	$(BIN)/python manage.py fields --check
	$(BIN)/python manage.py threat_model --check
	$(BIN)/python manage.py openapi --check
	$(BIN)/python manage.py cli_reference --check

bench: $(SENTENCES)  ## benchmarks: approval to Ready, pages, live streams, Kubernetes (half an hour; docs/performance.md)
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.ready
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.coldfront
	$(BIN)/python -m bench.panel
	$(BIN)/python -m bench.api
	$(BIN)/python -m bench.lists
	$(BIN)/python -m bench.memory
	$(BIN)/python -m bench.streams
	$(BIN)/python -m bench.signin
	$(BIN)/python -m bench.kubernetes.create
	$(BIN)/python -m bench.kubernetes.fleet
	$(BIN)/python -m bench.kubernetes.clients

lock: $(READY)  ## update requirements.txt from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --no-header --no-annotate --upgrade -q -o requirements.txt

clean:  ## remove generated files, but never var/ (your hubs and data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# The environment is created once, and again when the locked versions change.
$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "The portal needs Python 3.11 or newer, and '$(PYTHON)' is not. Install it, or set its path: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the portal's packages into $(VENV) (only once, about a minute)"
	@{ $(BIN)/python -m pip install -q --disable-pip-version-check uv && $(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt; } \
	  || $(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt \
	  || { echo "A package could not be installed: see above. Check the network and the package index, then try again."; exit 1; }
	@touch $@

# The translated sentences are compiled again when a catalogue has changed.
$(SENTENCES): $(READY) portal/catalogues.py $(wildcard portal/locale/*/LC_MESSAGES/*.po)
	@$(BIN)/python -m portal.catalogues
	@touch $@

# Programs that the tests need in addition to Python packages.
tools:
	@lacking=""; \
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || lacking="$$lacking chromium-headless-shell"; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || lacking="$$lacking postgresql"; \
	command -v docker-registry >/dev/null || lacking="$$lacking docker-registry"; \
	test -z "$$lacking" && exit 0; \
	test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  || { echo "The tests need:$$lacking. On Debian, as root: apt-get install --no-install-recommends$$lacking"; exit 1; }; \
	echo "Installing$$lacking"; log=$$(mktemp); \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $$lacking; } >$$log 2>&1 </dev/null \
	  || { cat $$log; echo "Could not install$$lacking: see above."; exit 1; }
