# Two commands do everything on a machine with Python 3.11 or newer: `make demo` and `make test`.

ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
endif
PIP = -m pip --quiet --disable-pip-version-check
CORPUS ?= ../shared/corpus/templates
# The example of `make demo`, and one that others wrote, where it is at hand.
DEMO = fixtures/demo/template.yaml
DEMO_REAL = $(wildcard $(CORPUS)/25-serverless-patterns-template.yml)

VENV = .venv
# The same environment with the oldest cfn-lint on top.
OLDEST = $(VENV)-cfnlint-oldest
# The versions that the tests run with (make pins); `make test-latest` and `make test-lowest` choose others.
PINS = constraints/tested.txt
RUN = $(VENV)/bin/python -m
# For every pip that runs from here: this one, the tests', and that of the environments in which they build.
export PIP_CONSTRAINT = $(addprefix $(CURDIR)/,$(PINS))
export PIP_BUILD_CONSTRAINT = $(PIP_CONSTRAINT)
# pytest -k and the like: make test PYTEST='-k wheel'. Then ruff and mypy do not run.
PYTEST ?=
MINUTES ?= 10
WITH_CFN_LINT = CFNCORS_CFN_LINT_OLDEST=$(CURDIR)/$(OLDEST)/bin/cfn-lint CFNCORS_CFN_LINT_NEWEST=$(CURDIR)/$(VENV)/bin/cfn-lint

.PHONY: demo test test-latest test-lowest explore pins check format golden docs bench browsers oracles build clean
.DELETE_ON_ERROR:

# Exit code 1 says that something was found, as it should here.
demo: $(VENV)/.installed
	@for template in $(DEMO) $(DEMO_REAL); do for command in "check" "fix --diff"; do \
		printf '\n$$ cfncors %s %s\n' "$$command" "$$template"; \
		$(VENV)/bin/cfncors $$command "$$template" || test $$? -eq 1 || exit 1; \
	done; done

# Environments, Chromium, ruff and mypy at the same time, then the tests.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j3 --output-sync=target $(if $(PYTEST),,check) $(OLDEST)/.installed $(VENV)/.apt-chromium
	$(WITH_CFN_LINT) $(RUN) pytest -n 2 --dist loadgroup $(PYTEST)

# The same with the newest release of everything, whatever the pins say: what a user who installs today gets.
test-latest:
	rm -rf .venv-latest .venv-latest-cfnlint-oldest
	$(MAKE) test VENV=.venv-latest PINS=

# The same with the lowest versions that pyproject.toml allows.
test-lowest:
	$(MAKE) test VENV=.venv-lowest PINS=constraints/lowest.txt

# The random tests with fresh seeds, for as long as one says: make explore MINUTES=60 PYTEST='-k translators'
explore: $(VENV)/.dev
	$(RUN) scripts.explore --minutes $(MINUTES) -- $(PYTEST)

# The newest release of everything becomes what the tests run with; to be followed by `make test`.
pins:
	$(PYTHON) scripts/pins.py renew

# Real Chromium and Firefox against cfncors.browser: thousands of exchanges over loopback, and a table.
browsers: $(VENV)/.dev $(VENV)/.apt-chromium $(VENV)/.apt-firefox-esr
	$(RUN) scripts.browsers

# What the Serverless Framework and its fork osls package for the services in fixtures/serverless: the expected results
# of the tests, recorded. Both are installed with npm into .oracles.
oracles: $(VENV)/.dev
	@command -v npm >/dev/null || { echo "make oracles needs Node.js with npm" >&2; exit 1; }
	$(RUN) scripts.oracles

check: $(VENV)/.dev
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

format: $(VENV)/.dev
	$(RUN) ruff check --fix
	$(RUN) ruff format

# Rewrites the expected results and prints what changed, to be read before it is committed.
golden: $(VENV)/.dev
	$(RUN) scripts.golden

docs: $(VENV)/.dev
	$(RUN) scripts.docs

bench: $(VENV)/.dev
	$(WITH_CFN_LINT) $(VENV)/bin/python scripts/bench.py $(CORPUS)

build: $(VENV)/.dev
	$(RUN) build

clean:
	rm -rf .venv .venv-* .oracles build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# An environment is made once and brought up to date when its requirements change.
%/bin/python:
	@test -n "$(PYTHON)" || { echo "cfncors needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $*

$(VENV)/.installed: pyproject.toml $(PINS) | $(VENV)/bin/python
	$(VENV)/bin/python $(PIP) install -e .
	@touch $@

# First what the package is built with, which the pins hold too; then itself, without an environment to build it in.
$(VENV)/.dev: pyproject.toml $(PINS) | $(VENV)/bin/python
	$(PYTHON) scripts/pins.py requirements >$(VENV)/requirements.txt
	$(VENV)/bin/python $(PIP) install --no-compile --requirement $(VENV)/requirements.txt
	$(VENV)/bin/python $(PIP) install --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.installed

# It sees the packages of the other environment, and holds only what the oldest cfn-lint has to have otherwise.
$(OLDEST)/.installed: $(VENV)/.dev
	$(VENV)/bin/python -m venv --clear --without-pip $(OLDEST)
	for place in $(OLDEST)/lib/python*/site-packages; do \
		$(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >$$place/shared.pth; done
	$(PYTHON) scripts/pins.py oldest >$(OLDEST)/requirements.txt
	PIP_CONSTRAINT= $(VENV)/bin/python $(PIP) --python $(OLDEST)/bin/python install --no-compile --requirement $(OLDEST)/requirements.txt
	@touch $@

# A browser from Debian's packages, where that may be installed; without it its tests skip, and fail where CI=true.
$(VENV)/.apt-%: | $(VENV)/bin/python
	@command -v $* >/dev/null || { test "$$(id -u)" -eq 0 && command -v apt-get >/dev/null && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $* >/dev/null; } \
		|| echo "$* is missing and cannot be installed here; as root: apt-get install $*" >&2
	@! command -v $* >/dev/null || touch $@
