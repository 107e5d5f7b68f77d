# Sets up a clone: system packages (apt), a virtual environment (.venv), Node, the page.
# Each step checks first whether it is needed, so that a second `make run` starts at once.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Programs of the virtual environment first: pip's, and Node's if it comes from PyPI.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

page := desktop/static/desktop.js
page_sources := $(shell find static -name node_modules -prune -o -type f -print)
shell_scripts = $(wildcard xstartup/*.sh tests/xstartup/* tools/*.sh) desktop/doctor/nothing .ci/run \
	$(wildcard containers/steps/* containers/verify containers/*/verify) \
	$(filter-out %/dconf %/xdg %/without-key-repeat %.sh,$(wildcard xstartup/*))

# Tests mostly wait, so they run in parallel. A file's tests share servers, so they stay together; the quick ones come last.
# After a worker dies, its test's leftovers would disturb the rest, and pytest-xdist 3.8 may wait for ever.
in_parallel = -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
measured = tests/unit tests/contract
# A process that is killed may leave a file that cannot be read.
in_coverage = rm -rf .make/coverage && mkdir -p .make/coverage && coverage run -m
report_coverage = { coverage combine --append --quiet 2>/dev/null; coverage report; }
# Reruns (tests/conftest.py says of which tests) are shown with their tracebacks, since their cause must be checked.
rerun_options = --rerun-show-tracebacks --max-suite-reruns 10

.PHONY: help run lint check test docs pictures fuzz build bench soak clean node packages-python packages-run packages-lint packages-test

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

# pip and npm print long errors without a remedy.
or_advise = || { echo "That did not work; what failed is above. Is the network there, or a proxy to be set?" >&2; exit 1; }

# --- targets for users

run: packages-run .venv/.run $(page) ## Start a desktop and print its address (OPEN=1: in a browser; ARGS="--port 9999")
	@exec jupyter desktop $(if $(filter 0,$(shell id -u)),--allow-root) $(if $(OPEN),--open) $(ARGS)

lint: packages-lint .venv/.dev static/node_modules/.package-lock.json ## ruff, mypy --strict, tsc, eslint, shellcheck
	ruff check .
	ruff format --check .
	mypy
	cd static && npm run --silent check
	cd static && npm run --silent lint
	shellcheck $(shell_scripts)

check: lint packages-test .venv/.dev $(page) ## The quick part: lint, and the unit tests of Python and of TypeScript
	cd static && npm test --silent
	pytest $(in_parallel) tests/unit

# With ARGS only the tests that they name; else lint and all tests, in two parts: the quick ones, of which coverage tells
# which branches of desktop/ they ran, in the processes that it starts as well, and those with servers and browsers.
test: $(if $(ARGS),,lint) packages-test .venv/.dev $(page) tests/deployment/node_modules/.package-lock.json ## All tests, after lint; or some (ARGS="tests/unit -k ticket")
	$(if $(ARGS),,cd static && npm test --silent)
	@CHROMIUM="$$(tools/chromium.sh)" && export CHROMIUM || exit 1; failed=0; \
	$(if $(ARGS),,{ $(in_coverage) pytest $(in_parallel) $(measured) && $(report_coverage); } || failed=1;) \
	pytest $(in_parallel) $(rerun_options) $(or $(ARGS),$(measured:%=--ignore %)) || failed=1; exit $$failed

docs: .venv/.dev ## The site, in build/docs
	sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs build/docs
	@echo "It begins at build/docs/index.html"

pictures: export PICTURES = docs/images
pictures: packages-test .venv/.dev $(page) ## The pictures in docs/images, made by their own tests
	CHROMIUM="$$(tools/chromium.sh)" && export CHROMIUM && pytest tests/browser/test_pictures.py $(ARGS)

build: .venv/.dev $(page) ## Wheel and sdist, with the built page, in dist/
	pip install --quiet build $(or_advise)
	python -m build

fuzz: packages-test .venv/.dev $(page) ## Random input, SECONDS=100 for each input (ARGS="-k frames")
	FUZZ_SECONDS=$(or $(SECONDS),100) pytest --timeout 0 tests/fuzz $(ARGS)

bench: packages-test .venv/.dev $(page) ## Benchmarks, side by side with other Jupyter desktops
	CHROMIUM="$$(tools/chromium.sh)" && export CHROMIUM && python benchmarks/run.py $(ARGS)

soak: export SOAK_SECONDS ?= 600
soak: export SOAK_DESKTOPS ?= 10
soak: packages-test .venv/.dev $(page) ## Ten minutes each of load, faults and pictures (ARGS="-k faults", SOAK_SEED=…)
	CHROMIUM="$$(tools/chromium.sh)" && export CHROMIUM && pytest tests/soak $(ARGS)

clean: ## Remove everything created here (not the system's packages)
	rm -rf .venv .make build dist test-results desktop/static static/node_modules tests/deployment/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- their prerequisites

packages-python packages-run packages-lint packages-test: packages-%:
	@tools/packages.sh $*

.venv/bin/python: | packages-python
	@echo "Making a virtual environment in .venv"
	@"$$(tools/python.sh)" -m venv --clear .venv

.venv/.run: pyproject.toml hatch_build.py .venv/bin/python | $(page)
	@echo "Installing the Python packages into .venv"
	@pip install --quiet --editable '.[video]' jupyterlab $(or_advise)
	@touch $@

.venv/.dev: .venv/.run
	@echo "Installing what lint and tests need into .venv"
	@pip install --quiet --editable '.[dev]' $(or_advise)
	@touch $@

node: .venv/bin/python
	@tools/node.sh $(or_advise)

%/node_modules/.package-lock.json: %/package.json %/package-lock.json | node
	@echo "Installing what npm has for $* into $*/node_modules"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error --update-notifier=false >/dev/null $(or_advise)
	@touch $@

$(page): $(page_sources) static/node_modules/.package-lock.json | node
	@echo "Building the page"
	@cd static && npm run --silent build
