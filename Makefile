# make app    serve the app at http://localhost:8501, to this machine alone
# make room   serve it to a room of people, each with runs of their own
# make test   run all tests, those in a real browser included
# make check  lint, and the tests that take no training and no browser: under a minute
# make night  what takes too long for every day
# All make .venv first, if requirements have changed since.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: app room test check night

app: .venv/app.installed
	$(BIN)/python -m streamlit run app.py

room: .venv/app.installed
	$(BIN)/python -m dec_core serve --room

test: .venv/test.installed
	$(BIN)/python -m pytest -n 3 --no-loadscope-reorder

check: .venv/test.installed
	$(BIN)/python -m ruff format --check --quiet .
	$(BIN)/python -m ruff check --quiet .
	$(BIN)/python -m pytest -n 2 --quiet -m "not slow and not browser and not night"

night: .venv/test.installed
	$(BIN)/python -m pytest -m night

.venv/app.installed: requirements.txt requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one, as in: make PYTHON=python3.12 app")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the app needs; TensorFlow makes this take a few minutes."
	$(PIP) -r requirements.txt
	-@$(BIN)/python -c 'from dec_core.analysis.projection import compile_umap; compile_umap()' 2>/dev/null  # else the first run does
	touch $@

.venv/test.installed: .venv/app.installed requirements-test.txt
	$(PIP) -r requirements-test.txt
	sh tests/install.sh $(BIN)/python
	touch $@
