"""What is read: standard input, a template's model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from cfncors.config import Settings
from cfncors.discover import STDIN, Candidate
from cfncors.errors import UnreadableTemplate
from cfncors.facts import Facts
from cfncors.lint import facts_of, read_file
from cfncors.report import FileReport
from cfncors.source import decode, parse
from cfncors.template import load


def read_stdin() -> bytes:
    """All of standard input."""
    return sys.stdin.buffer.read()


def read_path(path: str) -> bytes:
    """The content of a file, or of standard input for ``-``. Raises :class:`UnreadableTemplate`."""
    data = read_stdin() if path == STDIN else read_file(path)
    if isinstance(data, FileReport):
        raise data.error or UnreadableTemplate("cannot be read")
    return data


def read_facts(path: str, name: str, settings: Settings) -> Facts | None:
    """The facts of a template; ``None`` when the file is none. Raises :class:`UnreadableTemplate`."""
    template = load(parse(decode(read_path(path)), name))
    return facts_of(template, settings) if template is not None else None


def nested(named: list[Candidate], reports: Sequence[FileReport]) -> Iterator[list[Candidate]]:
    """The templates of nested stacks that ``reports`` name and that are not looked at yet, level by level; they are
    added to ``named``, and what is said of them is to be added to what ``reports`` is made of."""
    seen = {os.path.abspath(each.path) for each in named}
    while True:
        found = {os.path.abspath(path): Candidate(path, report.name) for report in reports for path in report.nested}
        more = [candidate for path, candidate in found.items() if path not in seen]
        if not more:
            return
        seen.update(found)
        named += more
        yield more
