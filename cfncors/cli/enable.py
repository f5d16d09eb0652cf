"""``cfncors enable``: add complete CORS to one front door."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from cfncors.cli.arguments import configured
from cfncors.cli.exits import CLEAN, FAILED, FINDINGS, USAGE
from cfncors.cli.input import read_path
from cfncors.cli.output import replace_file, say_unreadable, style, write_bytes
from cfncors.discover import STDIN
from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.report.terminal import printable
from cfncors.source import decode

if TYPE_CHECKING:
    from cfncors.config import Settings
    from cfncors.enable import Asked
    from cfncors.report.enabled import Enabled

_EXAMPLES: Final = """\
examples:
  cfncors enable template.yaml Api --origin https://app.example.com
  cfncors enable template.yaml Uploads --origin https://app.example.com --method PUT
  cfncors enable template.yaml ServerlessHttpApi --origin https://app.example.com \\
      --origin http://localhost:3000 --credentials --expose X-Total-Count --diff

LOGICAL_ID is a REST or HTTP API (ServerlessRestApi and ServerlessHttpApi are
SAM's implicit ones), a function URL or the function that has it, a bucket, or
a CloudFront distribution.

exit codes: 0 the front door has it, proved; 1 something is left (or, with
--diff or --check, would change); 2 wrong usage, or it cannot be done; 3 the
file could not be read or written
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = _EXAMPLES
    add = parser.add_argument
    add("path", metavar="TEMPLATE", help="a template, or - for standard input")
    add("logical_id", metavar="LOGICAL_ID", help="of the front door that pages call")
    add("--origin", action="append", default=[], metavar="ORIGIN", help="of the pages; several times; '*' for any")
    add("--credentials", action="store_true", default=None, help="pages send cookies or other credentials")
    add("--method", action="append", default=[], metavar="METHOD", help="for routes that take any (default: all)")
    add("--header", action="append", default=[], metavar="NAME", help="that pages send beside what is demanded")
    add("--expose", action="append", default=[], metavar="NAME", help="a response header that pages may read")
    add("--max-age", metavar="SECONDS", help="for which browsers keep a preflight (default: 600)")
    add("--diff", action="store_true", help="print a unified diff and write nothing")
    add("--check", action="store_true", help="say what would be added and write nothing")
    add("--stdin-filename", metavar="NAME", default="<stdin>", help="the name to report for -")
    add("--debug", action="store_true", help="a traceback for internal errors")


def run(args: argparse.Namespace) -> int:
    """Enable it, write the file or print the diff, and say what was done and what is left; the exit code."""
    from cfncors.enable import SeveralOrigins, enable_text

    settings = configured()
    wish = _wish(args, settings)
    name = args.stdin_filename if args.path == STDIN else args.path
    try:
        result = enable_text(decode(read_path(args.path)), name, args.logical_id, wish, settings)
        _deliver(args, result)
    except UnreadableTemplate as error:
        return say_unreadable(name, error)
    except SeveralOrigins as error:
        print(f"cfncors: error: {printable(str(error))}\n\n{error.forms}", end="", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"cfncors: error: {printable(name)}: cannot be written: {error.strerror}", file=sys.stderr)
        return FAILED
    except UsageError:
        raise
    except Exception as error:  # a fault of ours; the file is as it was
        if args.debug:
            raise
        what = printable(f"{type(error).__name__}: {error}".replace("\n", " "))
        note = "please report it with the output of --debug"
        print(f"cfncors: error: {printable(name)}: internal error: {what}; {note}", file=sys.stderr)
        return FAILED
    return _report(args, result)


def _wish(args: argparse.Namespace, settings: Settings) -> Asked:
    from cfncors.enable import asked

    origins = args.origin or ([settings.origin] if settings.origin is not None else [])
    credentials = bool(args.credentials or (settings.credentials and not args.origin))
    return asked(origins, credentials, args.method, args.header, args.expose, args.max_age)


def _deliver(args: argparse.Namespace, result: Enabled) -> None:
    """Write the new text, or its diff. Standard input goes through as it came when there is nothing to change."""
    if args.diff:
        from cfncors.report import diff

        text = diff.render(result.name, result.before, result.after, style(sys.stdout))
        write_bytes(text.encode(errors="surrogateescape"))
    elif args.check:
        return
    elif args.path == STDIN:
        write_bytes(result.after.encode())
    elif result.changed:
        replace_file(args.path, result.after.encode())


def _report(args: argparse.Namespace, result: Enabled) -> int:
    from cfncors.report import enabled, text

    dry = args.diff or args.check
    out = sys.stderr if args.diff or args.path == STDIN else sys.stdout
    look = style(out)
    out.write(enabled.render(result, dry, look))
    if result.left.placed:
        out.write(text.render([result.left], look))
    if dry and result.changed:
        return FINDINGS
    return CLEAN if result.done else FINDINGS
