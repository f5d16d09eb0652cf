"""Rules for tests of what surrounds the rules: each speaks of a word in a property's value, so templates read easily.

wrong     E9401, safe fix: right          trap      E9404, its fix would add W9402
odd       W9402, unsafe fix: even         stubborn  E9405, its fix leaves the finding
hmm       I9403, no fix                   breaker   E9406, its fix would not parse
wide      E9408, safe fix: narrow         crash     E9407, the rule itself fails
coarse    E9409, its fix would add I9403  idle      I9410, its fix would add I9403
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cfncors.checks import CHECKS
from cfncors.findings import Finding, Fix, Rule, Safety, Says
from cfncors.gateway import Model
from cfncors.source import Edit, Node, Scalar
from cfncors.source.nodes import children

HEAD = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n"

Word = tuple[str, str, str, Safety | None, str]
WORDS: tuple[Word, ...] = (
    ("E9401", "wrong-word", "wrong", "safe", "right"),
    ("W9402", "odd-word", "odd", "unsafe", "even"),
    ("I9403", "doubtful-word", "hmm", None, ""),
    ("E9404", "trap-word", "trap", "safe", "odd"),
    ("E9405", "stubborn-word", "stubborn", "safe", "'stubborn'"),
    ("E9406", "breaker-word", "breaker", "safe", "\x01"),
    ("E9408", "wide-word", "wide", "safe", "narrow"),
    ("E9409", "coarse-word", "coarse", "safe", "hmm"),
    ("I9410", "idle-word", "idle", "safe", "hmm"),
)


def use_toy_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the rules above in the place of the real ones; those about the check itself stay."""
    for rule_id in [each for each in CHECKS if each not in ("E9490", "I9491")]:
        monkeypatch.delitem(CHECKS, rule_id)
    for rule_id, name, word, safety, instead in WORDS:
        rule = Rule(rule_id, name, f"The word {word!r}.", () if safety is None else (safety,))
        monkeypatch.setitem(CHECKS, rule_id, (rule, _finder(rule, word, instead)))
    monkeypatch.setitem(CHECKS, "E9407", (Rule("E9407", "crash-word", "Fails."), _crash))


def template(**properties: str) -> str:
    """A template of one resource; each value is written as it is."""
    lines = [f"      {name}: {value}\n" for name, value in properties.items()]
    return f"{HEAD}  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n{''.join(lines)}"


def _finder(rule: Rule, word: str, instead: str) -> Callable[[Model], Iterator[Finding]]:
    def check(model: Model) -> Iterator[Finding]:
        for logical_id, value in _values(model):
            if word in value.text.split():
                text = model.template.document.source(value).replace(word, instead)
                fix = (
                    Fix(f"write {instead}", rule.fixes[0], (Edit(value.start, value.end, text),))
                    if rule.fixes
                    else None
                )
                says = Says("browser", f"blocked by {word}") if word == "wrong" else None
                yield Finding(rule, f"the word {word!r}", value, fix, says=says, resources=(logical_id,))

    return check


def _crash(model: Model) -> Iterator[Finding]:
    for _, value in _values(model):
        if value.text == "crash":
            raise KeyError("crash")
    return iter(())


def _values(model: Model) -> Iterator[tuple[str, Scalar]]:
    for resource in model.template.resources.values():
        if resource.properties is not None:
            for value in _scalars(resource.properties):
                yield resource.logical_id, value


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    for child in children(node):
        yield from _scalars(child)
