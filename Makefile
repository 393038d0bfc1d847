# Every target sets up what it needs in .venv; nothing else on the machine is changed, but for
# `make engines`, which installs Debian's Go and Ceph packages where they are absent and apt is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
SOURCES := $(shell find gate -name '*.py' 2>/dev/null)

.PHONY: help demo test lint engines e2e bench bench-log dist lock clean
.DEFAULT_GOAL := help

help: ## say what each target does
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gate needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 2; }
	@echo "· making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime.stamp: requirements/runtime.txt requirements/build.txt pyproject.toml README.md | $(VENV)/venv.stamp
	@echo "· installing what gate runs on, locked by hash"
	@$(PIP) -r requirements/runtime.txt -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/runtime.stamp
	@echo "· installing what its tests run on"
	@$(PIP) -r requirements/dev.txt
	@touch $@

$(VENV)/lint.stamp: requirements/lint.txt $(VENV)/dev.stamp
	@echo "· installing the linters"
	@$(PIP) -r requirements/lint.txt
	@touch $@

# Apart from gate's own, because jira820 and act bring other versions of shared libraries.
$(VENV)/e2e.stamp: requirements/e2e.txt requirements/runtime.txt $(VENV)/dev.stamp
	@echo "· installing the real counterparts (act, jira820) beside gate"
	@$(PYTHON) -m venv $(VENV)/counterparts
	@$(VENV)/counterparts/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/e2e.txt
	@touch $@

# As a user has it: the hash-locked libraries and nothing else. The wheel itself is put in each time.
$(VENV)/wheel.stamp: requirements/runtime.txt | $(VENV)/venv.stamp
	@echo "· making an environment for the built wheel"
	@$(PYTHON) -m venv --clear $(VENV)/wheel
	@$(VENV)/wheel/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@touch $@

.PHONY: wheel
wheel: $(VENV)/wheel.stamp dist
	@$(VENV)/wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall dist/*.whl

# Without compiled bytecode each start of gate takes three times as long.
$(VENV)/bytecode.stamp: $(SOURCES) $(VENV)/runtime.stamp
	@$(BIN)/python -m compileall -q gate
	@touch $@

demo: $(VENV)/bytecode.stamp ## the whole story, offline, in under a minute
	@rm -rf build/demo
	@$(BIN)/gate demo --output build/demo

test: $(VENV)/dev.stamp $(VENV)/bytecode.stamp ## unit, contract, property, vector and fault tests
	@$(BIN)/python -m pytest -n auto -q

lint: $(VENV)/lint.stamp ## format, style, types, import table, workflows and actions
	@sh tests/lint.sh $(BIN)

engines: $(VENV)/dev.stamp ## Go's own reader reads our log; Ceph's object gateway keeps one
	@sh tests/engines/install.sh
	@$(BIN)/python -m pytest -q tests/engines

e2e: $(VENV)/e2e.stamp wheel ## the built wheel in a real runner, against a Jira we did not write
	@$(BIN)/python -m pytest -q tests/e2e

bench: wheel ## start-up, requests, and the log at scale, as ratios to floors of the same run
	@$(BIN)/python tests/bench/startup.py --gate $(VENV)/wheel/bin/gate
	@$(BIN)/python tests/bench/slow_services.py --gate $(VENV)/wheel/bin/gate
	@$(BIN)/python tests/bench/log_scale.py --gate $(VENV)/wheel/bin/gate

SIZE ?= 1000000
bench-log: wheel ## the log at full size: SIZE=1000000 records, 200 writers (32 on git)
	@$(BIN)/python tests/bench/log_scale.py --gate $(VENV)/wheel/bin/gate --size $(SIZE) --writers 200 --git-writers 32

dist: $(VENV)/dev.stamp ## wheel and sdist in dist/
	@rm -rf dist && $(BIN)/python -m hatchling build -d dist >/dev/null && ls dist

lock: ## resolve requirements/*.in anew (needs uv on the PATH)
	@for f in build runtime object dev lint e2e; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements/$$f.in -o requirements/$$f.txt; done

clean: ## remove what the other targets made
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find gate tests -name __pycache__ -prune -exec rm -rf {} +
