"""``cfncors check``: what is wrong, where, and what a browser will say."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from cfncors.cli.arguments import add_common, settings
from cfncors.cli.exits import CLEAN
from cfncors.cli.input import nested, read_stdin
from cfncors.cli.output import checked, note_skipped, report_code, style
from cfncors.config import Settings
from cfncors.discover import STDIN, candidates
from cfncors.lint import check_bytes, check_files
from cfncors.report import FileReport, told_once
from cfncors.report.terminal import wrapped

_EXAMPLES: Final = """\
examples:
  cfncors check template.yaml
  cfncors check --format json services/ > findings.json
  cfncors check --select E --ignore E9431,E9461 .
  cdk synth --json | cfncors check - --stdin-filename stack.json

exit codes: 0 clean, 1 findings of warning or above, 2 wrong usage,
3 a file could not be read
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="default: text")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Check the files and print what is wrong; the exit code."""
    chosen = settings(args)
    named = list(candidates(args.paths))
    found = check_files([each for each in named if each.path != STDIN], chosen, args.templates_only)
    reports = [_check_stdin(args, chosen) if each.path == STDIN else next(found) for each in named]
    for more in nested(named, reports):
        reports += check_files(more, chosen)
    reports = _held_back(told_once(reports), chosen)
    _print_reports(args, [report for report in reports if not report.skipped])
    codes = [report_code(report) for report in reports]
    return max([*codes, note_skipped(args, named, reports)], default=CLEAN)


def _held_back(reports: list[FileReport], settings: Settings) -> list[FileReport]:
    """The reports with only those fixes that are right for all templates which read the file."""
    if len(reports) < 2 or not any(each.edits for report in reports for each in report.placed):
        return reports
    from cfncors.shared import held_back

    return held_back(reports, settings)


def _check_stdin(args: argparse.Namespace, settings: Settings) -> FileReport:
    return check_bytes(read_stdin(), args.stdin_filename, settings, args.templates_only)


def _print_reports(args: argparse.Namespace, reports: list[FileReport]) -> None:
    files = checked(reports)
    if args.format == "json":
        from cfncors.report import json

        print(json.render(reports, files))
    elif args.format == "github":
        from cfncors.report import github

        sys.stdout.write(github.render(reports))
    else:
        from cfncors.report import text

        look = style(sys.stdout)
        if args.quiet:
            sys.stdout.write(text.concise(reports, look))
        else:
            sys.stdout.write(text.render(reports, look))
            print(wrapped(text.summary(reports, files), look.width, "", "  "))
