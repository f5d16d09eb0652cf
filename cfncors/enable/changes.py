"""Step by step from what a template says to what is asked for.

A plan compares a front door with the wish and yields what is missing, each as one change. The changes that stand clear
of each other are made, the template is read again, and so on until the plan has nothing left to say: so each writer
sees the text as it is, and asking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.checks import CHECKS
from cfncors.checks.remedies import Edits
from cfncors.config import Settings
from cfncors.enable.asked import Asked
from cfncors.enable.target import names_of, target
from cfncors.errors import CannotEdit, UsageError
from cfncors.facts import Facts
from cfncors.findings import Finding
from cfncors.gateway import Model, build
from cfncors.gateway.model import Door
from cfncors.source import Edit, apply, parse
from cfncors.source.edit import overlap
from cfncors.template import load

#: A plan that is not at rest after this many rounds never will be; large APIs need one for each method.
_MOST_ROUNDS: Final = 1000


class Change(NamedTuple):
    """One step, said in a few words. ``replaces`` tells that something else was written there before."""

    what: str
    edits: Edits
    replaces: bool = False
    #: what identifies a rule's fix from one round to the next
    mends: tuple[object, ...] | None = None


Plan = Callable[[Model, Door, Asked], Iterator[Change]]


def read(text: str, name: str, settings: Settings) -> Model:
    """The model of a template's text. Raises :class:`UnreadableTemplate`, and :class:`UsageError` when it is none."""
    template = load(parse(text, name))
    if template is None:
        raise UsageError(f"{name} is no CloudFormation or SAM template")
    return build(template, settings)


def carry_out(
    text: str, name: str, logical_id: str, wish: Asked, plan: Plan, settings: Settings
) -> tuple[str, list[Change]]:
    """The text in which a front door does what is asked for, and what was changed. Raises :class:`CannotEdit` when
    some of it is written in another file."""
    made: list[Change] = []
    tried: set[tuple[object, ...] | None] = set()  # a fix whose finding comes back is left to the reader
    for _ in range(_MOST_ROUNDS):
        model = read(text, name, settings)
        door = target(model, logical_id)
        chosen = _clear(_planned(model, plan(model, door, wish))) or _clear(_fixes(Facts(model), door, tried))
        if not chosen:
            return text, made
        text = apply(text, dict.fromkeys(edit for change in chosen for edit in change.edits))
        made += chosen
        tried.update(change.mends for change in chosen)
    raise UsageError(f"{logical_id} does not come to rest; please report it with the template")


def _planned(model: Model, changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        file = _other_file(model, change.edits)
        if file is not None:
            raise CannotEdit(
                f"what it lacks belongs into {file}, and only the template is written; add there {change.what}"
            )
        yield change


def _other_file(model: Model, edits: Edits) -> str | None:
    """The file beside the template that edits belong to, if any."""
    return next((name for edit in edits if (name := model.template.document.name_of(edit.start)) is not None), None)


def _clear(changes: Iterable[Change]) -> list[Change]:
    """The changes whose edits stand clear of those before them; the others come in the next round."""
    taken: list[Edit] = []
    chosen = []
    for change in changes:
        new = [edit for edit in change.edits if edit not in taken]
        if new and not any(overlap(edit, other) for edit in new for other in taken):
            taken += new
            chosen.append(change)
    return chosen


def _fixes(facts: Facts, door: Door, tried: Container[tuple[object, ...] | None]) -> Iterator[Change]:
    """What the rules offer for this front door: safe fixes of what breaks or is very probably wrong."""
    for finding in findings(facts, door):
        fix = finding.fix
        if fix is None or fix.safety != "safe" or finding.rule.severity == "info":
            continue
        if _other_file(facts.model, fix.edits):
            continue
        key = (finding.rule.id, finding.message, *facts.template.document.path(finding.node))
        if key not in tried:
            yield Change(fix.title.removeprefix("add "), fix.edits, mends=key)


def findings(facts: Facts, door: Door) -> Iterator[Finding]:
    """What the rules say of a front door."""
    names = names_of(door)
    for _, check in CHECKS.values():
        for finding in check(facts):
            if finding.resources and finding.resources[0] in names:
                yield finding
