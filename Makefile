# Two commands to begin with: `make demo` and `make test`. Each sets up .venv with the extras that it needs.
PYTHON ?= python3
DATA ?= $(or $(L1000_RNASEQ_DATA),$(wildcard ../shared/data),demo/data)
BIN := .venv/bin
# what is ready; the set for the tests has everything, so it serves the others too
TESTS := .venv/.ready-test
NOTEBOOKS := $(or $(wildcard $(TESTS)),.venv/.ready-notebooks)
APP := $(or $(wildcard $(TESTS)),.venv/.ready-app)
DOCS := $(or $(wildcard $(TESTS)),.venv/.ready-docs)
extras-app := app
extras-docs := docs
extras-notebooks := notebooks,train
extras-test := app,browser,cluster,docs,notebooks,test,train

.PHONY: demo test test-kernels lab app reports docs lint lock clean

demo: $(NOTEBOOKS)
	$(BIN)/l1000-rnaseq demo demo

test: $(TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# the tests that compute, with the instructions of other processors: OpenBLAS is numpy's, MKL and ATen are torch's
test-kernels: $(TESTS)
	@for settings in "OPENBLAS_CORETYPE=Prescott ATEN_CPU_CAPABILITY=default MKL_CBWR=COMPATIBLE" \
	  "OPENBLAS_CORETYPE=Haswell ATEN_CPU_CAPABILITY=avx2 MKL_CBWR=AVX2" \
	  $(if $(shell grep -s -m1 avx512f /proc/cpuinfo),"OPENBLAS_CORETYPE=SkylakeX ATEN_CPU_CAPABILITY=avx512") ""; do \
	  echo "== $${settings:-this processor}"; \
	  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE -u ATEN_CPU_CAPABILITY -u MKL_CBWR $$settings \
	    $(BIN)/python -m pytest $(filter-out tests/app/ tests/cli/ tests/reports/,$(wildcard tests/*/)) || failed=1; \
	done; exit $${failed:-0}

lab: $(NOTEBOOKS)
	$(BIN)/jupyter lab notebooks

app: $(APP)
	$(BIN)/l1000-rnaseq app

reports: $(NOTEBOOKS)
	@test -d $(DATA) || $(BIN)/l1000-rnaseq simulate $(DATA)
	$(BIN)/l1000-rnaseq notebooks --data $(DATA) --out reports $(if $(wildcard $(DATA)/planted_truth.json),--fast)

# the documentation: open build/site/index.html
docs: $(DOCS)
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . build/site
	@echo open build/site/index.html

lint: $(TESTS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# pins for every Python and system that pyproject.toml names, one version of a package where one serves all;
# the extra mcp is left out: it and the extra app need different versions of anyio
lock: $(TESTS)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --fork-strategy fewest \
	  $(foreach extra,app browser cluster docs notebooks test train,--extra $(extra)) --no-annotate \
	  --custom-compile-command "make lock" pyproject.toml --output-file constraints.txt

# Python compiles what it imports; only where it may not, pip compiles everything, 0.3 GB more.
.venv/.ready-%: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "l1000-rnaseq needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(if $(PYTHONDONTWRITEBYTECODE),,--no-compile) -c constraints.txt -e ".[$(extras-$*)]"
	@touch $@

clean:
	rm -rf .venv demo work reports build docs/made .pytest_cache .ruff_cache lib/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
