"""No code reads English: with other words in every text for people, all verdicts, findings and fixes stay as they are.

Each text is replaced by another one that is made from it, so that different texts stay different. Once that is a word
without meaning; once it holds the very words that decisions were read from before, so that whoever looks for one of
them finds it everywhere.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from cfncors import errors
from cfncors.browser import exchange, serialised
from cfncors.checks import CHECKS
from cfncors.config import Settings
from cfncors.enable import changes
from cfncors.findings import Finding, Fix, Says
from cfncors.fix import fix_file
from cfncors.gateway import answer, policy
from cfncors.handlers import model as handlers
from cfncors.handlers import syntax
from cfncors.handlers import values as code
from cfncors.lint import examine
from cfncors.report import simulation
from cfncors.source import decode
from cfncors.suppress import Remark
from cfncors.template import Unknown, load, values
from cfncors.verdicts import simulate
from tests.handlers.cases import LANGUAGES, cases
from tests.shared import ROOT

#: Every text for people that a value carries on its way to a verdict, a finding or a fix.
TEXTS: Final[dict[type, tuple[str, ...]]] = {
    code.Unknown: ("reason",),
    syntax.Opaque: ("reason",),
    handlers.Handler: ("reasons",),
    handlers.Skipped: ("reason",),
    syntax.NotRead: ("",),
    Unknown: ("reason",),
    policy.Policy: ("what",),
    answer.Undecided: ("text",),
    answer.Sent: ("why", "doubt"),
    answer.Answer: ("what", "open", "doubts", "decides"),
    exchange.Failure: ("reason",),
    exchange.Verdict: ("reason",),
    serialised.Problem: ("reason",),
    serialised._Fault: ("reason",),
    simulation.Reply: ("what", "reason", "doubts"),
    simulation.Case: ("reason",),
    simulation.Incomplete: ("reason",),
    Fix: ("title",),
    Finding: ("no_fix", "message"),
    Says: ("text",),
    Remark: ("message",),
    changes.Change: ("what",),
    errors.CannotEdit: ("",),
}

#: What code once looked for in such texts.
_ONCE_READ: Final = (
    "changed by a field set elsewhere: does not forward the status of Api ; parameter Site has no default; add it"
)


def _number(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def without_meaning(text: str) -> str:
    return f"zq{_number(text).translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def with_all_meanings(text: str) -> str:
    return f"{_ONCE_READ} {_number(text)}"


TONGUES: Final = (without_meaning, with_all_meanings)
each_tongue = pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.__name__)


class Translated:
    """Puts other words in the place of texts wherever a value that holds one is made."""

    def __init__(self, tongue: Callable[[str], str]) -> None:
        self.tongue = tongue
        self.made: set[str] = set()

    def change(self, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(self.change, value))
        if not isinstance(value, str) or not value or value in self.made:
            return value  # an empty text says nothing, and is asked for that
        word = self.tongue(value)
        self.made.add(word)
        return word

    def given(self, names: tuple[str, ...], texts: tuple[str, ...], args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arguments by place, with the texts among them changed."""
        return tuple(self.change(value) if name in texts else value for name, value in zip(names, args, strict=False))

    def named(self, texts: tuple[str, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return {name: self.change(value) if name in texts else value for name, value in kwargs.items()}

    def patch(self, patch: pytest.MonkeyPatch, made: Any, texts: tuple[str, ...]) -> None:
        """Change the texts of a class, whether it is a NamedTuple, a dataclass or an error."""
        if issubclass(made, Exception):
            change = self.change
            patch.setattr(made, "__init__", lambda self, *args: Exception.__init__(self, *map(change, args)))
        elif is_dataclass(made):
            self._patch_dataclass(patch, made, texts)
        else:
            self._patch_tuple(patch, made, texts)

    def _patch_dataclass(self, patch: pytest.MonkeyPatch, made: Any, texts: tuple[str, ...]) -> None:
        names = tuple(each.name for each in fields(made))
        usual = {each.name: each.default for each in fields(made) if each.name in texts}
        init = made.__init__

        def initialised(self_: Any, *args: Any, **kwargs: Any) -> None:
            left = {name: value for name, value in usual.items() if name not in names[: len(args)]}
            init(self_, *self.given(names, texts, args), **self.named(texts, {**left, **kwargs}))

        patch.setattr(made, "__init__", initialised)

    def _patch_tuple(self, patch: pytest.MonkeyPatch, made: Any, texts: tuple[str, ...]) -> None:
        assert set(texts) <= set(made._fields), f"{made.__name__} has no such text"
        new, replace = made.__new__, made._replace

        def created(cls: Any, *args: Any, **kwargs: Any) -> Any:
            return new(cls, *self.given(made._fields, texts, args), **self.named(texts, kwargs))

        patch.setattr(made, "__new__", staticmethod(created))
        patch.setattr(made, "_replace", lambda self_, **kwargs: replace(self_, **self.named(texts, kwargs)))


@contextmanager
def translated(tongue: Callable[[str], str]) -> Iterator[Translated]:
    """While it lasts, all texts are others; what was kept from before is forgotten, at the end as well."""
    words = Translated(tongue)
    with pytest.MonkeyPatch.context() as patch:
        _forget()
        for made, texts in TEXTS.items():
            words.patch(patch, made, texts)
        yield words
    _forget()


def _forget() -> None:
    for name, module in tuple(sys.modules.items()):
        if name.partition(".")[0] == "cfncors":
            for kept in tuple(vars(module).values()):
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


# -- what must not change ---------------------------------------------------------------------------------------------


def seen(path: Path) -> dict[str, Any]:
    """All of a template that is no text for people: findings, exchanges, and what the fixes make of it."""
    settings = Settings()
    checked = examine(decode(path.read_bytes()), str(path), settings)
    found = [
        ((each.finding.rule.id, each.file, each.start, each.end, _fix(each)), _about(each.finding))
        for each in checked.report.placed
    ]
    fixed = fix_file(str(path), settings, unsafe=True)
    return {
        "failed": (checked.report.failed, checked.report.skipped),
        "findings": sorted(found, key=repr),  # those of one rule at one place are shown in the order of their words
        "exchanges": [] if checked.model is None else _exchanges(simulate(checked.model)),
        "fixed": fixed.after,
        "beside": [(each.name, each.after) for each in fixed.beside],
        "made": [each.rule.id for each in fixed.applied],
        "held": [(each.placed.finding.rule.id, each.placed.start, each.refused) for each in fixed.held],
        "left": [(each.finding.rule.id, each.start) for each in fixed.report.placed],
    }


def _about(finding: Finding) -> object:
    return finding.resources, finding.paths, finding.exchanges, finding.deployments


def _fix(each: Any) -> object:
    fix = each.finding.fix
    return (fix.safety, fix.edits) if fix is not None else each.finding.no_fix is not None


def _exchanges(found: simulation.Simulation) -> list[object]:
    return [
        ((visit.origin, visit.credentials, route.api, route.name, case.case, case.verdict, case.sent), _case(case))
        for visit in found.visits
        for route in visit.routes
        for case in route.cases
    ]


def _case(case: simulation.Case) -> object:
    return case.assumes, case.when, case.console, tuple(map(_reply, case.replies))


def _reply(reply: simulation.Reply) -> object:
    says = reply.console, reply.fault, reply.assumption, len(reply.doubts)
    return reply.kind, reply.status, reply.verdict, reply.headers, reply.confidence, says


def _templates() -> list[Path]:
    """A fair sample: each rule once in each dialect's first variant, whole projects, other dialects, right ones."""
    rules = ROOT / "fixtures" / "rules"
    first = [next(iter(sorted(rules.glob(f"{rule}-*.fail.yaml"))), None) for rule in sorted(CHECKS) if rule != "E9490"]
    more = [*sorted(rules.glob("W9474-*.fail.yaml")), *sorted(rules.glob("E942[13]-*.fail.yaml"))[::3]]
    folders = ("functions", "tutorials", "simulate", "right", "beside")
    projects = [path for folder in folders for path in sorted((ROOT / "fixtures" / folder).rglob("*.yaml"))]
    services = sorted((ROOT / "fixtures" / "serverless").glob("*/serverless.*"))
    written = sorted((ROOT / "fixtures" / "cdk").rglob("*.template.json"))
    found = [*(path for path in first if path is not None), *more, *projects, *services, *written]
    return [path for path in dict.fromkeys(found) if "fixed" not in path.parts]


@cache
def _plainly() -> dict[Path, dict[str, Any]]:
    return {path: seen(path) for path in _templates()}


@each_tongue
def test_templates_are_judged_and_mended_alike_whatever_the_words(tongue: Callable[[str], str]) -> None:
    plainly = _plainly()
    with translated(tongue) as words:
        for path, before in plainly.items():
            after = seen(path)
            for what, value in before.items():
                assert after[what] == value, f"{what} of {path} hang on the wording of a text"
    assert len(words.made) > 500, "the texts were not replaced"
    assert any(before["exchanges"] for before in plainly.values())
    assert any(before["made"] for before in plainly.values())


def _followed() -> dict[tuple[str, str], handlers.Handler]:
    found = {(language, case.name): case.handler() for language in LANGUAGES for case in cases(language)}
    return {key: handler._replace(reasons=()) for key, handler in found.items()}


@each_tongue
def test_code_is_followed_alike_whatever_the_words(tongue: Callable[[str], str]) -> None:
    plainly = _followed()
    with translated(tongue) as words:
        assert _followed() == plainly
    assert len(words.made) > 20, "the texts were not replaced"


# -- what was once decided by words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "sends"),
    [("tweak(headers);", "sometimes"), ("", "always"), ("console.log(headers);", "always")],
)
def test_a_header_that_unknown_code_may_take_away_is_sent_sometimes(call: str, sends: str) -> None:
    handler = handlers_of(
        "import { tweak } from 'tweaks';\n"
        "export const handler = async () => {\n"
        "  const headers = { 'Access-Control-Allow-Origin': '*' };\n"
        f"  {call}\n"
        "  return { statusCode: 200, headers };\n"
        "};\n"
    )
    assert [each.sends("access-control-allow-origin") for each in handler.responses] == [sends]


def handlers_of(text: str) -> handlers.Handler:
    from cfncors.handlers import Source, responses

    found = responses(Source("/nowhere/index.mjs", text, "javascript", "handler", "/nowhere"))
    assert isinstance(found, handlers.Handler), found
    return found


@pytest.mark.parametrize(
    ("written", "kind", "parameter"),
    [
        ("!Ref Site", "PARAMETER", "Site"),
        ("!Sub 'https://${Site}'", "PARAMETER", "Site"),
        ("!Join ['', ['https://', !Ref Kept]]", "SSM_PARAMETER", "Kept"),
        ("!Ref AWS::Region", "PSEUDO_PARAMETER", None),
        ("!Sub '${AWS::Region}.${Site}'", "PSEUDO_PARAMETER", None),
        ("!GetAtt Bucket.Arn", "RESOURCE", None),
        ("!Ref Bucket", "RESOURCE", None),
        ("!ImportValue other", "IMPORT", None),
        ("!Base64 x", "FUNCTION", None),
        ("!Select [0, !Ref Site]", "OPERAND", None),
        ("!If [a, b]", "FORM", None),
        ("[a]", "FORM", None),
    ],
)
def test_an_unknown_value_says_its_kind_and_the_parameter_that_decides_it(
    written: str, kind: str, parameter: str | None
) -> None:
    found = template(written)
    value = found.value(found.resources["It"].get("Value"))
    assert isinstance(value, Unknown)
    assert (value.kind, value.parameter) == (values.UnknownKind[kind], parameter)


def template(written: str) -> Any:
    from cfncors.source import parse

    found = load(
        parse(
            "AWSTemplateFormatVersion: '2010-09-09'\n"
            "Parameters: {Site: {Type: String}, Kept: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}}\n"
            "Resources:\n  Bucket: {Type: AWS::S3::Bucket}\n"
            f"  It: {{Type: Custom::It, Properties: {{Value: {written}}}}}\n",
            "t.yaml",
        )
    )
    assert found is not None
    return found
