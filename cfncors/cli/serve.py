"""``cfncors serve``: those answers on this machine."""

from __future__ import annotations

import argparse
import gc
import sys
from typing import Final

from cfncors import config
from cfncors.cli.arguments import add_root, root
from cfncors.cli.exits import CLEAN, FAILED
from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.report.terminal import printable, printable_name

_EXAMPLES: Final = """\
examples:
  cfncors serve template.yaml              then open http://127.0.0.1:3000/
  cfncors serve template.yaml --port 8080 --as https://app.example.com
  curl -i -H 'Origin: https://app.example.com' http://127.0.0.1:3000/~401/notes
  curl -i -H 'X-Cfncors-Outcome: THROTTLED' http://127.0.0.1:3000/notes

exit codes: 0 ended with Ctrl-C, 2 wrong usage or the port is in use,
3 the file could not be read
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = _EXAMPLES
    add = parser.add_argument
    add("path", metavar="TEMPLATE", help="a template; it is read again when it changes")
    add("--api", metavar="ID", help="only the front door of this logical id")
    add("--port", type=_port, default=3000, metavar="PORT", help="0 for any free one (default: 3000)")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    add("--allow-remote", action="store_true", help="let --host be an address that other machines reach")
    add("--as", dest="origin", metavar="ORIGIN", help="the origin that the page plays (default: one that is named)")
    add(
        "--handler",
        choices=("correct", "none"),
        default="correct",
        help="what functions answer with (default: correct)",
    )
    add("--parameter", action="append", default=[], metavar="KEY=VALUE", help="a value for a template parameter")
    add_root(parser)
    add("-q", "--quiet", action="store_true", help="no line for each request")
    add("--debug", action="store_true", help="a traceback for internal errors")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise UsageError(f"--port {text!r} is no port; write a number from 0 to 65535, such as --port 3000")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; the exit code."""
    from cfncors.serve import Choice, Server, Site, Watched, greeting
    from cfncors.verdicts import options

    origin = config.origin(args.origin, "--as") if args.origin is not None else None
    choice = Choice(args.api, options(parameters=args.parameter).parameters, origin, args.handler, root(args))
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
