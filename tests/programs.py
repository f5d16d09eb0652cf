"""The programs that tests run: the command line of this checkout, and cfn-lint in environments of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "fixtures" / "demo" / "template.yaml"
CORPUS = ROOT.parent / "shared" / "corpus" / "templates"
SAM_CASES = ROOT.parent / "shared" / "sam-cases"

#: Makes a program import this checkout, whatever is installed.
CHECKOUT = {"PYTHONPATH": str(ROOT)}

Version = Literal["oldest", "newest"]

#: Seconds after which a program hangs, even on a machine that is busy with other things.
PATIENCE = 300


def run(
    *command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its exit code is for the caller to judge."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )


def run_well(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a program that must succeed; its output."""
    done = run(*command, cwd=cwd, env=env)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def interruptible() -> Iterator[None]:
    """Programs that are started in the block end at Ctrl-C, whatever started the tests: a shell lets jobs in the
    background ignore it, and a program's children ignore what it does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def cfncors(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command line of this checkout, in a process of its own."""
    code = "import sys; from cfncors.cli import main; sys.exit(main())"
    return run(sys.executable, "-c", code, *arguments, cwd=cwd, env=CHECKOUT)


def cfn_lint(version: Version) -> Path:
    """The cfn-lint executable that ``make test`` installed; without one the test skips, in CI it fails."""
    name = f"CFNCORS_CFN_LINT_{version.upper()}"
    if executable := os.environ.get(name):
        return Path(executable)
    reason = f"{name} names no cfn-lint; run `make test`"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
