"""What is printed and written: reports, notes, and files in one step."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TextIO

from cfncors.cli.exits import CLEAN, FAILED, FINDINGS, USAGE
from cfncors.discover import STDIN, Candidate
from cfncors.errors import UnreadableTemplate
from cfncors.report import Changed, FileReport
from cfncors.report.terminal import Style, printable, printable_name

#: Longer lines than this tire the eye, however wide the terminal is.
_WIDEST: Final = 100
_NARROWEST: Final = 40


def style(stream: TextIO) -> Style:
    """How to write to a stream: in colour on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise."""
    terminal = stream.isatty()
    colour = terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        colour = True
    try:
        width = os.get_terminal_size(stream.fileno()).columns if terminal else 80
    except OSError:
        width = 80
    return Style(colour, max(_NARROWEST, min(width or 80, _WIDEST)))


def write_bytes(data: bytes) -> None:
    """Put bytes on standard output, behind what has been printed."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def read_again(path: str) -> bytes:
    """What a file holds now."""
    with open(path, "rb") as file:
        return file.read()


def replace_file(path: str, data: bytes) -> None:
    """Put a file's new content in place in one step: a reader sees the old or the new, never half of one."""
    import tempfile

    target = os.path.realpath(path)
    before = os.stat(target)
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "the file is read-only")
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if (before.st_uid, before.st_gid) != (os.getuid(), os.getgid()):
            os.chown(temporary, before.st_uid, before.st_gid)
        os.chmod(temporary, before.st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def write_all(changes: Sequence[Changed]) -> tuple[str, str] | None:
    """Write files that belong together, all or none; the name of one that could not be written, and why."""
    for each in changes:
        try:
            if read_again(each.name) != each.before.encode():
                return each.name, "it has changed meanwhile; run the command again"
        except OSError as error:
            return each.name, str(error.strerror)
    for number, each in enumerate(changes):
        try:
            replace_file(each.name, each.after.encode())
        except OSError as error:
            _take_back(changes[:number])
            return each.name, str(error.strerror)
    return None


def _take_back(written: Sequence[Changed]) -> None:
    """Put back what files held before; one that cannot be is as good as it was a moment ago."""
    for each in written:
        with suppress(OSError):
            replace_file(each.name, each.before.encode())


def checked(reports: Sequence[FileReport]) -> int:
    """How many files were checked."""
    return sum(1 for report in reports if not report.skipped and report.error is None)


def report_code(report: FileReport) -> int:
    """The exit code that the report of one file asks for."""
    if report.failed:
        return FAILED
    return FINDINGS if any(finding.rule.severity != "info" for finding in report.findings) else CLEAN


def note_skipped(args: argparse.Namespace, named: list[Candidate], reports: Sequence[FileReport]) -> int:
    """Say which named files are no templates, and which folders hold none; the exit code for that."""
    for candidate, report in zip(named, reports, strict=True):
        if report.skipped and candidate.folder is None and not args.templates_only:
            note = f"note: {printable_name(report.name)} is no CloudFormation or SAM template; skipped"
            print(note, file=sys.stderr)
    templates = [os.path.abspath(report.name) for report in reports if not report.skipped]
    code = CLEAN
    for folder in args.paths:
        if folder == STDIN or not os.path.isdir(folder):
            continue
        inside = os.path.join(os.path.abspath(folder), "")
        if not any(path.startswith(inside) for path in templates):
            where = f"{printable_name(folder)}: no CloudFormation or SAM template in this folder"
            print(f"cfncors: error: {where} (*.yaml, *.yml, *.json, *.template)", file=sys.stderr)
            code = USAGE
    return code


def say_unreadable(name: str, error: UnreadableTemplate) -> int:
    """One line on a file that cannot be read; the exit code for that."""
    where = f"{printable_name(name)}:{error.line}:{error.column}"
    print(f"cfncors: error: {where}: {printable(error.reason)}", file=sys.stderr)
    return FAILED
