"""Search with fresh seeds, for as long as one says: ``make explore MINUTES=60``.

    python -m scripts.explore --minutes 60 -- -k translators

Runs the tests that choose their cases at random, round after round, each with other seeds than ``make test``. A find is
printed as the line that keeps it: an ``@example`` to put below the ``@given`` of its test or, for a test that makes its
cases with a seed of its own, the salt that makes them again. Exit code 1 says that something was found.

This module is the plugin of pytest that sees the finds, too.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DataObject

ROOT: Final = Path(__file__).resolve().parent.parent
#: Where a round writes its finds, and what makes its seeds others than those of the last one.
FINDS: Final = "CFNCORS_FINDS"
SALT: Final = "CFNCORS_SALT"

_shrunk: dict[str, str] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Watch what each random test is called with."""
    for item in items:
        handle = getattr(getattr(item, "obj", None), "hypothesis", None)
        if handle is not None:
            handle.inner_test = _watched(item, handle.inner_test)


def _watched(item: pytest.Item, test: Callable[..., Any]) -> Callable[..., Any]:
    """The last call that fails is that of the smallest example: Hypothesis repeats it to show its traceback."""

    @wraps(test)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return test(*args, **kwargs)
        except HypothesisException:
            raise
        except Exception:
            fixtures = getattr(item, "funcargs", {})
            chosen = {name: value for name, value in kwargs.items() if name not in fixtures}
            _shrunk[item.nodeid] = (
                "choices made on the way (st.data()): keep the case that the output above shows as a test of its own"
                if any(isinstance(value, DataObject) for value in chosen.values())
                else f"@example({', '.join(f'{name}={value!r}' for name, value in chosen.items())})"
            )
            raise

    return call


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down what failed; a process of pytest-xdist that runs no tests hears of it a second time."""
    finds = os.environ.get(FINDS)
    if report.failed and finds and (report.nodeid in _shrunk or "PYTEST_XDIST_WORKER" in os.environ):
        line = _shrunk.get(report.nodeid, f"{SALT}={os.environ.get(SALT, '')}")
        with Path(finds).open("a", encoding="utf-8") as file:
            file.write(json.dumps([report.nodeid, line]) + "\n")


def main(argv: list[str] | None = None) -> int:
    """Run rounds until the time is over, and print the finds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to search (default: 10)")
    parser.add_argument("pytest", nargs="*", metavar="ARGUMENT", help="arguments for pytest, such as -k")
    args = parser.parse_args(argv)
    deadline = time.monotonic() + 60 * args.minutes
    finds: dict[str, str] = {}
    number = 0
    while (left := deadline - time.monotonic()) > 0:
        number += 1
        finds |= _round(args.pytest, left)
        print(f"round {number}: {len(finds)} finds, {max(0.0, deadline - time.monotonic()) / 60:.1f} minutes left")
    for test, line in finds.items():
        print(f"\n{test}\n    {line}")
    return 1 if finds else 0


def _round(arguments: list[str], seconds: float) -> dict[str, str]:
    """All random tests once: what was found, by test."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "scripts.explore", "--timeout=0", "--tb=short"]
    command += ["-m", "hypothesis or generated", "--hypothesis-profile=explore", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "finds.jsonl"
        path.touch()
        environment = {**os.environ, FINDS: str(path), SALT: secrets.token_hex(4)}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            pass
        else:
            if done.returncode not in (0, 1):
                raise SystemExit(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            if done.returncode:
                print(done.stdout)
        return dict(json.loads(line) for line in path.read_text("utf-8").splitlines())


if __name__ == "__main__":
    sys.exit(main())
