# The one entry: `make help` lists it all. Every target sets up what it needs, in .venv and .servers.

PYTHON ?= python3
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
# A user without a home of their own: pip would warn that it cannot cache there.
PIP  += $(if $(shell test -w "$$HOME" && echo writable),,--no-cache-dir)

# Some machines set it; then each of the hundreds of processes that tests start compiles us anew.
unexport PYTHONDONTWRITEBYTECODE

# Two processes with servers of their own: most tests wait for other processes most of the time.
SIDE_BY_SIDE := --numprocesses 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check format schemas manifests audit sbom licences bench chaos lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target what; \
		do printf '  make %-10s %s\n' "$$target" "$$what"; done

demo: $(VENV)/installed ## servers, a worker, traffic and what it does with it; ARGS="--seconds 30"
	@$(BIN)/tagstream demo $(ARGS)

test: $(VENV)/installed-dev ## all tests, on a real Kafka and a real Redis; ARGS="-k name"
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-long: $(VENV)/installed-dev ## all tests and their long forms
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "long or not long" $(ARGS)

check: $(VENV)/installed-dev ## format, lint, types, import contracts, spelling, deploy/
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/hadolint deploy/Dockerfile
	@$(BIN)/yamllint --strict deploy agents .yamllint.yaml
	@$(BIN)/python -m deploy.check

format: $(VENV)/installed-dev ## put the source into its one format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schemas: $(VENV)/installed ## JSON Schemas and the AsyncAPI document, from the types; docs/catalogue.md
	@$(BIN)/python -m schemas.documents schemas
	@$(BIN)/python -m agents.catalogue_page docs/catalogue.md
	@$(BIN)/python -m agents.catalogue_schema schemas/catalogue/catalogue.schema.json

manifests: $(VENV)/installed-dev ## what in deploy/ is made from something else
	@$(BIN)/python -m deploy.generate

audit: $(VENV)/installed-dev ## known holes in what the container image has; asks the network
	@$(BIN)/pip-audit --requirement requirements-image.txt --require-hashes --disable-pip $(ARGS)

sbom: $(VENV)/installed-dev ## bill of materials of the container image: sbom.json (CycloneDX)
	@$(BIN)/cyclonedx-py requirements requirements-image.txt --pyproject pyproject.toml \
		--output-reproducible --output-file sbom.json
	@echo "sbom.json: $$(grep -c '"purl"' sbom.json) packages"

licences: $(VENV)/installed-dev ## licences of what the container image has
	@$(BIN)/pip-licenses --from=mixed --order=license --format=markdown --packages \
		$$(sed -n 's/^\([a-z0-9.-]*\)==.*/\1/p' requirements-image.txt)

bench: $(VENV)/installed-dev ## the benchmark, on a real Kafka and a real Redis
	@$(BIN)/tagstream bench $(ARGS)

chaos: $(VENV)/installed-dev ## kill, freeze and cut off workers and servers, and compare; SEEDS=10
	@$(BIN)/python -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

UV := $(BIN)/uv pip compile pyproject.toml --quiet --no-header --universal --python-version 3.11 \
	--generate-hashes --group build --extra web --extra otel

lock: $(VENV)/installed ## the exact versions, anew from pyproject.toml; ARGS="--upgrade"
	@$(PIP) 'uv>=0.9'
	@$(UV) $(ARGS) --extra demo --output-file requirements.txt
	@$(UV) $(ARGS) --constraint requirements.txt --output-file requirements-image.txt
	@$(UV) $(ARGS) --extra demo --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove what these targets installed
	rm -rf $(VENV) .servers

# What is installed is exactly the lock: every version, every hash. tagstream itself is linked, not
# copied, so an edited file counts at once.
$(VENV)/installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing tagstream and what it needs into $(VENV), once; this takes about a minute."
	@$(PIP) --require-hashes --requirement requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing the test and lint tools into $(VENV), once."
	@$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "tagstream needs Python 3.11 or later as '$(PYTHON)'; name another: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
