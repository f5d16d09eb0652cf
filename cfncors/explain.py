"""A rule's docstring, laid out for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Final

from cfncors.errors import UsageError
from cfncors.findings import ABOUT, Rule
from cfncors.report.terminal import Style, wrapped
from cfncors.symptoms import looks_like_message, recognised

_BULLET: Final = re.compile(r"(?P<mark>[-*]|\d+\.) +(?P<text>.*)", re.DOTALL)


def explain(word: str, rules: Sequence[Rule], style: Style) -> str:
    """The text of the rule with this id or name, or what a pasted console message means.

    Raises :class:`UsageError` with a suggestion when it is neither.
    """
    if looks_like_message(word):
        return _message(word, rules, style)
    for rule in rules:
        if word.upper() == rule.id or word.lower() == rule.name:
            title = f"{style.bold(f'{rule.id} {rule.name}')}  ({rule.severity}, fix: {_fix(rule)})"
            about = wrapped(f"About: {ABOUT[rule.about]}.", style.width, "", "")
            return "\n".join([title, about, "", *_layout(cleandoc(rule.doc), style), rule.url]) + "\n"
    raise UsageError(f"no rule {word!r}{_suggestion(word, rules)}; `cfncors explain` lists all")


def _message(message: str, rules: Sequence[Rule], style: Style) -> str:
    """The rules that find the cause of a message, most likely first, and what to run."""
    match = next(recognised(message), None)
    if match is None:
        raise UsageError("no CORS message of Chromium, Firefox, Safari or API Gateway reads so; paste the whole line")
    title = match.symptom.name.replace("-", " ")
    named = f" ({', '.join(match.named.values())})" if match.named else ""
    lines = [style.bold(title + named), "", wrapped(match.symptom.meaning, style.width, "", ""), ""]
    found = [rule for rule_id in match.symptom.rules for rule in rules if rule.id == rule_id]
    if found:
        ids = ",".join(rule.id for rule in found)
        lines.append("Rules that find the cause in a template, most likely first:")
        lines.extend(wrapped(f"{rule.id}  {rule.summary}", style.width, "  ", " " * 9) for rule in found)
        lines += ["", "Run:", f"  cfncors check --select {ids} .", f"  cfncors explain {found[0].id}"]
    if any(rule.fixes for rule in found):
        lines.append(f"  cfncors fix --diff --select {ids} .")
    return "\n".join(lines).rstrip() + "\n"


def listing(rules: Sequence[Rule], style: Style) -> str:
    """All rules, two lines each: id, name, severity and fix; then the summary."""
    name_width = max((len(rule.name) for rule in rules), default=0)
    lines = []
    for rule in rules:
        lines.append(f"{style.bold(rule.id)}  {rule.name:{name_width}}  {rule.severity:7}  fix: {_fix(rule)}")
        lines.append(wrapped(rule.summary, style.width, " " * 7, " " * 7))
    return "\n".join(lines) + "\n"


def _fix(rule: Rule) -> str:
    return " or ".join(rule.fixes) or "none"


def _suggestion(word: str, rules: Sequence[Rule]) -> str:
    from difflib import get_close_matches

    names = {name: rule for rule in rules for name in (rule.id, rule.name)}
    close = get_close_matches(word.upper(), names, 1, 0.7) or get_close_matches(word.lower(), names, 1, 0.5)
    return f"; did you mean {names[close[0]].id} {names[close[0]].name}?" if close else ""


def _layout(doc: str, style: Style) -> Iterator[str]:
    """Headings without their marks, text wrapped, code as it is and indented."""
    for block in _blocks(doc):
        if block.startswith("## "):
            yield style.bold(block[3:])
            continue
        if block.startswith("```"):
            code = block.split("\n")[1:]
            yield from ((f"    {line}").rstrip() for line in code if line != "```")
        elif block.startswith("    "):
            yield from (line.rstrip() for line in block.split("\n"))
        else:
            yield from (_paragraph(part, style.width) for part in _items(block))
        yield ""


def _blocks(doc: str) -> Iterator[str]:
    """Headings, fenced code, and paragraphs."""
    block: list[str] = []
    fenced = False
    for line in doc.split("\n"):
        if fenced or line.startswith("```"):
            if not fenced and block:
                yield "\n".join(block)
                block = []
            block.append(line)
            fenced = not (fenced and line.startswith("```"))
            if not fenced:
                yield "\n".join(block)
                block = []
        elif line.startswith("## ") or not line.strip():
            if block:
                yield "\n".join(block)
            block = []
            if line.strip():
                yield line
        else:
            block.append(line)
    if block:
        yield "\n".join(block)


def _items(block: str) -> Iterator[str]:
    """The items of a list, or the one paragraph."""
    return iter(re.split(r"\n(?=(?:[-*]|\d+\.) )", block))


def _paragraph(text: str, width: int) -> str:
    bullet = _BULLET.match(text)
    if bullet is None:
        return wrapped(" ".join(text.split()), width, "", "")
    mark = f"{bullet['mark']} "
    return wrapped(" ".join(bullet["text"].split()), width, mark, " " * len(mark))
