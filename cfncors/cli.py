"""The command line. The only module that prints and writes files.

Exit codes. ``check``: 0 clean, 1 findings of warning or above. ``fix``: 0 when nothing above info is left, 1 when
something is left or, with ``--diff`` or ``--check``, would change. Both: 2 wrong usage, 3 a file could not be read or
written, or an internal error. 130 after Ctrl-C, 141 when the reader of the output goes away.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from cfncors import __version__, config
from cfncors.config import Settings
from cfncors.discover import STDIN, Candidate, candidates
from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.gateway import Model, build
from cfncors.lint import DEBUG, all_rules, check_bytes, check_files, over_files, read_file
from cfncors.report import FileReport, FixResult
from cfncors.report.terminal import Style, printable, printable_name, wrapped
from cfncors.source import decode, parse
from cfncors.template import load

if TYPE_CHECKING:
    from cfncors.report.simulation import Simulation

CLEAN, FINDINGS, USAGE, FAILED = 0, 1, 2, 3
INTERRUPTED, BROKEN_PIPE = 130, 141

#: Longer lines than this tire the eye, however wide the terminal is.
_WIDEST: Final = 100
_NARROWEST: Final = 40

_DESCRIPTION: Final = """\
Finds and mends, before deployment, what makes browsers say "blocked by CORS
policy": in CloudFormation and SAM templates with API Gateway REST APIs.
"""
_EXAMPLES: Final = """\
examples:
  cfncors check template.yaml         what is wrong, where, and what a browser will say
  cfncors check .                     every template below this folder
  cfncors fix --diff template.yaml    what would be changed
  cfncors fix template.yaml           change it
  cfncors serve template.yaml         those answers on this machine, for a real browser
  cfncors explain E9421               why a rule is there
  cfncors explain "… blocked by CORS policy: …"    what a console message comes from
"""
_CHECK_EXAMPLES: Final = """\
examples:
  cfncors check template.yaml
  cfncors check --format json services/ > findings.json
  cfncors check --select E --ignore E9431,E9461 .
  cdk synth --json | cfncors check - --stdin-filename stack.json

exit codes: 0 clean, 1 findings of warning or above, 2 wrong usage,
3 a file could not be read
"""
_FIX_EXAMPLES: Final = """\
examples:
  cfncors fix --diff template.yaml
  cfncors fix --origin https://app.example.com .
  cfncors fix --select E9421 --unsafe-fixes template.yaml
  cfncors fix - < template.yaml > fixed.yaml

exit codes: 0 nothing above info is left, 1 something is left (or, with --diff
or --check, would change), 2 wrong usage, 3 a file could not be read or written
"""
_SIMULATE_EXAMPLES: Final = """\
examples:
  cfncors simulate template.yaml
  cfncors simulate template.yaml --origin https://app.example.com --credentials
  cfncors simulate template.yaml --path /notes --method PUT --header X-Tenant
  cfncors simulate template.yaml --parameter Stage=prod --format html > cors.html

exit codes: 0 nothing that the template decides is blocked, 1 something is,
2 wrong usage, 3 the file could not be read
"""


_SERVE_EXAMPLES: Final = """\
examples:
  cfncors serve template.yaml              then open http://127.0.0.1:3000/
  cfncors serve template.yaml --port 8080 --as https://app.example.com
  curl -i -H 'Origin: https://app.example.com' http://127.0.0.1:3000/~401/notes
  curl -i -H 'X-Cfncors-Outcome: THROTTLED' http://127.0.0.1:3000/notes

