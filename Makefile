# `make site` builds the blog, `make check` proves that everything holds. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: site check check-long check-deploy check-models check-lighthouse test lint setup setup-check manual bench clean

site: $(VENV)/.installed
	$(BIN)/sitegen build

# Files of tests are shared out between so many processes.
JOBS ?= 2
check: $(VENV)/.checked lint
	$(BIN)/python -m pytest -p no:cacheprovider --numprocesses $(JOBS) --dist loadfile

# What is remembered, for hours of edits, builds that are killed a hundred times, days
# of writing, every page in every mode.
check-long: $(VENV)/.checked
	INCREMENTAL_EXAMPLES=400 INCREMENTAL_STEPS=40 KILLED_BUILDS=100 \
	EDITS=20000 SAVES=50 PAGES=all $(BIN)/python -m pytest -p no:cacheprovider \
	tests/property/test_incremental.py tests/site/test_killed.py tests/preview/test_edits.py \
	tests/preview/test_editors.py tests/published

# Every fault at every request of a deploy, on every target; prints what was done. An hour.
check-deploy: $(VENV)/.checked
	DEPLOY_FAULTS=all $(BIN)/python -m pytest -p no:cacheprovider tests/deploy

# Real models beside the libraries that everybody uses, in an environment of its own; an hour.
MODELS := .models
check-models: $(VENV)/.installed $(MODELS)/.installed
	SITEGEN_MODELS=$(MODELS)/weights $(BIN)/sitegen models get minilm smollm2
	$(MODELS)/bin/python tests/models/quantised.py compare $(MODELS)/weights/smollm2-*/*.gguf
	$(MODELS)/bin/python -m tests.models.tokenizers $(MODELS)/weights
	$(MODELS)/bin/python -m tests.models.networks $(MODELS)/weights
	SITEGEN_MODELS=$(MODELS)/weights $(BIN)/sitegen models verify

$(MODELS)/.installed: tests/models/requirements.txt requirements.txt
	test -x $(MODELS)/bin/python || $(PYTHON) -m venv $(MODELS)
	$(MODELS)/bin/python -m pip install --quiet --requirement tests/models/requirements.txt
	$(MODELS)/bin/python -m pip install --quiet --constraint requirements.txt .
	touch $@

# The scores of four pages of this blog, the median of three runs each; two minutes on an idle machine.
LIGHTHOUSE := .lighthouse
check-lighthouse: $(VENV)/.checked
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(LIGHTHOUSE) lighthouse@12.8.2
	$(BIN)/python bench/lighthouse.py $(LIGHTHOUSE)

lint: $(VENV)/.checked
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The program and what it runs on, at the pinned versions.
$(VENV)/.installed: pyproject.toml requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 site")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.txt --editable '.[images]'
	touch $@

# And the tools of the checks: Python packages, npm packages, a browser, a Java.
$(VENV)/.checked: $(VENV)/.installed package.json package-lock.json tests/setup.sh
	$(BIN)/python -m pip install --quiet --constraint requirements.txt --editable '.[dev]'
	bash tests/setup.sh
	touch $@

setup: $(VENV)/.installed
setup-check: $(VENV)/.checked

test: $(VENV)/.checked
	$(BIN)/python -m pytest -p no:cacheprovider tests/unit tests/property tests/golden tests/site tests/test_*.py

# The tables of the manual that the program itself knows.
manual: $(VENV)/.checked
	$(BIN)/python -m tests.reference

# sitegen beside other tools, which are installed in BENCH_HOME (else in the user's caches), in one
# run on an otherwise idle machine; writes bench/RESULTS.md. SIZES=1000 ROUNDS=5 PEERS=hugo,eleventy
# and SCALING=100,1000 choose what; nothing after SCALING= leaves that out.
bench: $(VENV)/.installed
	$(BIN)/python bench/run.py $(if $(SIZES),--sizes $(SIZES)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(PEERS),--peers $(PEERS)) $(if $(MOST),--most $(MOST)) $(if $(CHANGES),--changes $(CHANGES)) \
	$(if $(filter-out undefined,$(origin SCALING)),--scaling "$(SCALING)")

clean:
	rm -rf $(VENV) $(MODELS) $(LIGHTHOUSE) node_modules public .sitegen build dist
