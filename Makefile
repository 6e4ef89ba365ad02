# Everything here works in a fresh clone: the environment is made when it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?=

PAGE := wic_lsp/serving/page
PLAYGROUND := editors/playground

.PHONY: demo setup test lint bench engines playground page-if-can wheel clean

demo: setup
	@echo "== wic doctor: what works on this machine"
	@$(BIN)/wic doctor
	@echo
	@echo "== wic check: a C file with errors, so its exit code is 1"
	@$(BIN)/wic check examples/sensor.c; test $$? -eq 1
	@echo
	@echo "== wic check: two C++ files, if there is a C++ compiler"
	@$(BIN)/wic check examples/inventory.cpp examples/clean.cpp; test $$? -ne 0
	@echo
	@echo "== wic check: each block of code in a Markdown file"
	@$(BIN)/wic check examples/tour.md; test $$? -eq 1
	@echo
	@echo "== wic-lsp: a real client opens a file, edits it, and prints what it received"
	@$(BIN)/python examples/drive_server.py

setup: $(STAMP)

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: lint engines page-if-can
	$(BIN)/pytest -n auto --dist worksteal $(PYTEST_ARGS)

# Container engines, a Kubernetes cluster and the images that the tests compile in; without them those tests are
# skipped.
engines:
	@tests/engines/docker ensure
	@tests/engines/podman ensure
	@tests/engines/kubernetes/cluster ensure

# The page of `wic serve --playground`, which no commit holds: built with npm, taken along by every wheel built after.
playground: $(PAGE)/index.html

$(PAGE)/index.html: $(shell find $(PLAYGROUND)/src -type f) $(wildcard $(PLAYGROUND)/*.json $(PLAYGROUND)/*.mjs)
	@command -v npm >/dev/null || { echo "make playground needs Node.js 18 or newer, with npm" >&2; exit 1; }
	@echo "building the playground's page"
	@cd $(PLAYGROUND) && npm ci --silent --ignore-scripts && npm run --silent check && npm run --silent build

page-if-can:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory playground; \
	else echo "without npm the playground's page is not built, and its tests are skipped"; fi

wheel: setup playground
	$(BIN)/python -m hatchling build -d dist

bench: setup
	$(BIN)/python tests/bench/bench_documents.py
	$(BIN)/python tests/bench/bench_server.py
	$(BIN)/python tests/bench/bench_cache.py
	$(BIN)/python tests/bench/bench_markdown.py
	$(BIN)/python tests/bench/hammer.py
	$(BIN)/python tests/bench/bench_go.py || test $$? -eq 2
	$(BIN)/python tests/bench/bench_docker.py || test $$? -eq 2
	$(BIN)/python tests/bench/bench_kubernetes.py || test $$? -eq 2

clean:
	rm -rf $(VENV) dist build $(PAGE) $(PLAYGROUND)/node_modules
