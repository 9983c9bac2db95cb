# make lab         open the course in JupyterLab, in a folder of your own, mine/; LAB_ARGS=--here opens the originals, for authors
# make quick       what to ask after every change, in a minute: linter, formatter, laws, truths, one explorer
# make test        everything that CI runs; PYTEST_ARGS="-n 2" or "-k taylor" goes to pytest
# make notebooks   execute the notebooks, store their outputs, write README's table; NOTEBOOKS=notebooks/01_expansion.ipynb for one
# make check       linter, formatter and types: CI runs it before the tests        make format  mends what the formatter can
# make bench       timings, also beside other packages, which it installs        make clean  forget the environment and all caches
# make performance time rpn_edu beside other packages, its imports and the memory of its kernels, and write notebooks/performance.md
# make contexts    try every component wherever torch uses a model, and write notebooks/contexts.md
#
# make device      all that the package has on the device of RPN_EDU_DEVICE, against the CPU; without one, on a pretended GPU
#
# RPN_EDU_DEVICE=cpu|cuda|mps|auto chooses the device (default: cpu); README says what moves there. The whole suite with a GPU:
#   RPN_EDU_DEVICE=cuda make device test
# CONSTRAINTS=constraints-lowest.txt installs other versions: make CONSTRAINTS=constraints-lowest.txt test
# RPN_EDU_OFFLINE=all runs every chapter with the network cut, not the smallest alone.
#
# Without make, or on Windows (there .venv\Scripts\ stands for .venv/bin/):
#   python -m venv .venv
#   .venv/bin/python -m pip install -e ".[teach,dev]" -c constraints.txt
#   .venv/bin/python -m rpn_edu lab
# and for the tests
#   .venv/bin/python -m pytest tests notebooks --nbval --nbval-current-env --nbval-sanitize-with=tests/nbval_sanitize.cfg

PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
LAB_ARGS ?=
PYTEST_ARGS ?=
NOTEBOOKS ?= notebooks
BIN := .venv/bin
READY := .venv/ready
TOOLS := .venv/tools
PEERS := .venv/peers
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with=tests/nbval_sanitize.cfg

.PHONY: lab quick test device notebooks check format bench performance contexts clean

# Another checkout that the shell knows must not stand before this one.
unexport PYTHONPATH PYTHONHOME

# A folder that was renamed, moved or copied brings a .venv that knows the old one: it is installed anew. -I: what lies here does not count.
INSTALLED := import importlib.util, os; print(os.path.samefile(importlib.util.find_spec("rpn_edu").origin, "rpn_edu/__init__.py"))
# And .venv/ready says which constraints it was installed with.
ifneq ($(shell $(BIN)/python -I -c '$(INSTALLED)' 2>/dev/null; cat $(READY) 2>/dev/null),True $(CONSTRAINTS))
.PHONY: $(READY)
endif

lab: $(READY)
	$(BIN)/python -m rpn_edu lab $(LAB_ARGS)

# What learners need is less than what makes, marks and tests the course.
quick test device notebooks check format bench performance contexts: $(TOOLS)
bench performance: $(PEERS)

# One thread per process: test workers and kernels share the cores, and sums come out the same on every machine.
quick test device notebooks: export OMP_NUM_THREADS = 1

# CUDA asks for it before it multiplies the same way every time.
test device: export CUBLAS_WORKSPACE_CONFIG = :4096:8

# tools/shares.py tells what stays together under -n.
test:
	$(BIN)/python -m pytest tests notebooks $(NBVAL) $(PYTEST_ARGS)

quick:
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m pytest tests --quick -q $(PYTEST_ARGS)

device:
	$(BIN)/python -m tools.pretend

notebooks:
	$(BIN)/python -m tools.store_notebooks $(NOTEBOOKS)
	$(BIN)/python -m tools.chapters

check:
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m pyright

format:
	$(BIN)/python -m ruff check --select I --fix .
	$(BIN)/python -m ruff format .

bench:
	$(BIN)/python -m tools.bench

performance:
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.performance

contexts:
	OMP_NUM_THREADS=1 $(BIN)/python -m tools.contexts

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} + -o -name .ipynb_checkpoints -prune -exec rm -rf {} +

# Always by `python -m`: the scripts in .venv/bin know the name that the folder had when they were installed.
# Python is looked for only where none is installed yet: afterwards .venv has its own. What `activate` says is brought up to date.
# JupyterLab reads a copy of our extension: a changed one is installed anew.
# Without build isolation a folder that has all it needs is installed anew without the internet.
$(READY): pyproject.toml $(CONSTRAINTS) $(wildcard rpn_edu/explore/lab/*/*.js)
	@test -w . || { echo "rpn_edu is installed into .venv in this folder, but nothing may be written here: copy the folder to a place of yours" >&2; exit 1; }
	@if $(BIN)/python -m pip --version >/dev/null 2>&1; then exec $(BIN)/python -m venv --without-pip .venv; fi; \
	for python in $(PYTHON) python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exec $$python -m venv --clear .venv; \
	done; echo "rpn_edu needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=/path/to/python3.11" >&2; exit 1
	$(BIN)/python -m pip install 'hatchling>=1.27' -c $(CONSTRAINTS)
	$(BIN)/python -m pip install --no-build-isolation -e '.[explore]' -c $(CONSTRAINTS)
	@echo $(CONSTRAINTS) > $@

$(TOOLS): $(READY)
	$(BIN)/python -m pip install --no-build-isolation -e '.[teach,dev]' -c $(CONSTRAINTS)
	@touch $@

# Packages to compare with. tinybig asks for one old torch, and needs only what is here. What cannot be installed is left out of the tables.
$(PEERS): $(TOOLS)
	-$(BIN)/python -m pip install --no-build-isolation -e '.[bench]' -c $(CONSTRAINTS) && \
	$(BIN)/python -m pip install --no-deps tinybig -c $(CONSTRAINTS) && touch $@
