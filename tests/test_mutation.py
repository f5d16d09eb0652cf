"""Each fault put into a right template is found at its place by exactly its rule, and its fix brings the meaning back.

The twins are our own right templates and, in place, real ones: as they are, and after all their fixes, since few are
right as they are and so few admit a fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import islice, pairwise
from random import Random
from typing import Any, NamedTuple

import pytest

from cfncors.checks import CHECKS
from cfncors.config import Settings
from cfncors.findings import Explained
from cfncors.fix import fix_text
from cfncors.lint import check_text
from cfncors.source import apply
from tests.conftest import Note
from tests.mutation import gateway_faults, preflight_faults, response_faults, value_faults
from tests.mutation.fault import FAULTS, Mutant
from tests.mutation.meaning import meaning
from tests.mutation.twin import CATCH_ALL, Spot, Twin, as_they_are, mended, right, spots
from tests.shared import needs_shared, seed

FAMILIES = (gateway_faults, preflight_faults, response_faults, value_faults)
RULES = sorted({fault.rule for fault in FAULTS}, key=lambda rule: rule[1:])


class Least(NamedTuple):
    """In our own right templates, in real ones after their fixes, in real ones as they are."""

    ours: int
    mended: int = 0
    real: int = 0


#: How many mutants there must be at least, in our templates and in real ones: with fewer nothing would be shown.
LEAST = {
    "E9411": Least(120, 125, 40),
    "E9413": Least(40, 40, 8),
    "E9414": Least(33, 23, 13),
    "E9415": Least(160, 190),
    "E9416": Least(6, 2, 2),
    "E9421": Least(50, 70),
    "E9423": Least(19, 20),
    "W9424": Least(27, 27),
    "W9425": Least(24, 32),
    "E9426": Least(28, 28, 2),
    "W9430": Least(1),
    "E9431": Least(2),
    "E9432": Least(22, 14, 10),
    "E9433": Least(17, 4, 4),
    "E9434": Least(27, 15, 4),
    "E9435": Least(2),
    "E9436": Least(14, 8, 6),
    "W9437": Least(65, 85, 5),
    "W9439": Least(12, 13, 6),
    "E9442": Least(100, 150, 36),
    "E9443": Least(15),
    "E9461": Least(4, 2),
}

#: Rules whose findings no single change of these templates makes.
WITHOUT_FAULTS = {
    "W9422": "it is about APIs without CORS",
    "W9429": "it is about APIs whose only CORS is on gateway responses",
    "E9412": "of a REST API it speaks in serverless.yml only, where events have lists",
    "E9441": "the values that it refuses are in tests/test_strictness.py",
    "E9462": "it speaks of code, see tests/test_functions.py",
    "E9464": "it speaks of code, see tests/test_functions.py",
    "E9466": "it speaks of state machines, which have no right way",
}


@cache
def meaning_of_fixed(text: str, name: str, origin: str | None, unsafe: bool) -> dict[str, Any]:
    return meaning(fix_text(text, name, Settings(origin=origin), unsafe).after, name)


def mutants(rule: str, twins: Iterable[Twin]) -> list[Mutant]:
    """The mutants of a rule. A real template that already has a finding at the place does not admit the fault."""
    made = [mutant for twin in twins for fault in FAULTS if fault.rule == rule for mutant in fault.mutants(twin)]
    return [
        mutant for mutant in made if mutant.twin.is_fixture or not _places(mutant.found) & _places(mutant.twin.spots)
    ]


def _places(found: Iterable[Spot]) -> set[tuple[tuple[str | int, ...], bool]]:
    return {(spot.path, spot.is_key) for spot in found}


def survival(mutant: Mutant) -> str | None:
    """Why a mutant is not killed, or ``None``."""
    twin = mutant.twin
    report = check_text(mutant.text, twin.name, Settings(origin=mutant.origin))
    if report.error is not None:
        return f"it cannot be read: {report.error}"
    new = spots(report)
    added, gone = new - twin.spots, twin.spots - new
    if sorted(added.elements()) != sorted(mutant.found) or gone:
        return f"found {sorted(added.elements())}, not {list(mutant.found)}; gone {sorted(gone.elements())}"
    return None if mutant.fix is None else _other_meaning(mutant)


def _other_meaning(mutant: Mutant) -> str | None:
    name, unsafe = mutant.twin.name, mutant.fix == "unsafe"
    result = fix_text(mutant.text, name, Settings(origin=mutant.origin), unsafe)
    if not result.changed:
        return f"nothing was fixed: {[held.reason for held in result.held]}"
    # What is wrong with a real template besides is mended in both.
    wanted, got = meaning_of_fixed(mutant.mended, name, mutant.origin, unsafe), meaning(result.after, name)
    return None if wanted == got else f"fixed, it means something else:\n{wanted}\n{got}"


def assert_killed(rule: str, twins: Iterable[Twin], least: int, note: Note) -> None:
    made = mutants(rule, twins)
    survivors = [
        f"{mutant.twin.name}: {mutant.what}: {why}" for mutant in made if (why := survival(mutant)) is not None
    ]
    killed = len(made) - len(survivors)
    if made:
        note(f"{killed}/{len(made)} mutants killed")
    assert survivors == [], "\n".join(survivors)
    assert killed >= least


@pytest.mark.parametrize("twin", right(), ids=lambda twin: twin.name)
def test_nothing_is_said_about_a_right_template(twin: Twin) -> None:
    report = check_text(twin.text, twin.name, Settings())
    assert report.error is None
    assert [(each.finding.rule.id, each.finding.message) for each in report.placed] == []
    for unsafe in (False, True):
        assert fix_text(twin.text, twin.name, Settings(), unsafe).after == twin.text


@pytest.mark.parametrize("rule", RULES)
def test_faults_in_our_templates(rule: str, note: Note) -> None:
    assert_killed(rule, right(), LEAST[rule].ours, note)


@needs_shared
@pytest.mark.parametrize("rule", RULES)
def test_faults_in_mended_real_templates(rule: str, note: Note) -> None:
    assert_killed(rule, mended(), LEAST[rule].mended, note)


@needs_shared
@pytest.mark.parametrize("rule", RULES)
def test_faults_in_real_templates_as_they_are(rule: str, note: Note) -> None:
    assert_killed(rule, as_they_are(), LEAST[rule].real, note)


#: How many mutants of a rule are looked at without it.
MUTANTS_WITHOUT_RULE = 6
EXCHANGE_RULES = [rule for rule in RULES if CHECKS[rule][0].about == "exchange"]


@pytest.mark.parametrize("rule", EXCHANGE_RULES)
def test_a_fault_is_found_without_its_rule_too(rule: str, monkeypatch: pytest.MonkeyPatch, note: Note) -> None:
    """The exchanges that a rule alone explains in a mutant are reported by the catch-all rules when it is taken out."""
    made = mutants(rule, right())
    some = Random(rule).sample(made, min(MUTANTS_WITHOUT_RULE, len(made)))
    alone = [_explained(mutant, {rule}) - _explained(mutant, CHECKS.keys() - {rule}) for mutant in some]
    monkeypatch.delitem(CHECKS, rule)
    missed = [m.what for m, own in zip(some, alone, strict=True) if not own <= _explained(m, CATCH_ALL)]
    note(f"{sum(map(len, alone))} exchanges of {len(some)} mutants found without the rule")
    assert missed == []
    assert any(alone)


def _explained(mutant: Mutant, rules: Iterable[str]) -> set[Explained]:
    """The exchanges that the findings of some rules explain."""
    findings = check_text(mutant.text, mutant.twin.name, Settings(origin=mutant.origin)).findings
    return {exchange for each in findings if each.rule.id in rules for exchange in each.exchanges}


PAIRS_OF_A_TEMPLATE = 60


@pytest.mark.generated
@pytest.mark.parametrize("twin", right(), ids=lambda twin: twin.name)
def test_two_faults_at_once_are_mended_too(twin: Twin, note: Note) -> None:
    """Whatever two faults meet: neither fix copies the other's fault, or leaves what only shows when it is gone."""
    random = Random(seed(twin.name))
    faults = [mutant for fault in FAULTS for mutant in fault.mutants(twin)]
    faults = [mutant for mutant in faults if mutant.fix is not None and len(mutant.found) == 1 and not mutant.origin]
    wrong = []
    tried = 0
    pairs = filter(_are_two_faults, (random.sample(faults, 2) for _ in range(20 * PAIRS_OF_A_TEMPLATE)))
    for pair in islice(pairs, PAIRS_OF_A_TEMPLATE):
        tried += 1
        text = apply(twin.text, [edit for mutant in pair for edit in mutant.edits])
        mended = apply(twin.text, [edit for mutant in pair for edit in mutant.mending])
        unsafe = any(mutant.fix == "unsafe" for mutant in pair)
        result = fix_text(text, twin.name, Settings(), unsafe)
        if meaning(result.after, twin.name) != meaning_of_fixed(mended, twin.name, None, unsafe):
            wrong.append([mutant.what for mutant in pair])
    note(f"{tried - len(wrong)}/{tried} pairs of faults mended")
    assert wrong == []
    assert tried == PAIRS_OF_A_TEMPLATE


