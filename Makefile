# Two commands on a fresh machine: `make run` (the desk with the sample company), `make test`.
# Needs Python 3.11 and make. PASOKH_HOME=… make run gives a second, empty desk.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
STAMP := $(VENV)/.installed
SAMPLE := $(if $(PASOKH_HOME),,--sample)

.PHONY: help setup run test lint fix check bench pictures sample-models

help:
	@echo "make setup | run | test | lint | fix | check | bench | pictures | sample-models"

$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" || { echo "Pasokh needs Python 3.11: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@

setup: $(STAMP)
	@$(MANAGE) setup_desk $(SAMPLE)

run: setup
	@$(MANAGE) start

# One process more than there are cores, five at most, for many tests wait for processes of their own;
# tests/order.py says what goes together and what begins first. CI=true has the longest of them whole
# (tests/whole.py).
test: setup
	@$(BIN)/python -m pytest -n $$($(BIN)/python -c "import os; print(min(os.cpu_count(), 4) + 1)") --dist loadgroup --no-loadscope-reorder

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

fix: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

check: lint
	@$(MANAGE) makemigrations --check --dry-run
	@PASOKH_HTTPS=1 $(MANAGE) check --deploy --fail-level WARNING

bench: $(STAMP)
	@for name in $$(cd bench && ls *.py | grep -v __ | sed 's/\.py//'); do echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

# A picture of every page into docs/pictures (two minutes on two cores; needs Chromium).
pictures: $(STAMP)
	@$(BIN)/python -m tests.browser.pictures

# Trains the two tuned sample models again (60 minutes at most on two cores); BASE=1 trains the base too.
sample-models: setup
	@$(MANAGE) build_sample_models $(if $(BASE),--base)
