# `make demo` and `make test` each make their own virtual environment; nothing else need be prepared.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types imports check quality soak bench clean install

demo: .venv/core
	$(BIN)/watcher demo

install: .venv/core

test: .venv/dev
	$(BIN)/python -m pytest -n 3

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests

types: .venv/dev
	$(BIN)/mypy

imports: .venv/dev
	$(BIN)/lint-imports

check: test lint types imports

quality: .venv/dev
	$(BIN)/python scripts/quality.py
	$(BIN)/python scripts/quality_stories.py
	$(BIN)/python scripts/quality_judge.py

soak: .venv/dev
	$(BIN)/python -m pytest -q tests/soak -n 2

bench: .venv/dev
	for file in benchmarks/*.py; do $(BIN)/python $$file; done

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }

.venv/core: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[semantic]'
	touch $@

.venv/dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install -q -e '.[dev,semantic,web]'
	touch $@

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
