# The two commands of this project are `make demo` and `make test`; both bring what they need.
SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
# The interpreter that is there; nothing but packages is ever downloaded.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON ?= $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
export UV_LINK_MODE := copy
# Compiled once, while installing: whatever starts later, and tests start many processes, would else compile every library anew.
export UV_COMPILE_BYTECODE := 1
export PYTHONDONTWRITEBYTECODE :=
# Homes are full of small databases, and each waits for the disk when it is closed: tests write to memory where there is room.
export PYTEST_DEBUG_TEMPROOT ?= $(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'NR == 2 {print $$4}')" -ge 8388608 ] \
  && awk '/^MemAvailable/ && $$2 >= 8388608 {print "/dev/shm"}' /proc/meminfo)
# Certificates that the system trusts are good enough (company networks have their own); older uv knew it as native TLS.
export UV_SYSTEM_CERTS := true
export UV_NATIVE_TLS := true
RUN := $(UV) run --frozen --no-sync

.PHONY: help demo test quick lint types imports sql unit bench ui clean render coverage plant
.DEFAULT_GOAL := help

help:  ## what can be done here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/.ready  ## invent a small platform, run everything, print the completion rates (CROSSLIFE_HOME, default ./home)
	@$(RUN) crosslife demo

test: .venv/.ready lint unit  ## every check of this project

quick: .venv/.ready  ## the tests without the slow ones
	@$(RUN) pytest -m 'not slow'

lint: .venv/.ready  ## style, types, rooms, SQL
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) sqlfluff lint dbt_project/models dbt_project/tests data_contracts/internal
	@$(RUN) sqlfluff parse --dialect sparksql --format none dbt_project/models

unit: .venv/.ready
	@$(RUN) pytest

render: .venv/.ready  ## write again what is derived from the contracts (dbt sources and exposures)
	@$(RUN) crosslife contracts render

coverage: .venv/.ready  ## the tests with their coverage, by line and branch
	@$(RUN) pytest --cov --cov-report=term-missing:skip-covered

plant: .venv/.ready  ## plant the faults of the clause matrix and note which tests turn red (slow)
	@$(RUN) python -m tests.planting

bench: .venv/.ready  ## the ratios this project promises
	@$(RUN) crosslife bench intake
	@$(RUN) crosslife bench models

ui: .venv/.ready  ## Dagster's own pages
	@$(RUN) crosslife ui

clean:  ## remove the environment (never the home)
	rm -rf .venv .uv

# uv is taken from the PATH, else installed beside the checkout; Debian needs python3-venv for that.
.uv/bin/uv:
	@echo "uv is not on the PATH: installing it into .uv/"
	@$(PYTHON) -m venv .uv >/dev/null 2>&1 \
	  && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv \
	  || { rm -rf .uv; $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv uv; } \
	  || { rm -rf .uv; echo "cannot install uv: install it yourself, or 'apt-get install python3-venv' and try again" >&2; exit 1; }

.venv/.ready: pyproject.toml uv.lock $(filter .uv/bin/uv,$(UV))
	@$(UV) sync --frozen
	@touch $@
