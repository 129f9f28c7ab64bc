# Everything runs in place from .venv; what a sandbox needs is found or made by sandbox/*.sh.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test test-vm lint lock bench pictures clean
PYTHON := .venv/bin/python
INV := .venv/bin/inv
# Each file is a story on a host of its own; one more at once than there are processors, since each
# waits now and then; in the order of tests/conftest.py.
BESIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder
ifdef ONLY
STORY := $(or $(wildcard $(patsubst %,tests/%/test_$(ONLY).py,unit hub sandbox_host sandbox) \
  tests/unit/$(ONLY) $(filter tests/unit tests/hub,tests/$(ONLY))),$(error ONLY=$(ONLY): there is no such \
  story; there are $(sort $(patsubst test_%.py,%,$(notdir $(wildcard tests/sandbox*/test_*.py)))) unit hub))
endif
# What profile.d holds is read by whatever shell logs in, not run: it has no first line to check by.
SCRIPTS = $(shell git ls-files '*.sh' .ci/run ':!*/profile.d/*')

help: ## show this
	@echo 'make TARGET, where TARGET is one of:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

demo: .venv/.ready ## a lab hub on a disposable host in a container, to click on
	@$(INV) sandbox
	@LAB=sandbox $(INV) deploy
	@LAB=sandbox $(INV) add-user --name alice
	@LAB=sandbox $(INV) push --tag 1.2
	@sandbox/next-steps.sh

test: .venv/.ready lint ## all tests but those of test-vm, on hosts of their own; ONLY=members: one subject
	@. sandbox/lib.sh; need 'Testing packages with Git LFS' git-lfs:git-lfs
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m pytest $(BESIDE) $(STORY)

test-vm: .venv/.ready ## what needs a kernel of its own, where what it covers has changed; ALL=1: all of it
	@sandbox/prepare.sh >/dev/null
	@$(PYTHON) -m tests.vm.run $(if $(ALL),--all)

lint: .venv/.ready ## ruff, mypy and shellcheck
	@. sandbox/lib.sh; need 'Linting' shellcheck:shellcheck; \
	step 'Checking style' .venv/bin/ruff check --quiet .; \
	step 'Checking format' .venv/bin/ruff format --check --quiet .; \
	step 'Checking types' .venv/bin/mypy .; \
	step 'Checking scripts' shellcheck --external-sources $(SCRIPTS)

COMPILE := .venv/bin/uv pip compile --quiet --no-config --system-certs --no-python-downloads \
  --generate-hashes --no-emit-index-url --no-header \
  $(if $(UPGRADE),$(if $(filter 1,$(UPGRADE)),--upgrade,$(patsubst %,'--upgrade-package=%',$(UPGRADE))))
HUB := --constraints compose/hub/requirements.in
# Of the lab image for each Python that a base may have; the hub's has one.
ANY := --universal --python-version 3.11

lock: ## compile the three requirements.lock; UPGRADE=1: the newest of all, UPGRADE=numpy: of one
	@test -x $(PYTHON) || python3 -m venv .venv
	@. sandbox/lib.sh; step 'Installing uv' $(PYTHON) -m pip install --quiet uv; \
	step 'Locking the laptop' $(COMPILE) $(HUB) $(ANY) --extra dev \
	  --output-file requirements.lock pyproject.toml; \
	step 'Locking the hub' $(COMPILE) --python-version 3.13 --python-platform linux \
	  --output-file compose/hub/requirements.lock compose/hub/requirements.in; \
	step 'Locking the lab image' $(COMPILE) $(HUB) $(ANY) \
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
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml requirements.lock
	@sandbox/venv.sh
