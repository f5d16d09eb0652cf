"""Whether a browser is here; tests that need one skip without it, and fail in CI."""

from __future__ import annotations

import os

import pytest

from tests.browser.drive import EXECUTABLES, Browser, executable


def need(browser: Browser) -> None:
    """Skip the test where the browser is not installed; in CI (``CI=true``) fail it."""
    if executable(browser) is not None:
        return
    package = EXECUTABLES[browser][0]
    reason = f"{package} is not installed; `make test` as root installs it with apt-get, or install it yourself"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
