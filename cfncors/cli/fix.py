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
from cfncors.cli.output import checked, note_skipped, report_code, style, write_all, write_bytes
from cfncors.config import Settings
from cfncors.discover import STDIN, Candidate, candidates
from cfncors.errors import UnreadableTemplate
from cfncors.lint import check_file, over_files
from cfncors.report import Changed, FileReport, FixResult, told_once
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
    results = [_fix_stdin(args, chosen) if each.path == STDIN else next(fixed) for each in named]
    reports = [result.report for result in results]
    for more in nested(named, reports):
        results += over_files(work, more)
        reports += [result.report for result in results[len(reports) :]]
    results = _delivered(args, named, results, chosen)
    reports = told_once(result.report for result in results)
    results = [result._replace(report=once) for result, once in zip(results, reports, strict=True)]
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


def _delivered(
    args: argparse.Namespace, named: list[Candidate], results: list[FixResult], chosen: Settings
) -> list[FixResult]:
    """The results with what was written, or printed as a diff. Templates that share a file which one of them changes
    are fixed together, and written together or not at all."""
    from cfncors.shared import linked, member

    files = {each.path: number for number, each in enumerate(named) if each.path != STDIN}
    members = [member(results[number].report) for number in files.values()]
    changed = {name: [each.name for each in results[number].files] for name, number in files.items()}
    done = list(results)
    groups: list[list[int]] = []
    for names in linked(members, changed):
        from cfncors.fix import fix_together

        together = fix_together(members, names, chosen, args.unsafe_fixes)
        for name in names:
            done[files[name]] = together[name].portable()
        groups.append([files[name] for name in names])
    alone = set(range(len(done))).difference(*groups)
    for group in sorted([*groups, *([number] for number in alone)]):
        group_results = [done[number] for number in group]
        stdin = named[group[0]].path == STDIN
        for number, result in zip(group, _deliver(args, stdin, group_results, chosen), strict=True):
            done[number] = result
    return done


def _deliver(args: argparse.Namespace, stdin: bool, group: list[FixResult], chosen: Settings) -> list[FixResult]:
    """Write the fixed texts of templates that belong together, or print their diff. Returns the results, with an error
    in the report of one when writing failed."""
    changes = _merged(group)
    if not changes or (args.check and not args.diff):
        return group
    if args.diff:
        from cfncors.report import diff

        for name, before, after in changes:
            text = diff.render(name, before, after, style(sys.stdout))
            write_bytes(text.encode(errors="surrogateescape"))
        return group
    if stdin:
        write_bytes(group[0].after.encode())
        for each in group[0].beside:
            print(
                f"note: {printable_name(each.name)} would have to change, too; fix the template by name",
                file=sys.stderr,
            )
        return group
    # The files that a template names come first: without them it would not be mended.
    own = {os.path.realpath(each.name) for each in group}
    last = [each for each in changes if os.path.realpath(each.name) in own]
    failed = write_all([*(each for each in changes if each not in last), *last])
    return group if failed is None else _not_written(group, *failed, chosen)


def _merged(group: list[FixResult]) -> list[Changed]:
    """What there is to write, each file once: as it is on disk, and as the last one left it."""
    merged: dict[str, Changed] = {}
    for each in (each for result in group for each in result.files):
        key = os.path.realpath(each.name)
        merged[key] = merged[key]._replace(after=each.after) if key in merged else each
    return [each for each in merged.values() if each.before != each.after]


def _not_written(group: list[FixResult], name: str, reason: str, chosen: Settings) -> list[FixResult]:
    """The results of templates of which nothing was written: one says why, the others what they are as they are."""
    at = next(number for number, each in enumerate(group) if name in [file.name for file in each.files])
    results = []
    for number, result in enumerate(group):
        error = FileReport(name, error=UnreadableTemplate(f"cannot be written: {reason}"))
        report = error if number == at else check_file(result.name, chosen).portable()
        results.append(FixResult(result.name, result.before, result.before, report))
    return results


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
    for line in (fixes.summary(results, dry, checked(left)), fixes.still_blocked(results)):
        if line:
            print(wrapped(line, look.width, "", "  "), file=out)


def _result_code(args: argparse.Namespace, result: FixResult) -> int:
    code = report_code(result.report)
    return max(code, FINDINGS) if result.changed and (args.diff or args.check) else code
