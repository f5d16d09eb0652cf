"""How a rule is declared: a function with a docstring, from which every description of the rule is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cfncors.findings import About, Explains, Finding, Rule, Safety

if TYPE_CHECKING:
    from cfncors.facts import Facts

Check = Callable[["Facts"], Iterator[Finding]]

#: id -> (rule, function), in the order of declaration
CHECKS: dict[str, tuple[Rule, Check]] = {}


class DuplicateRule(Exception):
    """Two functions claim one id."""


def rule(
    rule_id: str,
    name: str,
    *fixes: Safety,
    doors: str = "rest",
    audit: bool = False,
    about: About = "exchange",
    explains: tuple[Explains, ...] = (),
    follows: tuple[str, ...] = (),
) -> Callable[[Callable[[Rule, Facts], Iterator[Finding]]], Check]:
    """Register ``function`` under ``rule_id``; it gets its own :class:`Rule` and the facts of a template, and yields
    findings.

    ``doors`` are the front doors that it is about, in words; an ``audit`` rule is off unless it is named. A rule about
    exchanges says which blocked ones it ``explains``, and says nothing where none of them is blocked. It ``follows``
    rules whose fixes leave one of its findings.
    """
    if about == "exchange" and not explains:
        raise ValueError(f"{rule_id} is about exchanges and names none that it explains")

    def register(function: Callable[[Rule, Facts], Iterator[Finding]]) -> Check:
        if rule_id in CHECKS:
            raise DuplicateRule(rule_id)
        declared = Rule(
            rule_id, name, function.__doc__ or "", fixes, tuple(doors.split()), audit, about, explains, follows
        )

        def check(facts: Facts) -> Iterator[Finding]:
            return function(declared, facts)

        check.__name__ = function.__name__
        check.__doc__ = function.__doc__
        check.__module__ = function.__module__
        CHECKS[rule_id] = (declared, check)
        return check

    return register
