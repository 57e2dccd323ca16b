# Thin on purpose: a virtual environment, then one command.
PYTHON := $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
PYTEST ?=

.PHONY: preview test check
.DELETE_ON_ERROR:

preview: .venv/runs
	@.venv/bin/flask preview --port $(PORT)

test: .venv/installed
	@.venv/bin/pytest $(PYTEST)

check: .venv/installed
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check

.venv/runs: portal/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older."; exit 1; }
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check -r portal/requirements.txt
	@touch .venv/runs

.venv/installed: .venv/runs requirements.txt
	@.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch .venv/installed
