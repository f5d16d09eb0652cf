"""A unified diff that ``patch`` and ``git apply`` take."""

from __future__ import annotations

from cfncors.report.terminal import Style

_NO_NEWLINE = "\\ No newline at end of file\n"


def render(name: str, before: str, after: str, style: Style) -> str:
    """The change of one file, empty when there is none. Lines end at ``\\n`` only, so that CRLF stays as it is."""
    from difflib import unified_diff

    header = name.lstrip("/") + ("\t" if " " in name else "")  # a tab ends a name with spaces, as git writes it
    lines = unified_diff(_lines(before), _lines(after), f"a/{header}", f"b/{header}", lineterm="")
    return "".join(_finished(line, number, style) for number, line in enumerate(lines))


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _finished(line: str, number: int, style: Style) -> str:
    """One line of the diff with its ending and colour. The first two are the header, which has no ending."""
    if number < 2:
        return style.bold(line) + "\n"
    if line.startswith("@@"):
        return style.cyan(line) + "\n"
    paint = {"-": style.red, "+": style.green}.get(line[0], str)
    body = line.rstrip("\r\n")
    ending = line[len(body) :]
    return paint(body) + (ending if ending.endswith("\n") else f"{ending}\n{_NO_NEWLINE}")
