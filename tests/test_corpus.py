"""Every real template: check and fix stand it, change only what they say, and no tool finds it worse."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

import cfncors.fix
from cfncors.browser import Fault
from cfncors.config import Settings
from cfncors.findings import Finding
from cfncors.lint import Checked, check_text, examine
from cfncors.proof import compare
from cfncors.report import FixResult
from cfncors.shared import new_findings
from cfncors.source import Edit, apply, decode, parse
from cfncors.template import load
from tests.conftest import Note
from tests.gateway.translator import TransformRefused, transformed
from tests.mutation.twin import CATCH_ALL
from tests.programs import cfn_lint, run
from tests.shared import corpus, needs_shared
from tests.source.trees import data

WILDCARD = Fault.WILDCARD_WITH_CREDENTIALS
#: Ways to run ``fix``.
MODES: dict[str, tuple[Settings, bool]] = {
    "safe": (Settings(), False),
    "unsafe": (Settings(), True),
    "unsafe, origin and credentials given": (Settings(origin="https://app.example.com", credentials=True), True),
}
TEMPLATES = corpus()
#: cfn-lint up to 1.53 transforms an API without Cors and Auth with a DefinitionUri of its own making, beside which the
#: translator refuses GatewayResponses. Deployed, there is none: the translator itself takes these templates (below).
STAND_IN = "GatewayResponses works only with inline Swagger specified in 'DefinitionBody' property."

pytestmark = needs_shared
every_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
every_mode = pytest.mark.parametrize("mode", MODES)


class Pass(NamedTuple):
    """One splice that the fix engine tried."""

    before: str
    edits: tuple[Edit, ...]
    after: str


class Run(NamedTuple):
    """What a fix gave, and the splices on the way."""

    result: FixResult
    tried: tuple[Pass, ...]

    def taken(self) -> Iterator[Pass]:
        """The splices that lead from the text before to the text after, the last one first."""
        text = self.result.after
        for one in reversed(self.tried):
            if one.after == text and one.before != text:
                yield one
                text = one.before
        assert text == self.result.before


@cache
def text_of(path: Path) -> str:
    return decode(path.read_bytes())


@cache
def fixed(path: Path, mode: str) -> Run:
    """A template after ``fix``, once for all tests."""
    settings, unsafe = MODES[mode]
    tried: list[Pass] = []

    def recording(text: str, edits: Iterable[Edit]) -> str:
        made = list(edits)
        after = apply(text, made)
        tried.append(Pass(text, tuple(made), after))
        return after

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cfncors.fix, "apply", recording)
        result = cfncors.fix.fix_text(text_of(path), path.name, settings, unsafe)
    return Run(result, tuple(tried))


def changed(mode: str) -> list[Path]:
    return [path for path in TEMPLATES if fixed(path, mode).result.changed]


def test_the_real_templates_are_there() -> None:
    assert len(TEMPLATES) >= 40
    assert len(changed("safe")) >= 20
    assert len(changed("unsafe")) >= len(changed("safe"))


@every_template
def test_reading_keeps_every_byte(path: Path) -> None:
    content = path.read_bytes()
    document = parse(decode(content), path.name)
    assert document.text.encode() == content
    assert apply(document.text, []) == document.text


@every_template
def test_check_stands_it(path: Path) -> None:
    report = check_text(text_of(path), path.name, Settings())
    assert report.error is None
    assert report.internal == ()
    for placed in report.placed:
        node = placed.finding.node
        assert 0 <= node.start < node.end <= len(text_of(path)), placed.finding
        assert (placed.start.line, placed.start.column) != (1, 1), placed.finding


@every_mode
@every_template
def test_fix_leaves_nothing_worse(path: Path, mode: str) -> None:
    result = fixed(path, mode).result
    assert result.report.error is None
    assert result.report.internal == ()
    settings, unsafe = MODES[mode]
    before, after = (examine(text, path.name, settings) for text in (result.before, result.after))
    new = [placed.finding for placed in new_findings(before.report, after.report)]
    assert [finding.message for finding in new if not is_known(finding, result, before, after)] == []
    assert result.changed == bool(result.applied)
    again = cfncors.fix.fix_text(result.after, path.name, settings, unsafe)
    assert again.after == result.after
    refused = [held for held in result.held if held.refused]
    assert [held.reason for held in refused if not is_no_use(held.placed.finding, settings, after)] == []


def is_known(finding: Finding, result: FixResult, before: Checked, after: Checked) -> bool:
    """Whether a finding after a fix is one that the fixed rule's docs foretell, or about exchanges that were blocked
    before, too, and that no rule explains any more."""
    if any(applied.rule.id in finding.rule.follows for applied in result.applied):
        return True
    assert before.facts is not None
    assert after.facts is not None
    return finding.rule.id in CATCH_ALL and compare(before.facts, after.facts).were_blocked(finding.exchanges)


def is_no_use(finding: Finding, settings: Settings, after: Checked) -> bool:
    """Whether a fix copies the API's own ``*``, which does not count for the pages that send credentials."""
    matrix = after.facts.matrix if after.facts is not None else None
    wild = {e.asked.door for e in matrix.exchanges() if e.reply.fault is WILDCARD} if matrix is not None else set()
    return settings.credentials is True and finding.resources[0] in wild


@every_mode
@every_template
def test_only_the_declared_lines_change(path: Path, mode: str) -> None:
    for one in fixed(path, mode).taken():
        touched = {number for edit in one.edits for number in lines_of(one.before, edit)}
        kept = [line for number, line in enumerate(one.before.split("\n")) if number not in touched]
        after = iter(one.after.split("\n"))
        lost = [line for line in kept if line not in after]  # each is looked for behind the one before
        assert lost == []


def lines_of(text: str, edit: Edit) -> range:
    """The lines (from 0) that an edit may change: none when it only adds lines above or below one."""
    first = text.count("\n", 0, edit.start)
    if edit.start == edit.end:
        above = text[edit.start - 1 : edit.start] in ("\n", "") and edit.text.endswith("\n")
        below = text[edit.start : edit.start + 1] in ("\r", "\n", "") and edit.text.startswith(("\r", "\n"))
        return range(0) if above or below else range(first, first + 1)
    return range(first, text.count("\n", 0, edit.end) + 1)


@every_mode
@every_template
def test_ruamel_sees_the_same_comments(path: Path, mode: str) -> None:
    result = fixed(path, mode).result
    if result.changed and parse(result.before, path.name).format == "yaml":
        assert comments(result.after) == comments(result.before)


def comments(text: str) -> list[str]:
    """The comments in the order of the file, as ruamel.yaml's scanner sees them."""
    found: list[str] = []
    for token in YAML().scan(text.removeprefix("\ufeff")):
        for place in getattr(token, "_comment", None) or ():
            for comment in place if isinstance(place, list) else [place]:
                if comment is not None:
                    found += [line.strip() for line in comment.value.split("\n") if line.strip()]
    return found


@every_mode
def test_fixed_sam_templates_still_translate(mode: str, note: Note) -> None:
    translated = 0
    for path in changed(mode):
        result = fixed(path, mode).result
        template = load(parse(result.before, path.name))
        if template is None or not template.is_sam:
            continue
        try:
            transformed(result.before)
        except TransformRefused:
            continue
        transformed(result.after)  # raises when the translator refuses it
        translated += 1
    note(f"{translated} fixed SAM templates translate as before")
    assert translated >= 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "version",
    [pytest.param(v, marks=pytest.mark.xdist_group(f"cfn-lint {v}")) for v in ("oldest", "newest")],
)
def test_cfn_lint_has_no_new_error(version: Any, tmp_path: Path, note: Note) -> None:
    paths = [path for path in changed("safe") if "service" not in data(parse(text_of(path), path.name).root)]
    modes = ("before", "safe", "unsafe")
    for mode in modes:
        (tmp_path / mode).mkdir()
        for path in paths:
            result = fixed(path, "safe" if mode == "before" else mode).result
            text = result.before if mode == "before" else result.after
            (tmp_path / mode / path.name).write_bytes(text.encode())
    files = [f"{mode}/{path.name}" for mode in modes for path in paths]
    done = run(cfn_lint(version), "-f", "json", "-t", *files, cwd=tmp_path)
    assert "Traceback" not in done.stderr, done.stderr
    errors: dict[str, Counter[tuple[str, str, str]]] = {mode: Counter() for mode in modes}
    for match in json.loads(done.stdout or "[]"):
        mode, _, name = match["Filename"].partition("/")
        message = match["Message"].partition(" is not one of [")[0]  # what follows lists every logical id
        if match["Level"] == "Error" and not message.endswith(STAND_IN):
            errors[mode][name, match["Rule"]["Id"], message] += 1
    note(f"cfn-lint {version}: {len(paths)} templates fixed, {errors['before'].total()} errors before and after")
    assert errors["safe"] - errors["before"] == Counter()
    assert errors["unsafe"] - errors["before"] == Counter()


# -- what the templates are known to lack ------------------------------------------------------------------------------


def test_who_configures_cors_without_both_defaults_is_told(note: Note) -> None:
    told = 0
    for path in TEMPLATES:
        plain = data(parse(text_of(path), path.name).root)
        names = set(re.findall(r"DEFAULT_[45]XX", text_of(path)))
        if not configures_cors(plain) or names == {"DEFAULT_4XX", "DEFAULT_5XX"}:
            continue
        found = {finding.rule.id for finding in check_text(text_of(path), path.name, Settings()).findings}
        assert "E9421" in found, path.name
        told += 1
    note(f"{told} real templates configure CORS on a REST API and lack the gateway responses")
    assert told >= 12


def configures_cors(plain: Any) -> bool:
    """Whether a template has SAM's ``Cors`` on a REST API, or an OPTIONS method, found without our model."""
    resources = plain.get("Resources") if isinstance(plain, dict) else None
    if not isinstance(resources, dict) or "service" in plain:
        return False
    made = [one for one in resources.values() if isinstance(one, dict)]
    shared = (plain.get("Globals") or {}).get("Api") or {}
    apis = [one.get("Properties") or {} for one in made if one.get("Type") == "AWS::Serverless::Api"]
    apis = [api for api in apis if "Fn::Transform" not in (api.get("DefinitionBody") or {})]  # what it has is not known
    events = [
        event
        for one in made
        if one.get("Type") == "AWS::Serverless::Function"
        for event in ((one.get("Properties") or {}).get("Events") or {}).values()
        if event.get("Type") == "Api"
    ]
    if any(api.get("Cors") for api in apis) or ((apis or events) and shared.get("Cors")):
        return True
    verbs = [
        (one.get("Properties") or {}).get("HttpMethod") for one in made if one["Type"] == "AWS::ApiGateway::Method"
    ]
    return "OPTIONS" in verbs
