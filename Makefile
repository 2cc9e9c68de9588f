# make demo | make lab | make test | make bench | make site | make clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo lab test lint bench build site clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   set up, grade a sample class, show where to look"
	@echo "make lab    open the notebooks in JupyterLab"
	@echo "make test   set up, lint, type-check, run every test"
	@echo "make bench  the benchmarks, as ratios against peers in the same run"
	@echo "make build  make notebooks/ from solutions/ again"
	@echo "make site   the course as a web site, in site/"

# One stamp per set of packages; each is made again when what it installs from changes.
$(VENV)/.test: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@

demo: $(VENV)/.test
	$(BIN)/python -m autograder.demo

lab: $(VENV)/.test
	$(BIN)/jupyter lab --notebook-dir notebooks

build: $(VENV)/.test
	$(BIN)/autograder build

site: $(VENV)/.test
	$(BIN)/autograder site --title "Backprop course"

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n $(WORKERS)

bench: $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf $(VENV) demo source build site .mypy_cache .ruff_cache .pytest_cache .hypothesis
