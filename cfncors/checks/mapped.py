"""Fixes of values in ``Mappings``: one row may be used in several places, and a fix of it changes all of them."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.findings import Finding
from cfncors.source import Edit, Mapping, Node, Sequence
from cfncors.source.nodes import children
from cfncors.template import Template, intrinsic, scalar_text


def agreed(template: Template, findings: list[Finding]) -> list[Finding]:
    """The findings, without the fix of a mapping's value where not every use of the value asks for this very fix."""
    section = template.section("Mappings")
    if section is None:
        return findings
    asked: dict[tuple[Edit, ...], int] = {}
    for finding in findings:
        if finding.fix is not None:
            asked[finding.fix.edits] = asked.get(finding.fix.edits, 0) + 1
    return [_agreed(template, section, finding, asked) for finding in findings]


def _agreed(template: Template, section: Mapping, finding: Finding, asked: dict[tuple[Edit, ...], int]) -> Finding:
    if finding.fix is None:
        return finding
    edits = finding.fix.edits
    for path in _touched(section, edits):
        users = sum(1 for call in _calls(template) if _may_give(call, path))
        if asked[edits] < users:
            why = f"{' '.join(['Mappings', *path])} is used in {users} places, and not all of them need this change"
            return finding._replace(fix=None, no_fix=why)
    return finding


def _touched(section: Mapping, edits: tuple[Edit, ...]) -> Iterator[tuple[str, str, str]]:
    """The paths of the values that edits change: the mapping and its two keys."""
    for edit in edits:
        if not section.start <= edit.start <= section.end:
            continue
        for mapping in section.entries:
            for row in mapping.value.entries if isinstance(mapping.value, Mapping) else ():
                for cell in row.value.entries if isinstance(row.value, Mapping) else ():
                    if cell.value.start <= edit.start and edit.end <= cell.value.end:
                        yield mapping.key.text, row.key.text, cell.key.text


def _calls(template: Template) -> Iterator[Sequence]:
    """The arguments of every ``Fn::FindInMap`` that is written in the template."""
    waiting: list[Node] = [template.root]
    while waiting:
        node = waiting.pop()
        call = intrinsic(node)
        if call is not None and call.name == "Fn::FindInMap" and isinstance(call.argument, Sequence):
            yield call.argument
        waiting.extend(children(node))


def _may_give(call: Sequence, path: tuple[str, str, str]) -> bool:
    """Whether a call may give the value at a path: each key is that one, or not a text of its own."""
    return all(scalar_text(key) in (None, wanted) for key, wanted in zip(call.items[:3], path, strict=False))
