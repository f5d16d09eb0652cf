"""How a fault is declared: a function from a right template to its mutants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cfncors.findings import Safety
from cfncors.source import Edit, apply
from tests.mutation.twin import Spot, Twin

Edits = Iterable[Edit]


@dataclass(frozen=True)
class Mutant:
    """A template with one fault. ``found`` is all that must be said of it and not of its twin."""

    twin: Twin
    what: str
    text: str
    found: tuple[Spot, ...]
    #: the safety of the fix that brings the meaning back; ``None`` when the fault has none
    fix: Safety | None
    #: a text that means what the fixed mutant must mean
    mended: str
    #: for fixes that need to be told the origin
    origin: str | None = None
    #: what was done to the twin, and what is to be done to it to get ``mended``
    edits: tuple[Edit, ...] = ()
    mending: tuple[Edit, ...] = ()


class Fault(NamedTuple):
    """A kind of fault, the rule that must find it, and where it can be put."""

    rule: str
    name: str
    mutants: Callable[[Twin], Iterator[Mutant]]


FAULTS: list[Fault] = []


def fault(rule: str) -> Callable[[Callable[[Twin], Iterator[Mutant]]], Callable[[Twin], Iterator[Mutant]]]:
    """Register a fault of a rule under the function's name."""

    def register(function: Callable[[Twin], Iterator[Mutant]]) -> Callable[[Twin], Iterator[Mutant]]:
        FAULTS.append(Fault(rule, function.__name__.replace("_", " "), function))
        return function

    return register


def mutant(
    twin: Twin,
    what: str,
    edits: Edits,
    *found: Spot,
    fix: Safety | None = "safe",
    mended: Edits = (),
    origin: str | None = None,
) -> Mutant:
    """The twin with ``edits`` made; mended, it means what the twin with the edits ``mended`` means."""
    done, mending = tuple(edits), tuple(mended)
    text = apply(twin.text, done)
    assert text != twin.text, what
    return Mutant(twin, what, text, found, fix, apply(twin.text, mending), origin, done, mending)
