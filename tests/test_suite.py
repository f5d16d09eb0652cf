"""The tests themselves: none waits for ever, and the versions that they run with fit what pyproject.toml asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts import pins
from tests.shared import ROOT

#: Calls that wait for another program or thread, and the number of the argument that says how long at most.
WAITS = {"run": None, "check_output": None, "check_call": None, "communicate": 1, "wait": 0}


def endless(path: Path) -> Iterator[str]:
    """Calls that would wait as long as it takes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAITS:
            owner, place = ast.unparse(node.func.value), WAITS[node.func.attr]
            is_limited = any(each.arg == "timeout" for each in node.keywords) or (
                place is not None and len(node.args) > place
            )
            if (place is not None or owner == "subprocess") and not is_limited:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {owner}.{node.func.attr}"


def test_nothing_waits_for_ever() -> None:
    assert [call for path in sorted((ROOT / "tests").rglob("*.py")) for call in endless(path)] == []


def test_the_pins_are_in_the_bounds() -> None:
    for file in (pins.TESTED, pins.LOWEST):
        pinned = pins.pinned(file)
        for text in pins.requirements():
            wanted = Requirement(text)
            assert wanted.specifier.contains(pinned[pins.normal(wanted.name)]), f"{file.name}: {text}; run `make pins`"


def test_the_lowest_are_the_bounds() -> None:
    pinned = pins.pinned(pins.LOWEST)
    for text in pins.lowest():
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[pins.normal(wanted.name)]), f"{text}; run `make pins`"


@pytest.mark.parametrize("text", pins.requirements())
def test_a_bound_is_one_lower_bound(text: str) -> None:
    """What ``make test-lowest`` makes an exact version of."""
    (specifier,) = Requirement(text).specifier
    assert specifier.operator == ">="
