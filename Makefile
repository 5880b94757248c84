# Every target sets up what it needs: Python 3.11 or newer, make and git are all it takes.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
WORKERS ?= 2

# Nothing phones home; every BLAS keeps to one thread, so that results and timings are steady.
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
export DVC_NO_ANALYTICS := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export GIT_PYTHON_REFRESH := quiet
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MPLBACKEND := Agg
# uv trusts the certificates of the system, as pip does.
export UV_SYSTEM_CERTS ?= true

.DEFAULT_GOAL := help
.PHONY: help setup demo test check slow bench bench-real docs clean lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv and install everything from the hash-locked requirements

# pip installs only uv (its hashes stand in the same file); uv installs the rest in parallel.
$(STAMP): requirements.lock pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "got $$($(BIN)/python -V); expected Python 3.11 or newer; make setup PYTHON=/path/to/python3.11"; exit 1; }
	@awk '/^uv==/ {p = 1} p {print} p && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(VENV)/uv.lock.txt
	@echo "installing $$(grep -c '==' requirements.lock) locked packages into $(VENV) ..."
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline --python $(BIN)/python --editable .
	@touch $@

demo: $(STAMP) ## simulate a fleet, learn, publish a release, score new data, write reports/index.html
	@$(BIN)/python -m pipelines.main --simulated

test: $(STAMP) ## the tests (what CI runs)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "not slow"

check: $(STAMP) ## ruff, mypy --strict and the architecture tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/architecture

slow: $(STAMP) ## statistical and end-to-end tests, minutes not seconds
	@$(BIN)/python -m pytest -q -m slow

bench: $(STAMP) ## the descriptor engine beside tsfresh, TSFEL, pandas ...: same values, time, memory
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(BIN)/python -r requirements-bench.lock
	@$(BIN)/python -m pytest -q -n 0 tests/signal/test_agreement.py tests/signal/test_peers.py
	@$(BIN)/python -m tests.bench

DATA ?= ../shared/data
BOARDS ?= 2
bench-real: $(STAMP) ## judge on the public data sets below DATA; writes the tables of docs/benchmarks
	@ls -S params/benchmarks/*.yaml | xargs -n 1 basename -s .yaml | \
	  xargs -P $(BOARDS) -I '{}' $(BIN)/faultprint benchmark '{}' --data $(DATA)
	@$(BIN)/python -m docs.book

docs: $(STAMP) ## write docs/reference from the code
	@$(BIN)/python -m docs.generate

lock: $(STAMP) ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --upgrade --extra dev --extra postgres pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --upgrade --extra bench --constraint requirements.lock pyproject.toml \
	  --output-file requirements-bench.lock

clean: ## remove what runs made; keep .venv
	@rm -rf data/raw data/truth data/tables data/windows data/expected models/candidate models/release \
	  models/signatures.db* results reports metrics plots build .prefect mlruns mlflow.db* \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis
