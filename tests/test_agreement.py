"""One judge, seen from outside: what the commands say of one template agrees.

The statement (C): where ``simulate`` exits with 1, ``check`` does too. Over every template at hand: those of the
fixtures, and the real and rebuilt ones that lie beside a checkout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from cfncors import lint
from cfncors.cli.exits import FINDINGS
from cfncors.cli.output import report_code
from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.findings import Finding
from cfncors.lint import Checked, examine
from cfncors.refused import refused
from cfncors.report.simulation import Simulation
from cfncors.source import decode
from cfncors.suppress import Remark
from cfncors.template import Template
from cfncors.verdicts import options, simulate
from scripts.golden import cases
from tests.conftest import Note
from tests.shared import ROOT, SHARED, corpus, fixtures, sam_cases

_ENDINGS: Final = frozenset((".yaml", ".yml", ".json", ".template"))
#: Folders that name no template of their own in files like these.
_OTHERS: Final = frozenset(("node_modules", "package.json", "tsconfig.json", "cdk.json", "schema.json"))
#: Templates that name devices and pipes, which are read for ever.
_ENDLESS: Final = "faults-02-device-and-fifo-reads"


class Input(NamedTuple):
    """A template with the settings that it is looked at with."""

    path: Path
    settings: Settings = Settings()

    @property
    def name(self) -> str:
        """The path from the checkout, or from beside it."""
        return self.path.relative_to(ROOT if self.path.is_relative_to(ROOT) else SHARED).as_posix()


class Seen(NamedTuple):
    """What the commands find in a template, each thing worked out once."""

    input: Input
    checked: Checked
    simulation: Simulation

    @property
    def exchanges(self) -> int:
        """How many answers were judged."""
        visits = self.simulation.visits
        return sum(len(case.replies) for visit in visits for route in visit.routes for case in route.cases)


def _rules(digits: str) -> Callable[[], list[Input]]:
    return lambda: [Input(case.path, case.settings) for case in cases() if case.rule[1:].startswith(digits)]


def _others() -> list[Input]:
    found = (path for path in fixtures() if not path.is_relative_to(ROOT / "fixtures" / "rules"))
    return [Input(path) for path in found if _OTHERS.isdisjoint(path.parts)]


def _beside(name: str) -> Callable[[], list[Input]]:
    folder = SHARED / name

    def found() -> list[Input]:
        paths = sorted(folder.rglob("*")) if folder.is_dir() else []
        templates = [p for p in paths if p.suffix in _ENDINGS and _OTHERS.isdisjoint(p.parts) and p.is_file()]
        return [Input(path) for path in templates if _ENDLESS not in path.parts]

    return found


#: Group -> its templates; none where their folder is not there.
INPUTS: Final[dict[str, Callable[[], list[Input]]]] = {
    **{f"rules-{digits}x": _rules(digits) for digits in sorted({case.rule[1:4] for case in cases()})},
    "other-fixtures": _others,
    "corpus": lambda: [Input(path) for path in corpus()],
    "sam-cases": lambda: [Input(path) for path in sam_cases()],
    "field-cases": _beside("field-cases"),
    "framework-templates": _beside("framework-templates"),
}


def seen(inputs: list[Input]) -> Iterator[Seen]:
    """What the commands find in each template that can be read, with the same options; the other files are passed
    over."""
    for each in inputs:
        try:
            text = decode(each.path.read_bytes())
        except UnreadableTemplate:
            continue
        checked = examine(text, str(each.path), each.settings)
        assert not checked.report.internal, each.name
        facts = checked.facts
        if facts is None:
            continue
        asked = options(credentials=each.settings.credentials, configured=each.settings.origin)
        gone = refused(facts, str(each.path), asked)
        yield Seen(each, checked, simulate(facts.model, asked, each.name, facts.functions, gone))


@pytest.fixture
def _unsuppressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suppressions take findings away and leave the exchanges as they are: here none counts."""

    def nothing(template: Template, findings: Iterable[Finding], *_: object) -> tuple[list[Finding], list[Remark]]:
        del template
        return list(findings), []

    monkeypatch.setattr(lint, "suppress", nothing)


@pytest.mark.usefixtures("_unsuppressed")
@pytest.mark.parametrize("group", INPUTS)
def test_where_simulate_exits_with_1_check_does_too(group: str, note: Note) -> None:
    inputs = INPUTS[group]()
    if not inputs:
        pytest.skip(f"the folder of {group} is not beside this checkout")
    silent, templates, exchanges = [], 0, 0
    for each in seen(inputs):
        templates += 1
        exchanges += each.exchanges
        if each.simulation.blocked and report_code(each.checked.report) != FINDINGS:
            silent.append(each.input.name)
    note(f"{group}: {templates} templates with {exchanges} exchanges compared")
    assert silent == []
