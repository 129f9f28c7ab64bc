# Everything runs in place from .venv; what a sandbox needs is found or made by sandbox/*.sh.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test lint lock clean
PYTHON := .venv/bin/python
INV := .venv/bin/inv
# What profile.d holds is read by whatever shell logs in, not run: it has no first line to check by.
SCRIPTS = $(shell git ls-files '*.sh' .ci/run ':!*/profile.d/*')

help: ## show this
	@echo 'make TARGET, where TARGET is one of:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 10

demo: .venv/.ready ## a lab hub on a disposable host in a container, to click on
	@$(INV) sandbox
	@LAB=sandbox $(INV) deploy
	@LAB=sandbox $(INV) add-user --name alice
	@LAB=sandbox $(INV) push --tag 1.2
	@sandbox/next-steps.sh

test: .venv/.ready lint ## all tests; those of the whole journey start sandbox hosts of their own
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m pytest

lint: .venv/.ready ## ruff, mypy and shellcheck
	@. sandbox/lib.sh; need 'Linting' shellcheck:shellcheck; \
	step 'Checking style' .venv/bin/ruff check --quiet .; \
	step 'Checking format' .venv/bin/ruff format --check --quiet .; \
	step 'Checking types' .venv/bin/mypy .; \
	step 'Checking scripts' shellcheck --external-sources $(SCRIPTS)

lock: ## compile requirements.lock from pyproject.toml
	@test -x $(PYTHON) || python3 -m venv .venv
	@. sandbox/lib.sh; step 'Installing uv' $(PYTHON) -m pip install --quiet uv; \
	step 'Locking' .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --upgrade --extra dev --output-file requirements.lock pyproject.toml

clean: ## take away what demo and test made: sandboxes, our engine and its data, .venv
	@sandbox/clean.sh sandboxes
	@sandbox/clean.sh engine
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml requirements.lock
	@sandbox/venv.sh
