# Two commands: `make demo` and `make test`; each sets up .venv when it is not there yet.
PYTHON ?= python3
DATA ?= $(or $(L1000_RNASEQ_DATA),$(wildcard ../shared/data),demo/data)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lab app reports lint clean

demo: $(READY)
	$(BIN)/l1000-rnaseq demo demo

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

lab: $(READY)
	$(BIN)/jupyter lab notebooks

app: $(READY)
	$(BIN)/l1000-rnaseq app

reports: $(READY)
	@test -d $(DATA) || $(BIN)/l1000-rnaseq simulate $(DATA)
	$(BIN)/l1000-rnaseq reports --data $(DATA) --out reports

lint: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# no packaging bootstrap of our own: pip makes the environment from pyproject.toml and the pinned versions
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; name one with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test,app,browser]"
	@touch $@

clean:
	rm -rf .venv demo work reports build .pytest_cache .ruff_cache lib/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
