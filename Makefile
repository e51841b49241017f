# Two commands do everything on a fresh machine with Python 3.11 or newer: make run, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := constraints.txt
WORKERS ?= 2
# Where there is room, tests write to memory: they flush thousands of small files, on a disk in milliseconds each.
SCRATCH := $(or $(TMPDIR),$(shell df -Pk /dev/shm 2>/dev/null | awk 'NR > 1 && $$4 > 4e6 { print $$6 }'),/tmp)

.PHONY: run test check data clean

run: $(VENV)/.installed
	$(BIN)/streamlit run app.py

# Hundreds of processes import the project, so it is compiled once, even where the environment says not to.
# A file stays with one worker, whose module fixtures it shares. Threads of two workers would wait for each other.
test: $(VENV)/.installed-dev browser data
	OMP_NUM_THREADS=1 TMPDIR=$(SCRATCH) PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# MNIST, mails and the weights of an embedder for the tests, which never download; fetched once into data/.
data: $(VENV)/.installed-dev
	$(BIN)/ipo fetch mnist --home data
	$(BIN)/ipo fetch mail --home data
	$(BIN)/ipo fetch embedder --home data

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(CONSTRAINTS) | $(VENV)/bin/python
	$(BIN)/pip install --quiet -c $(CONSTRAINTS) -e .
	touch $@

$(VENV)/.installed-dev: pyproject.toml $(CONSTRAINTS) | $(VENV)/bin/python
	$(BIN)/pip install --quiet -c $(CONSTRAINTS) -e '.[dev]'
	touch $@ $(VENV)/.installed

# The browser tests drive Debian's Chromium (or whatever CHROMIUM names).
.PHONY: browser
browser:
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { \
	  echo "Installing Chromium for the browser tests ..."; \
	  SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$SUDO apt-get update -q && $$SUDO apt-get install -y -q --no-install-recommends chromium; }

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
