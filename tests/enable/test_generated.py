"""``enable`` on every kind of front door, for generated templates and wishes: complete, proved, and nothing else."""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

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
from tests.shared import seed as salted

TIMES = 30


class Made(NamedTuple):
    """What a wish made of a template, and the splices on the way."""

    kind: Kind
    asked: Asked
    result: Enabled
    splices: tuple[tuple[str, tuple[Edit, ...]], ...]


@lru_cache(4)
def made(name: str, seed: int) -> Made:
    """Once for all properties."""
    kind = KINDS[name]
    rng = Random(salted(f"{name} {seed}"))
    text = written(rng, kind.template(rng))
    asked = wish(rng, kind)
    splices: list[tuple[str, tuple[Edit, ...]]] = []

    def recorded(text: str, edits: Any) -> str:
        splices.append((text, tuple(sorted(edits))))
        return apply(text, splices[-1][1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "apply", recorded)
        result = enable_text(text, f"{name}.yaml", kind.logical_id, asked, Settings())
    return Made(kind, asked, result, tuple(splices))


def enabled(name: str, seed: int) -> tuple[Kind, Asked, Enabled]:
    return made(name, seed)[:3]


def told(name: str, seed: int, asked: Asked, result: Enabled) -> str:
    return f"{name} {seed} {asked}\n{result.before}\n=====\n{result.after}"


def nothing_is_left_and_every_page_passes(name: str, seed: int) -> None:
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


def nothing_that_was_there_is_taken_away(name: str, seed: int) -> None:
    """The old text stands in the new one letter by letter: taking the insertions out gives it back."""
    _, asked, result, splices = made(name, seed)
    for text, edits in splices:
        assert all(edit.start == edit.end for edit in edits), told(name, seed, asked, result)
        assert text == without(apply(text, edits), edits)
    assert splices[0][0] == result.before
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


def asking_twice_changes_nothing(name: str, seed: int) -> None:
    kind, asked, result = enabled(name, seed)
    again = enable_text(result.after, "t", kind.logical_id, asked, Settings())
    assert (again.after, again.steps, again.done) == (result.after, (), True)


def another_wish_is_brought_in_line(name: str, seed: int) -> None:
    """A second wish, for other pages: what the first one left serves the second one's pages too."""
    kind, first, before = enabled(name, seed)
    asked = wish(Random(salted(f"again {name} {seed}")), kind)
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


def sam_takes_the_result(name: str, seed: int) -> None:
    _, asked, result = enabled(name, seed)
    deployed = transformed(result.after)
    assert asked.origins[0] in deployed


SAM = {"sam-rest", "sam-implicit", "sam-http", "sam-http-implicit", "url-config"}
SEEDS_OF_A_TEST = 5


@pytest.mark.generated
@pytest.mark.parametrize("first", range(0, TIMES, SEEDS_OF_A_TEST))
@pytest.mark.parametrize("name", KINDS)
def test_a_wish_comes_true(name: str, first: int) -> None:
    """All properties of all seeds are tried, and those that do not hold are named."""
    broken: list[Exception] = []
    for seed in range(first, first + SEEDS_OF_A_TEST):
        tried = [nothing_is_left_and_every_page_passes, nothing_that_was_there_is_taken_away]
        tried += [another_wish_is_brought_in_line]
        tried += [asking_twice_changes_nothing] if seed % 3 == 0 else []
        tried += [sam_takes_the_result] if name in SAM else []
        for holds_now in tried:
            try:
                holds_now(name, seed)
            except Exception as error:
                error.add_note(f"{name} {seed}: {holds_now.__name__.replace('_', ' ')}")
                broken.append(error)
    if broken:
        raise ExceptionGroup(f"does not hold: {', '.join(error.__notes__[-1] for error in broken)}", broken)
