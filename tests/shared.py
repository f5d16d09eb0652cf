"""Where the shared material lies: real templates and SAM cases beside a checkout; absent in a user's clone. And how
many files are tried in few tests: a test of its own for each costs more than most of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

Each = TypeVar("Each")

#: Makes the seeds of generated cases others; ``make explore`` chooses one for each round, and prints it with a find.
SALT = os.environ.get("CFNCORS_SALT", "")


def seed(of: object) -> str:
    """The seed of a generated case: the same in each run, but for the salt."""
    return f"{SALT}{of}"


ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus" / "templates"
SAM_CASES = SHARED / "sam-cases"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the corpus of real templates (../shared) is not beside this checkout"
)


def corpus() -> list[Path]:
    """The real templates, or nothing."""
    return sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []


def sam_cases() -> list[Path]:
    """SAM inputs that the translator's output is known for, or nothing."""
    return sorted(SAM_CASES.glob("*.in.yaml")) if SAM_CASES.is_dir() else []


def fixtures() -> list[Path]:
    """All templates in ``fixtures/``."""
    return list(_fixtures())


@cache
def _fixtures() -> tuple[Path, ...]:
    suffixes = (".yaml", ".yml", ".json", ".template")
    return tuple(sorted(p for p in (ROOT / "fixtures").rglob("*") if p.suffix in suffixes))


@cache
def distinct_fixtures() -> tuple[Path, ...]:
    """The same without those that are another one of their folder byte for byte, as what a fix makes often is."""
    return tuple({(path.parent, path.read_bytes()): path for path in reversed(_fixtures())}.values())[::-1]


#: Into how many tests many files are split, so that several processes can share them.
PARTS = 12
in_parts = pytest.mark.parametrize("part", range(PARTS))


def of_part(every: Sequence[Each], part: int) -> Sequence[Each]:
    """Every twelfth; neighbours, which take alike long, are in different parts."""
    return every[part::PARTS]


def try_all(every: Iterable[Path], attempt: Callable[[Path], object]) -> None:
    """Try all, and name those that fail."""
    failed: list[Exception] = []
    for path in every:
        try:
            attempt(path)
        except Exception as error:
            error.add_note(path.name)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"fails for {', '.join(error.__notes__[-1] for error in failed)}", failed)
