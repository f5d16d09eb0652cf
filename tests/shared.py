"""Where the shared material lies: real templates and SAM cases beside a checkout; absent in a user's clone."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    return sorted(p for p in (ROOT / "fixtures").rglob("*") if p.suffix in (".yaml", ".yml", ".json", ".template"))
