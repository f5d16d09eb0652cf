"""Suppressions: findings that the author of a template has decided to live with.

- a comment, ``# cfncors: ignore[W9442] public data``, at the end of a line of the finding or on the line above it;
- ``Metadata: {cfncors: {ignore: [{id: W9442, reason: …}]}}`` in a resource, or in the template for all of it;
- cfn-lint's own ``Metadata: {cfn-lint: {config: {ignore_checks: [W9442]}}}`` in the same two places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from cfncors.findings import Finding, Rule
from cfncors.source import Document, Mapping, Node, Scalar
from cfncors.source import Sequence as ListNode
from cfncors.source.nodes import FOLDED, LITERAL, children
from cfncors.template import Template

#: A comment may stand at the end of any line of a finding this long; in a longer one only on its first line.
SHORT_SPAN: Final = 10

_DIRECTIVE: Final = r"(?<![^\s\ufeff])#[ \t]*cfncors:[ \t]*(?P<body>[^\r\n]*)"
_IN_CODE: Final = _DIRECTIVE.replace("#", "(?:#|//)", 1)
_IGNORE: Final = r"ignore[ \t]*\[(?P<ids>[^\]\r\n]*)\]"
_HOW: Final = "write `# cfncors: ignore[E9421] reason`"
_HOW_METADATA: Final = "write `cfncors: {ignore: [E9421, {id: W9422, reason: …}]}`"


class Remark(NamedTuple):
    """What is wrong with a suppression, at its place."""

    node: Node
    message: str


class Suppression(NamedTuple):
    """One id and where it holds. ``strict`` ones are ours, and worth a remark when they silence nothing."""

    word: str
    node: Node
    covers: Callable[[Finding], bool]
    strict: bool = True

    def names(self, rule: Rule) -> bool:
        """Whether it speaks of a rule: by the beginning of its id, or by its name."""
        return rule.id.startswith(self.word) or rule.name == self.word


def suppress(
    template: Template, findings: Iterable[Finding], rules: Sequence[Rule], wants: Callable[[str], bool]
) -> tuple[list[Finding], list[Remark]]:
    """The findings that remain, and remarks on suppressions that silence nothing or are not understood.

    ``rules`` are all rules; a suppression of one that this run does not want is not called unused.
    """
    remarks: list[Remark] = []
    suppressions = list(_collect(template, remarks))
    used: set[int] = set()
    kept = []
    for finding in findings:
        matching = [s for s in suppressions if s.names(finding.rule) and s.covers(finding)]
        used.update(map(id, matching))
        if not matching:
            kept.append(finding)
    remarks += _unused((s for s in suppressions if id(s) not in used), rules, wants)
    return kept, remarks


def _unused(unused: Iterable[Suppression], rules: Sequence[Rule], wants: Callable[[str], bool]) -> Iterator[Remark]:
    for suppression in unused:
        named = [rule for rule in rules if suppression.names(rule)]
        if not suppression.strict and not any(rule.id == suppression.word for rule in named):
            continue
        if not named:
            yield Remark(suppression.node, f"{suppression.word} is no rule; `cfncors explain` lists them")
        elif all(wants(rule.id) for rule in named):
            yield Remark(suppression.node, f"this suppression of {suppression.word} silences nothing; remove it")


def _collect(template: Template, remarks: list[Remark]) -> Iterator[Suppression]:
    document = template.document
    for file in (document, *(each.document for each in document.beside.values())):
        if "cfncors" in file.text and file.format != "json":
            yield from _comments(file, remarks)
    if "Metadata" not in document.text:
        return
    yield from _metadata(template.root, lambda finding: True, remarks)
    for resource in template.resources.values():
        yield from _metadata(resource.node, _inside(resource.logical_id, resource.node), remarks)


def _inside(logical_id: str, node: Node) -> Callable[[Finding], bool]:
    def covers(finding: Finding) -> bool:
        place = finding.node
        return logical_id in finding.resources or (node.start <= place.start and place.end <= node.end)

    return covers


# -- comments ---------------------------------------------------------------------------------------------------------


def _comments(document: Document, remarks: list[Remark]) -> Iterator[Suppression]:
    found = list(re.finditer(_IN_CODE if document.format == "code" else _DIRECTIVE, document.text))
    quoted = _quoted(document) if found else []
    for match in found:
        at = document.at(match.start())
        if any(start < at < end for start, end in quoted):
            continue
        words = _words(document, match)
        if not words:
            place = Scalar(match[0], at, at + len(match[0].rstrip()), "")
            remarks.append(Remark(place, f"this comment suppresses nothing, as it names no rule in brackets; {_HOW}"))
            continue
        covers = _near(document, at)
        for word in words:
            yield Suppression(word.text, word, covers)


def _words(document: Document, comment: re.Match[str]) -> list[Scalar]:
    """The ids and names in the brackets, each at its place; none when the comment is not written as it should be."""
    ignore = re.match(_IGNORE, comment["body"])
    if ignore is None:
        return []
    offset = document.at(comment.start("body") + ignore.start("ids"))
    found = re.finditer(r"[^\s,]+", ignore["ids"])
    return [Scalar(word[0], offset + word.start(), offset + word.end(), "") for word in found]


def _quoted(document: Document) -> list[tuple[int, int]]:
    """Where ``#`` is text: in quotes and in block scalars, whose header may still end with a comment."""
    spans: list[tuple[int, int]] = []
    seen: set[int] = set()
    stack = [document.root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            start = node.start
            if node.style in (LITERAL, FOLDED):
                start = document.at(document.text.find("\n", document.local(start)))
            if node.style:
                spans.append((start, node.end))
        stack.extend(children(node))
    return spans


def _near(document: Document, offset: int) -> Callable[[Finding], bool]:
    """Whether a comment at ``offset`` speaks of a finding: of what is on its own line, or, when it stands alone, of
    what is on the next line that is not such a comment."""
    line = document.position(offset).line
    alone = _is_comment(document.line_text(line))
    target = line
    while alone and _is_comment(document.line_text(target)):
        target += 1

    def covers(finding: Finding) -> bool:
        if not document.base <= finding.node.start <= document.end:
            return False
        first = document.position(finding.node.start).line
        last = document.position(finding.node.end).line
        if alone:
            return first == target
        if isinstance(finding.node, (Mapping, ListNode)) and not finding.node.flow and first == line + 1:
            return True  # a block begins below its key, and the comment stands beside the key
        return first == line or (first < line <= last and last - first < SHORT_SPAN)

    return covers


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//"))


# -- metadata ---------------------------------------------------------------------------------------------------------


def _metadata(node: Mapping, covers: Callable[[Finding], bool], remarks: list[Remark]) -> Iterator[Suppression]:
    metadata = node.get("Metadata")
    if not isinstance(metadata, Mapping):
        return
    ours = metadata.entry("cfncors")
    if ours is not None:
        ignore = ours.value.get("ignore") if isinstance(ours.value, Mapping) else None
        if ignore is None:
            remarks.append(Remark(ours.key, f"this suppresses nothing; {_HOW_METADATA}"))
        for item in _items(ignore):
            place = item.get("id") if isinstance(item, Mapping) else item
            if isinstance(place, Scalar) and place.text:
                yield Suppression(place.text, place, covers)
            else:
                remarks.append(Remark(item, f"this suppresses nothing, as it names no rule; {_HOW_METADATA}"))
    for item in _items(_get(metadata, "cfn-lint", "config", "ignore_checks")):
        if isinstance(item, Scalar) and item.text:
            yield Suppression(item.text, item, covers, strict=False)


def _get(node: Node, *keys: str) -> Node | None:
    here: Node | None = node
    for key in keys:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here


def _items(node: Node | None) -> list[Node]:
    """The items of a list; one value alone counts as a list of it."""
    return [] if node is None else node.items if isinstance(node, ListNode) else [node]
