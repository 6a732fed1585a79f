# The platform's commands. Works with GNU make 3.81 (macOS) and any POSIX shell.
# `make run PYTHON=/path/to/python3.12` chooses the Python; else the newest fitting one on the PATH is taken.

PYTHON ?=
CANDIDATES = python3.13 python3.12 python3.11 python3
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
IDENTITY = import sys; print(sys.base_prefix, sys.version)

# Stamps carry the lock's checksum in their names: an unchanged lock costs nothing, a changed one installs again.
RUN_STAMP := .venv/.run-$(shell cksum < requirements.lock | tr ' ' '-')
DEV_STAMP := .venv/.dev-$(shell cksum < requirements-dev.lock | tr ' ' '-')
# A virtual environment is bound to its folder and its Python, and an interrupted install can look complete to pip.
VENV_FITS := $(shell \
  test "`cat .venv/.made 2>/dev/null`" = "`pwd`" && test ! -e .venv/.installing && \
  .venv/bin/python -c '$(FITS)' 2>/dev/null && \
  { test -z "$(PYTHON)" || test "`"$(PYTHON)" -c '$(IDENTITY)'`" = "`.venv/bin/python -c '$(IDENTITY)'`"; } && \
  echo yes)
INSTALL = .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP) ## set up, materialize the whole platform on the real data, summarize
	@exec .venv/bin/data-platform run

up: $(RUN_STAMP) ## set up, then the Dagster UI, daemon, code server and demo API until Ctrl-C
	@exec .venv/bin/data-platform up

test: $(DEV_STAMP) ## every test, with all that they need
	@.venv/bin/python -m tests.servers.chromium
	@exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: $(DEV_STAMP) ## the performance ratios, to .data_platform/reports/bench.json
	@exec .venv/bin/python -m benchmarks

compat: $(DEV_STAMP) ## the contract tests on the oldest, the locked and the newest Dagster
	@exec .venv/bin/python -m tests.adoption.compat

chaos: $(RUN_STAMP) ## real faults in a scratch home, repaired or passed on; to .data_platform/reports/chaos.json
	@exec .venv/bin/data-platform chaos

lint: $(DEV_STAMP) ## ruff and mypy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

lock: ## compile the requirements again (needs uv)
	uv pip compile --quiet $(LOCKING) requirements-dev.in -o requirements-dev.lock
	uv pip compile --quiet $(LOCKING) requirements.in -o requirements.lock -c requirements-dev.in
	uv pip compile --quiet $(LOCKING) tests/adoption/dbt/requirements.in -o tests/adoption/dbt/requirements.lock -c requirements.lock
LOCKING = --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-strip-extras

clean: ## remove .venv, .environments and .data_platform (the demo's lakehouse and its history with it)
	@if pid=`cat .data_platform/supervisor.pid 2>/dev/null` && kill -0 "$$pid" 2>/dev/null; then \
	  echo "the platform is up (process $$pid): stop it first, with kill $$pid" >&2; exit 1; fi
	@echo "removing .venv, .environments and .data_platform"
	@rm -rf .venv .environments .data_platform

$(RUN_STAMP): .venv/.made
	@echo "installing the locked packages into .venv (a minute or two, once)"
	@touch .venv/.installing
	@$(INSTALL) -r requirements.lock
	@.venv/bin/python -m data_platform.cli.launcher .venv/bin
	@touch $@ && rm .venv/.installing

$(DEV_STAMP): .venv/.made
	@echo "installing the locked packages for tests into .venv (a minute or two, once)"
	@touch .venv/.installing
	@$(INSTALL) -r requirements-dev.lock
	@.venv/bin/python -m data_platform.cli.launcher .venv/bin
	@touch $@ $(RUN_STAMP) && rm .venv/.installing

.venv/.made:
	@python=; for candidate in "$(PYTHON)" $(if $(PYTHON),,$(CANDIDATES)); do \
	  if "$$candidate" -c '$(FITS)' 2>/dev/null; then python=$$candidate; break; fi; done; \
	if test -z "$$python"; then \
	  echo "$(if $(PYTHON),PYTHON=$(PYTHON) is not,there is no) Python 3.11, 3.12 or 3.13: install one, or name it with make PYTHON=/path/to/python3.12" >&2; exit 1; fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
	  version=`"$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'`; \
	  echo "$$python has no venv: apt-get install python$$version-venv" >&2; exit 1; fi; \
	"$$python" -m venv --clear .venv && pwd > .venv/.made

ifneq ($(VENV_FITS),yes)
.PHONY: .venv/.made
endif
.PHONY: help run up test bench compat chaos lint lock clean
