"""The work for a template grows with its size, not with the square of it. Counted in function calls, so exactly."""

from __future__ import annotations

import pytest

from cfncors.config import Settings
from cfncors.lint import check_text
from cfncors.source import parse
from scripts.bench import HEAD, ROUTE
from tests.work import counted

ROUTES = 40
TIMES = 8


def calls(work: str, text: str) -> int:
    """How many functions are called to parse or check ``text``."""
    if work == "parse":
        return counted(lambda: parse(text, "template.yaml"))[1]
    return counted(lambda: check_text(text, "template.yaml", Settings()))[1]


def template(routes: int) -> str:
    return HEAD + "".join(ROUTE.format(n=n) for n in range(routes))


@pytest.mark.parametrize("work", ["parse", "check"])
def test_work_grows_with_the_size(work: str) -> None:
    calls(work, template(1))  # what is imported and compiled once
    once, often = calls(work, template(ROUTES)), calls(work, template(ROUTES * TIMES))
    assert often < once * TIMES * 1.15, f"{TIMES} times the template is {often / once:.1f} times the work of {work}"


def test_the_example_is_checked_in_full() -> None:
    """A template that is skipped would be linear too."""
    report = check_text(template(ROUTES), "template.yaml", Settings())
    assert {"E9421", "E9433", "W9439"} & {finding.rule.id for finding in report.findings}
    assert report.error is None
    assert not report.internal
