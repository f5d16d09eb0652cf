"""``cfncors fix``: mend what can be mended."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import Final, TextIO

from cfncors.cli.arguments import add_common, settings
from cfncors.cli.exits import CLEAN, FINDINGS
from cfncors.cli.input import nested, read_stdin
from cfncors.cli.output import checked, note_skipped, read_again, replace_file, report_code, style, write_bytes
from cfncors.config import Settings
from cfncors.discover import STDIN, Candidate, candidates
from cfncors.errors import UnreadableTemplate
from cfncors.lint import over_files
from cfncors.report import FileReport, FixResult, told_once
from cfncors.report.terminal import printable_name, wrapped

_EXAMPLES: Final = """\
examples:
  cfncors fix --diff template.yaml
  cfncors fix --origin https://app.example.com .
  cfncors fix --select E9421 --unsafe-fixes template.yaml
  cfncors fix - < template.yaml > fixed.yaml

exit codes: 0 nothing above info is left, 1 something is left (or, with --diff
or --check, would change), 2 wrong usage, 3 a file could not be read or written
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--diff", action="store_true", help="print a unified diff and write nothing")
    parser.add_argument("--check", action="store_true", help="say what would be fixed and write nothing")
    parser.add_argument("--unsafe-fixes", action="store_true", help="also fixes that say something new")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Fix the files, write them or print the diff, and say what is left; the exit code."""
    chosen = settings(args)
    named = list(candidates(args.paths))
    work = partial(_fix_candidate, settings=chosen, unsafe=args.unsafe_fixes, as_found=args.templates_only)
    fixed = over_files(work, [each for each in named if each.path != STDIN])
    results: list[FixResult] = []
    for candidate in named:
        result = _fix_stdin(args, chosen) if candidate.path == STDIN else next(fixed)
        results.append(_deliver(args, candidate, _without_done(result, results)))
    reports = [result.report for result in results]
    for more in nested(named, reports):
        for each, result in zip(more, over_files(work, more), strict=True):
            results.append(_deliver(args, each, _without_done(result, results)))
            reports.append(results[-1].report)
    results = [result._replace(report=once) for result, once in zip(results, told_once(reports), strict=True)]
    # The result goes to standard output; then what is said about it goes to standard error.
    out = sys.stderr if args.diff or STDIN in args.paths else sys.stdout
    _print_results(args, [result for result in results if not result.report.skipped], out)
    codes = [_result_code(args, result) for result in results]
    return max([*codes, note_skipped(args, named, reports)], default=CLEAN)


def _fix_candidate(candidate: Candidate, settings: Settings, unsafe: bool, as_found: bool) -> FixResult:
    from cfncors.fix import fix_file

    return fix_file(candidate.path, settings, unsafe, as_found or candidate.folder is not None).portable()


def _fix_stdin(args: argparse.Namespace, settings: Settings) -> FixResult:
    from cfncors.fix import fix_bytes

    data = read_stdin()
    result = fix_bytes(data, args.stdin_filename, settings, args.unsafe_fixes, args.templates_only)
    if not args.diff and not args.check and not result.changed:
        write_bytes(data)  # what cannot be mended goes through as it came, so that a pipe loses nothing
    return result


def _without_done(result: FixResult, before: list[FixResult]) -> FixResult:
    """A result whose files beside the template have been changed alike, for another template or as one, is done."""
    done = {(os.path.abspath(each.name), each.after) for other in before for each in other.files}
    left = tuple(each for each in result.beside if (os.path.abspath(each.name), each.after) not in done)
    if len(left) == len(result.beside):
        return result
    without = result._replace(beside=left)
    return without if without.changed else without._replace(applied=(), changes=())


def _deliver(args: argparse.Namespace, candidate: Candidate, result: FixResult) -> FixResult:
    """Write the fixed text, or its diff. Returns the result, with an error in its report when writing failed."""
    if not result.changed or (args.check and not args.diff):
        return result
    if args.diff:
        from cfncors.report import diff

        for name, before, after in result.files:
            text = diff.render(name, before, after, style(sys.stdout))
            write_bytes(text.encode(errors="surrogateescape"))
    elif candidate.path == STDIN:
        write_bytes(result.after.encode())
        for each in result.beside:
            print(
                f"note: {printable_name(each.name)} would have to change, too; fix the template by name",
                file=sys.stderr,
            )
    else:
        return _write(result)
    return result


def _write(result: FixResult) -> FixResult:
    """Write the files that changed, those that a template names first: without them it would not be mended."""
    for each in (*result.beside, *result.files[: len(result.files) - len(result.beside)]):
        try:
            if read_again(each.name) != each.before.encode():
                raise OSError(0, "it has changed meanwhile; run the command again")
            replace_file(each.name, each.after.encode())
        except OSError as error:
            reason = UnreadableTemplate(f"cannot be written: {error.strerror}")
            report = FileReport(each.name, error=reason)
            return result._replace(after=result.before, beside=(), report=report, applied=(), held=())
    return result


def _print_results(args: argparse.Namespace, results: list[FixResult], out: TextIO) -> None:
    """What was done per file, what is left and why, and the sum."""
    from cfncors.report import fixes, text

    look = style(out)
    dry = args.diff or args.check
    for result in results:
        out.write(fixes.done(result, dry, look))
    left = [fixes.left(result) for result in results]
    if args.quiet:
        out.write(text.concise(left, look))
        return
    if dry:
        out.write("".join(fixes.held(result, look) for result in results))
        out.write(text.render([report for report in left if report.failed], look))
    else:
        out.write(text.render(left, look))
    print(wrapped(fixes.summary(results, dry, checked(left)), look.width, "", "  "), file=out)


def _result_code(args: argparse.Namespace, result: FixResult) -> int:
    code = report_code(result.report)
    return max(code, FINDINGS) if result.changed and (args.diff or args.check) else code