def _are_two_faults(pair: list[Mutant]) -> bool:
    """Whether two faults are apart, and each is one after the fix of the other, too: with a gateway response for the
    only error that falls to a default, no page meets the default."""
    one, other = pair
    return _apart(pair) and _is_found_beside(one, other) and _is_found_beside(other, one)


def _is_found_beside(mutant: Mutant, other: Mutant) -> bool:
    if not other.mending:
        return True  # it is found in the twin as it is
    text = apply(mutant.twin.text, [*mutant.edits, *other.mending])
    findings = check_text(text, mutant.twin.name, Settings()).findings
    return mutant.found[0].rule in {finding.rule.id for finding in findings}


def _apart(pair: list[Mutant]) -> bool:
    """Whether two faults stand in different places and, together, still make a template."""
    done = [edit for mutant in pair for edit in mutant.edits]
    for edits in (done, [edit for mutant in pair for edit in mutant.mending]):
        spans = sorted((edit.start, edit.end) for edit in edits)
        if any(first[1] >= second[0] for first, second in pairwise(spans)):
            return False
    twin = pair[0].twin
    return check_text(apply(twin.text, done), twin.name, Settings()).error is None


def test_every_rule_for_rest_apis_has_its_faults() -> None:
    families = ("E941", "E942", "W942", "E943", "W943", "E944", "E946")
    rules = {name for name, (rule, _) in CHECKS.items() if name.startswith(families) and "rest" in rule.doors}
    assert rules - set(RULES) == WITHOUT_FAULTS.keys()
