"""Each fault put into a right template is found at its place by exactly its rule, and its fix brings the meaning back."""

from __future__ import annotations

from functools import cache

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text
from tests.mutation import gateway_faults, preflight_faults, response_faults, value_faults
from tests.mutation.fault import FAULTS, Mutant
from tests.mutation.meaning import meaning
from tests.mutation.twin import spots

FAMILIES = (gateway_faults, preflight_faults, response_faults, value_faults)
RULES = sorted({fault.rule for fault in FAULTS})


@cache
def meaning_of(text: str, name: str) -> object:
    return meaning(text, name)


def survives(mutant: Mutant) -> str | None:
    """Why a mutant counts as not killed, or ``None``."""
    twin = mutant.twin
    report = check_text(mutant.text, twin.name, Settings(origin=mutant.origin))
    if report.error is not None:
        return f"it cannot be read: {report.error}"
    new = spots(report)
    added, gone = new - twin.spots, twin.spots - new
    if sorted(added.elements()) != sorted(mutant.found) or gone:
        return f"found {sorted(added.elements())}, not {list(mutant.found)}; gone {sorted(gone.elements())}"
    return None if mutant.fix is None else _not_brought_back(mutant)


def _not_brought_back(mutant: Mutant) -> str | None:
    settings = Settings(origin=mutant.origin)
    result = fix_text(mutant.text, mutant.twin.name, settings, unsafe=mutant.fix == "unsafe")
    if not result.changed:
        return f"nothing was fixed: {[held.reason for held in result.held]}"
    before, after = meaning_of(mutant.mended, mutant.twin.name), meaning(result.after, mutant.twin.name)
    return None if before == after else f"another meaning:\n{before}\n{after}\n{result.after}"
