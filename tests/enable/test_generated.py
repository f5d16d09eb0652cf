"""``enable`` on every kind of front door, for generated templates and wishes: complete, proved, and nothing else."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
import yaml

import cfncors.enable.changes as changes
from cfncors.config import Settings
from cfncors.enable import Asked, enable_text
from cfncors.errors import UsageError
from cfncors.gateway import build
from cfncors.lint import check_text
from cfncors.report.enabled import Enabled
from cfncors.report.simulation import Route
from cfncors.source import Edit, apply, parse
from cfncors.template import load
from cfncors.verdicts import Options, simulate
from tests.enable.templates import KINDS, Kind, wish, written
from tests.gateway.translator import transformed

TIMES = 30


def enabled(name: str, seed: int) -> tuple[Kind, Asked, Enabled]:
    kind = KINDS[name]
    rng = Random(f"{name} {seed}")
    text = written(rng, kind.template(rng))
    asked = wish(rng, kind)
    return kind, asked, enable_text(text, f"{name}.yaml", kind.logical_id, asked, Settings())


def told(name: str, seed: int, asked: Asked, result: Enabled) -> str:
    return f"{name} {seed} {asked}\n{result.before}\n=====\n{result.after}"


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_left_and_every_page_passes(name: str, seed: int) -> None:
    kind, asked, result = enabled(name, seed)
    assert result.changed, told(name, seed, asked, result)
    report = check_text(result.after, "t", Settings())
    loud = [
        f"{each.finding.rule.id} {each.finding.message}"
        for each in report.placed
        if each.finding.rule.severity != "info"
    ]
    assert (loud, report.failed) == ([], False), told(name, seed, asked, result)
    for origin in ("https://page.example.net",) if asked.any_origin else asked.origins:
        for route in routes(result.after, origin, asked, kind):
            verdicts = {case.case: case.verdict for case in route.cases}
            assert verdicts["preflight"] in ("allowed", "not-needed"), (route, told(name, seed, asked, result))
            code = name.endswith("rest") or name == "sam-implicit"
            assert verdicts["success"] in (("allowed", "depends") if code else ("allowed",)), (route, result.after)
            assert verdicts["client-error"] == "allowed", (route, told(name, seed, asked, result))
            assert verdicts["server-error"] == "allowed", (route, told(name, seed, asked, result))


def routes(text: str, origin: str, asked: Asked, kind: Kind) -> list[Route]:
    template = load(parse(text, "t"))
    assert template is not None
    model = build(template)
    extra = tuple((header, "x") for header in asked.headers)
    visits = simulate(model, Options((origin,), asked.credentials, extra)).visits
    names = {kind.logical_id, f"{kind.logical_id}Url"}
    found = [route for visit in visits for route in visit.routes if route.api in names]
    assert found
    return found


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("name", KINDS)
def test_nothing_that_was_there_is_taken_away(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old text stands in the new one letter by letter: taking the insertions out gives it back."""
    states: list[tuple[str, tuple[Edit, ...]]] = []

    def recorded(text: str, edits: Any) -> str:
        states.append((text, tuple(sorted(edits))))
        return apply(text, states[-1][1])

    monkeypatch.setattr(changes, "apply", recorded)
    _, asked, result = enabled(name, seed)
    for text, edits in states:
        assert all(edit.start == edit.end for edit in edits), told(name, seed, asked, result)
        assert text == without(apply(text, edits), edits)
    assert states[0][0] == result.before
    holds(data(result.after), data(result.before))


def without(text: str, edits: tuple[Edit, ...]) -> str:
    """The text without what was inserted."""
    for edit in edits:
        text = text[: edit.start] + text[edit.start + len(edit.text) :]
    return text


def data(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else yaml.load(text, Loader=WithTags)


class WithTags(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


WithTags.add_multi_constructor("!", lambda loader, tag, node: {tag: node.value})


def holds(new: Any, old: Any) -> None:
    """All of ``old`` is in ``new``, at its place."""
    if isinstance(old, dict):
        for key, value in old.items():
            holds(new[key], value)
    elif isinstance(old, list):
        assert len(new) >= len(old)
        for one, other in zip(new, old, strict=False):
            holds(one, other)
    else:
        assert new == old


@pytest.mark.parametrize("seed", range(0, TIMES, 3))
@pytest.mark.parametrize("name", KINDS)
def test_asking_twice_changes_nothing(name: str, seed: int) -> None:
    kind, asked, result = enabled(name, seed)
    again = enable_text(result.after, "t", kind.logical_id, asked, Settings())
    assert (again.after, again.steps, again.done) == (result.after, (), True)


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("name", KINDS)
def test_another_wish_is_brought_in_line(name: str, seed: int) -> None:
    """A second wish, for other pages: what the first one left serves the second one's pages too."""
    kind, first, before = enabled(name, seed)
    asked = wish(Random(f"again {name} {seed}"), kind)
    if asked.any_origin and first.credentials and name != "bucket":
        with pytest.raises(UsageError, match="browsers refuse together with any origin"):
            enable_text(before.after, "t", kind.logical_id, asked, Settings())
        return
    result = enable_text(before.after, "t", kind.logical_id, asked, Settings())
    assert result.done, (result.steps, result.left.findings, told(name, seed, asked, result))
    assert not enable_text(result.after, "t", kind.logical_id, asked, Settings()).changed
    for origin in () if asked.any_origin else asked.origins:
        for route in routes(result.after, origin, asked, kind):
            if name != "bucket" or route.method in (asked.methods or ("GET", "HEAD")):
                assert not any(case.verdict == "blocked" for case in route.cases), (route, result.after)


@pytest.mark.parametrize("seed", range(TIMES))
@pytest.mark.parametrize("name", ["sam-rest", "sam-implicit", "sam-http", "sam-http-implicit", "url-config"])
def test_sam_takes_the_result(name: str, seed: int) -> None:
    _, asked, result = enabled(name, seed)
    deployed = transformed(result.after)
    assert asked.origins[0] in deployed
