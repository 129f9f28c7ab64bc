# Everything runs in place from .venv; what a sandbox needs is found or made by sandbox/*.sh.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test lint lock bench pictures clean
PYTHON := .venv/bin/python
INV := .venv/bin/inv
# Two container hosts and a virtual one at once. The virtual one first: it takes the longest.
BESIDE := --numprocesses 3 --dist loadscope --no-loadscope-reorder tests/vm tests/unit tests/hub \
  tests/sandbox_host tests/sandbox tests/operating tests/browser
# What profile.d holds is read by whatever shell logs in, not run: it has no first line to check by.
SCRIPTS = $(shell git ls-files '*.sh' .ci/run compose/proxy/start compose/registry/serve \
  compose/registry/collect ':!*/profile.d/*')

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
	@. sandbox/lib.sh; need 'Testing pages and backups' chromium:chromium npm:npm gpg-agent:gnupg
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m pytest $(BESIDE)

lint: .venv/.ready ## ruff, mypy and shellcheck
	@. sandbox/lib.sh; need 'Linting' shellcheck:shellcheck; \
	step 'Checking style' .venv/bin/ruff check --quiet .; \
	step 'Checking format' .venv/bin/ruff format --check --quiet .; \
	step 'Checking types' .venv/bin/mypy .; \
	step 'Checking scripts' shellcheck --external-sources $(SCRIPTS)

COMPILE := .venv/bin/uv pip compile --quiet --no-config --system-certs --no-python-downloads \
  --upgrade --generate-hashes --no-emit-index-url --no-header
HUB := --constraints compose/hub/requirements.in
IMAGE := --python-version 3.13 --python-platform linux

lock: ## compile the three requirements.lock anew, with the newest versions allowed
	@test -x $(PYTHON) || python3 -m venv .venv
	@. sandbox/lib.sh; step 'Installing uv' $(PYTHON) -m pip install --quiet uv; \
	step 'Locking the laptop' $(COMPILE) $(HUB) --universal --python-version 3.11 --extra dev \
	  --output-file requirements.lock pyproject.toml; \
	step 'Locking the hub' $(COMPILE) $(IMAGE) \
	  --output-file compose/hub/requirements.lock compose/hub/requirements.in; \
	step 'Locking the lab image' $(COMPILE) $(HUB) $(IMAGE) \
	  --output-file lab-image/requirements.lock lab-image/requirements.in

bench: .venv/.ready ## measure what bench/README.md promises
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m bench.run
	@$(PYTHON) -m bench.boot

pictures: .venv/.ready ## take the pictures of the README anew
	@. sandbox/lib.sh; need 'Taking pictures' chromium:chromium
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m docs.pictures

clean: ## take away what demo and test made: sandboxes, our engine and its data, .venv
	@sandbox/clean.sh sandboxes
	@sandbox/clean.sh engine
	@rm -rf .venv .hypothesis .pytest_cache .mypy_cache .ruff_cache tests/browser/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml requirements.lock
	@sandbox/venv.sh
