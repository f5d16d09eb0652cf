# Two commands do everything on a machine with Python 3.11 or newer: `make demo` and `make test`.

ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
endif
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check
CORPUS ?= ../shared/corpus/templates
# The example of `make demo`, and one that others wrote, where it is at hand.
DEMO = fixtures/demo/template.yaml
DEMO_REAL = $(wildcard $(CORPUS)/25-serverless-patterns-template.yml)

VENV = .venv
OLDEST = .venv-cfnlint-oldest
NEWEST = .venv-cfnlint-newest
OLDEST_CFN_LINT = 1.51.0
RUN = $(VENV)/bin/python -m
# pytest -k and the like: make test PYTEST='-k wheel'
PYTEST ?=
WITH_CFN_LINT = CFNCORS_CFN_LINT_OLDEST=$(CURDIR)/$(OLDEST)/bin/cfn-lint CFNCORS_CFN_LINT_NEWEST=$(CURDIR)/$(NEWEST)/bin/cfn-lint

.PHONY: demo test check format golden docs bench browsers oracles build clean
.DELETE_ON_ERROR:

# Exit code 1 says that something was found, as it should here.
demo: $(VENV)/.installed
	@for template in $(DEMO) $(DEMO_REAL); do for command in "check" "fix --diff"; do \
		printf '\n$$ cfncors %s %s\n' "$$command" "$$template"; \
		$(VENV)/bin/cfncors $$command "$$template" || test $$? -eq 1 || exit 1; \
	done; done

test: check $(OLDEST)/.installed $(NEWEST)/.installed $(VENV)/.apt-chromium
	$(WITH_CFN_LINT) $(RUN) pytest -n 2 --dist loadgroup $(PYTEST)

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

bench: $(VENV)/.dev $(NEWEST)/.installed
	$(WITH_CFN_LINT) $(VENV)/bin/python scripts/bench.py $(CORPUS)

build: $(VENV)/.dev
	$(RUN) build

clean:
	rm -rf $(VENV) $(OLDEST) $(NEWEST) .oracles build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

# An environment is made once and brought up to date when its requirements change.
%/bin/python:
	@test -n "$(PYTHON)" || { echo "cfncors needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $*

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python $(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python $(PIP_INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(OLDEST)/.installed: pyproject.toml | $(OLDEST)/bin/python
	$(OLDEST)/bin/python $(PIP_INSTALL) -e . cfn-lint==$(OLDEST_CFN_LINT)
	@touch $@

$(NEWEST)/.installed: pyproject.toml | $(NEWEST)/bin/python
	$(NEWEST)/bin/python $(PIP_INSTALL) --upgrade -e '.[cfn-lint]'
	@touch $@

# A browser from Debian's packages, where that may be installed; without it its tests skip, and fail where CI=true.
$(VENV)/.apt-%: | $(VENV)/bin/python
	@command -v $* >/dev/null || { test "$$(id -u)" -eq 0 && command -v apt-get >/dev/null && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $* >/dev/null; } \
		|| echo "$* is missing and cannot be installed here; as root: apt-get install $*" >&2
	@! command -v $* >/dev/null || touch $@