exit codes: 0 ended with Ctrl-C, 2 wrong usage or the port is in use,
3 the file could not be read
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    if argv is None:
        # As a program: trees have no cycles and live until the end, so looking for garbage only costs time.
        gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
        return code
    except UsageError as error:
        print(f"cfncors: error: {printable(str(error))}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more at exit; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(argv: Sequence[str] | None) -> int:
    try:
        args = _parser().parse_args(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if getattr(args, "debug", False):
        os.environ[DEBUG] = "1"  # workers inherit it
    code: int = args.command(args)
    return code


# -- arguments --------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and whose help keeps the line breaks of its examples."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, formatter_class=_layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def _layout(prog: str) -> argparse.HelpFormatter:
    """Help at a fixed width: asking for the terminal's would load a tenth of what a whole check needs."""
    return argparse.RawDescriptionHelpFormatter(prog, width=79)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("cfncors", description=_DESCRIPTION, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"cfncors {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog="cfncors")
    check = commands.add_parser("check", help="report faults", epilog=_CHECK_EXAMPLES)
    check.set_defaults(command=_check)
    check.add_argument("--format", choices=("text", "json", "github"), default="text", help="default: text")
    _add_common(check)
    fix = commands.add_parser("fix", help="mend what can be mended", epilog=_FIX_EXAMPLES)
    fix.set_defaults(command=_fix)
    fix.add_argument("--diff", action="store_true", help="print a unified diff and write nothing")
    fix.add_argument("--check", action="store_true", help="say what would be fixed and write nothing")
    fix.add_argument("--unsafe-fixes", action="store_true", help="also fixes that say something new")
    _add_common(fix)
    _add_simulate(commands.add_parser("simulate", help="show what a browser will do", epilog=_SIMULATE_EXAMPLES))
    _add_serve(
        commands.add_parser("serve", help="answer as API Gateway would, on this machine", epilog=_SERVE_EXAMPLES)
    )
    explain = commands.add_parser("explain", help="say why a rule is there, or what a console message means")
    explain.set_defaults(command=_explain)
    explain.add_argument("rule", nargs="?", metavar="RULE", help="an id, a name, or a message in quotes")
    return parser


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_simulate)
    add = parser.add_argument
    add("path", metavar="TEMPLATE", help="a template, or - for standard input")
    add("--origin", action="append", default=[], metavar="ORIGIN", help="of the pages; several times for several")
    add("--credentials", action="store_true", default=None, help="pages send cookies (default: where the API allows)")
    add("--header", action="append", default=[], metavar="'NAME[: VALUE]'", help="a header that pages send")
    add("--method", metavar="METHOD", help="only routes that take this method")
    add("--path", dest="route", metavar="PATH", help="only the route that takes this path: /notes/1 or /notes/{id}")
    add("--parameter", action="append", default=[], metavar="KEY=VALUE", help="a value for a template parameter")
    add("--profile", choices=("fetch", "chromium", "firefox"), default="fetch", help="default: the Fetch standard")
    add("--format", choices=("text", "json", "html"), default="text", help="default: text; html is one page to share")
    add("--stdin-filename", metavar="NAME", default="<stdin>", help="the name to report for -")
    add("--debug", action="store_true", help="a traceback for internal errors")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_serve)
    add = parser.add_argument
    add("path", metavar="TEMPLATE", help="a template; it is read again when it changes")
    add("--api", metavar="ID", help="only the REST API of this logical id")
    add("--port", type=_port, default=3000, metavar="PORT", help="0 for any free one (default: 3000)")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    add("--allow-remote", action="store_true", help="let --host be an address that other machines reach")
    add(
        "--as", dest="origin", metavar="ORIGIN", help="the origin that the page plays (default: one that the API names)"
    )
    add(
        "--handler",
        choices=("correct", "none"),
        default="correct",
        help="what functions answer with (default: correct)",
    )
    add("--parameter", action="append", default=[], metavar="KEY=VALUE", help="a value for a template parameter")
    add("-q", "--quiet", action="store_true", help="no line for each request")
    add("--debug", action="store_true", help="a traceback for internal errors")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise UsageError(f"--port {text!r} is no port; write a number from 0 to 65535, such as --port 3000")
    return int(text)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", default=["."], help="files, folders, or - for standard input (default: .)")
    add("--select", action="append", metavar="RULES", help="only these ids, beginnings of ids, or names (comma list)")
    add("--ignore", action="append", metavar="RULES", help="not these")
    add("--origin", metavar="ORIGIN", help="for fixes that find none: https://app.example.com")
    add("--credentials", action="store_true", default=None, help="pages call with cookies or other credentials")
    add("--templates-only", action="store_true", help="pass over named files that are no templates, as in folders")
    add("--stdin-filename", metavar="NAME", default="<stdin>", help="the name to report for -")
    add("-q", "--quiet", action="store_true", help="one line per finding, no summary")
    add("--debug", action="store_true", help="a traceback for internal errors")


def _settings(args: argparse.Namespace) -> Settings:
    """The configuration file's settings with what the command line says instead; ``--ignore`` adds to it."""
    rules = [(rule.id, rule.name) for rule in all_rules()]
    settings = config.load(".", rules)
    if args.select is not None:
        settings = settings._replace(select=config.rule_ids(_words(args.select), rules))
    if args.ignore is not None:
        settings = settings._replace(ignore=(*settings.ignore, *config.rule_ids(_words(args.ignore), rules)))
    if args.origin is not None:
        settings = settings._replace(origin=config.origin(args.origin))
    if args.credentials is not None:
        settings = settings._replace(credentials=args.credentials)
    return settings


def _words(lists: list[str]) -> list[str]:
    words = [word.strip() for each in lists for word in each.split(",")]
    if not all(words):
        raise UsageError("an empty rule in --select or --ignore; write --select E9421,W944")
    return words


# -- check ------------------------------------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> int:
    settings = _settings(args)
    named = list(candidates(args.paths))
    checked = check_files([each for each in named if each.path != STDIN], settings, args.templates_only)
    reports = [_check_stdin(args, settings) if each.path == STDIN else next(checked) for each in named]
    _print_reports(args, [report for report in reports if not report.skipped])
    codes = [_report_code(report) for report in reports]
    return max([*codes, _note_skipped(args, named, reports)], default=CLEAN)


def _check_stdin(args: argparse.Namespace, settings: Settings) -> FileReport:
    return check_bytes(_read_stdin(), args.stdin_filename, settings, args.templates_only)


def _read_stdin() -> bytes:
    return sys.stdin.buffer.read()


def _print_reports(args: argparse.Namespace, reports: list[FileReport]) -> None:
    files = _checked(reports)
    if args.format == "json":
        from cfncors.report import json

        print(json.render(reports, files))
    elif args.format == "github":
        from cfncors.report import github

        sys.stdout.write(github.render(reports))
    else:
        from cfncors.report import text

        style = _style(sys.stdout)
        if args.quiet:
            sys.stdout.write(text.concise(reports, style))
        else:
            sys.stdout.write(text.render(reports, style))
            print(wrapped(text.summary(reports, files), style.width, "", "  "))


def _checked(reports: Sequence[FileReport]) -> int:
    return sum(1 for report in reports if not report.skipped and report.error is None)


def _report_code(report: FileReport) -> int:
    if report.failed:
        return FAILED
    return FINDINGS if any(finding.rule.severity != "info" for finding in report.findings) else CLEAN


def _note_skipped(args: argparse.Namespace, named: list[Candidate], reports: Sequence[FileReport]) -> int:
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


def _style(stream: TextIO) -> Style:
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


# -- fix --------------------------------------------------------------------------------------------------------------


def _fix(args: argparse.Namespace) -> int:
    settings = _settings(args)
    named = list(candidates(args.paths))
    work = partial(_fix_candidate, settings=settings, unsafe=args.unsafe_fixes, as_found=args.templates_only)
    fixed = over_files(work, [each for each in named if each.path != STDIN])
    results = []
    for candidate in named:
        result = _fix_stdin(args, settings) if candidate.path == STDIN else next(fixed)
        results.append(_deliver(args, candidate, result))
    # The result goes to standard output; then what is said about it goes to standard error.
    out = sys.stderr if args.diff or STDIN in args.paths else sys.stdout
    _print_results(args, [result for result in results if not result.report.skipped], out)
    codes = [_result_code(args, result) for result in results]
    return max([*codes, _note_skipped(args, named, [result.report for result in results])], default=CLEAN)


def _fix_candidate(candidate: Candidate, settings: Settings, unsafe: bool, as_found: bool) -> FixResult:
    from cfncors.fix import fix_file

    return fix_file(candidate.path, settings, unsafe, as_found or candidate.folder is not None).portable()


def _fix_stdin(args: argparse.Namespace, settings: Settings) -> FixResult:
    from cfncors.fix import fix_bytes

    data = _read_stdin()
    result = fix_bytes(data, args.stdin_filename, settings, args.unsafe_fixes, args.templates_only)
    if not args.diff and not args.check and not result.changed:
        _write_bytes(data)  # what cannot be mended goes through as it came, so that a pipe loses nothing
    return result


def _deliver(args: argparse.Namespace, candidate: Candidate, result: FixResult) -> FixResult:
    """Write the fixed text, or its diff. Returns the result, with an error in its report when writing failed."""
    if not result.changed or (args.check and not args.diff):
        return result
    if args.diff:
        from cfncors.report import diff

        _write_bytes(
            diff.render(result.name, result.before, result.after, _style(sys.stdout)).encode(errors="surrogateescape")
        )
    elif candidate.path == STDIN:
        _write_bytes(result.after.encode())
    else:
        try:
            _replace_file(candidate.path, result.after.encode())
        except OSError as error:
            reason = UnreadableTemplate(f"cannot be written: {error.strerror}")
            report = FileReport(result.name, error=reason)
            return result._replace(after=result.before, report=report, applied=(), held=())
    return result


def _write_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _replace_file(path: str, data: bytes) -> None:
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


def _print_results(args: argparse.Namespace, results: list[FixResult], out: TextIO) -> None:
    """What was done per file, what is left and why, and the sum."""
    from cfncors.report import fixes, text

    style = _style(out)
    dry = args.diff or args.check
    for result in results:
        out.write(fixes.done(result, dry, style))
    left = [fixes.left(result) for result in results]
    if args.quiet:
        out.write(text.concise(left, style))
        return
    if dry:
        out.write("".join(fixes.held(result, style) for result in results))
        out.write(text.render([report for report in left if report.failed], style))
    else:
        out.write(text.render(left, style))
    print(wrapped(fixes.summary(results, dry, _checked(left)), style.width, "", "  "), file=out)


def _result_code(args: argparse.Namespace, result: FixResult) -> int:
    code = _report_code(result.report)
    return max(code, FINDINGS) if result.changed and (args.diff or args.check) else code


# -- simulate ---------------------------------------------------------------------------------------------------------


def _simulate(args: argparse.Namespace) -> int:
    from cfncors.simulate import options, simulate

    settings = _configured()
    chosen = options(
        args.origin,
        args.credentials or settings.credentials or None,
        args.header,
        args.method,
        args.route,
        args.parameter,
        args.profile,
        settings.origin,
    )
    name = args.stdin_filename if args.path == STDIN else args.path
    try:
        model = _model(args, name, settings)
        if model is None:
            print(f"cfncors: error: {printable_name(name)} is no CloudFormation or SAM template", file=sys.stderr)
            return FAILED
        result = simulate(model, chosen, name)
    except UnreadableTemplate as error:
        where = f"{printable_name(name)}:{error.line}:{error.column}"
        print(f"cfncors: error: {where}: {printable(error.reason)}", file=sys.stderr)
        return FAILED
    _print_simulation(args, result)
    return FINDINGS if result.blocked else CLEAN


def _configured() -> Settings:
    return config.load(".", [(rule.id, rule.name) for rule in all_rules()])


def _model(args: argparse.Namespace, name: str, settings: Settings) -> Model | None:
    """The model of a template; ``None`` when the file is none. Raises :class:`UnreadableTemplate`."""
    data = _read_stdin() if args.path == STDIN else read_file(args.path)
    if isinstance(data, FileReport):
        raise data.error or UnreadableTemplate("cannot be read")
    template = load(parse(decode(data), name))
    return build(template, settings) if template is not None else None


def _print_simulation(args: argparse.Namespace, result: Simulation) -> None:
    if args.format == "json":
        from cfncors.report import simulation_json

        print(simulation_json.render(result))
    elif args.format == "html":
        from cfncors.report import simulation_html

        sys.stdout.write(simulation_html.render(result))
    else:
        from cfncors.report import simulation_text

        sys.stdout.write(simulation_text.render(result, _style(sys.stdout)))


# -- serve ------------------------------------------------------------------------------------------------------------


def _serve(args: argparse.Namespace) -> int:
    from cfncors.serve import Choice, Server, Site, Watched, greeting
    from cfncors.simulate import options

    origin = config.origin(args.origin, "--as") if args.origin is not None else None
    choice = Choice(args.api, options(parameters=args.parameter).parameters, origin, args.handler)
    try:
        watched = Watched(args.path, choice)
    except UnreadableTemplate as error:
        where = f"{printable_name(args.path)}:{error.line}:{error.column}"
        print(f"{where}: E9490 {printable(error.reason)}", file=sys.stderr)
        return FAILED
    gc.enable()  # this one runs for hours
    site = Site(watched, lambda line: print(line, file=sys.stderr, flush=True), quiet=args.quiet)
    server = Server(site, args.host, args.port, remote=args.allow_remote)
    print(greeting(watched.deployment, server.url), flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            print(file=sys.stderr)  # after the terminal's own ^C, so that the prompt begins on a new line
    finally:
        server.close(running=False)
    return CLEAN


# -- explain ----------------------------------------------------------------------------------------------------------


def _explain(args: argparse.Namespace) -> int:
    from cfncors.explain import explain, listing

    style = _style(sys.stdout)
    sys.stdout.write(listing(all_rules(), style) if args.rule is None else explain(args.rule, all_rules(), style))
    return CLEAN
