# alertwatch: `make demo` to see it work, `make test` to check it, `make check` for all that CI checks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export UV_PROJECT_ENVIRONMENT := $(VENV)

.DEFAULT_GOAL := help
.PHONY: help demo notebooks test check lint types bench docs build clean

help: ## show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# The environment is made anew when the lock file changes. uv is taken from the path, or installed into it.
$(VENV)/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "alertwatch needs Python 3.11 or newer; name one: make PYTHON=python3.12 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "installing alertwatch into $(VENV) (once)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" uv sync --frozen --quiet --inexact --link-mode=copy
	@touch $@

demo: $(VENV)/.ready ## a simulated night through the real service, in under a minute
	@$(BIN)/alertwatch demo

notebooks: $(VENV)/.ready ## Jupyter on the demo's matches; set ALERTWATCH_CONFIG for your own
	@echo "installing Jupyter into $(VENV) (once)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" uv sync --frozen --quiet --inexact --extra notebooks --link-mode=copy
	@test -n "$$ALERTWATCH_CONFIG" -o -e demo/alertwatch.toml || $(BIN)/alertwatch demo
	@$(BIN)/jupyter lab $$(test "$$(id -u)" = 0 && echo --allow-root) notebooks/young_supernovae.ipynb

test: $(VENV)/.ready ## all tests; those on a real Kafka and PostgreSQL run where Docker does
	@$(BIN)/pytest

lint: $(VENV)/.ready ## style and common mistakes
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.ready ## mypy --strict
	@$(BIN)/mypy

check: lint types test ## what CI checks

bench: $(VENV)/.ready ## the figures: speed against a plain loop, memory, latency, completeness
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.ready ## bring tables and help texts in docs/ up to date
	@$(BIN)/python docs/generate.py

build: $(VENV)/.ready ## the wheel and the source distribution
	@PATH="$(CURDIR)/$(BIN):$$PATH" uv build

clean: ## remove the environment and what was built
	@rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache demo
