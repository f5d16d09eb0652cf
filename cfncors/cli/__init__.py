"""The command line. The only part that prints and writes files.

Exit codes. ``check``: 0 clean, 1 findings of warning or above. ``fix``: 0 when nothing above info is left, 1 when
something is left or, with ``--diff`` or ``--check``, would change; ``enable`` the same for its front door. All: 2 wrong
usage, 3 a file could not be read or written, or an internal error. 130 after Ctrl-C, 141 when the reader of the output
goes away.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from cfncors import __version__
from cfncors.cli.arguments import Parser
from cfncors.cli.exits import BROKEN_PIPE, CLEAN, FAILED, FINDINGS, INTERRUPTED, USAGE
from cfncors.errors import UsageError
from cfncors.report.terminal import printable

_DESCRIPTION: Final = """\
Finds and mends, before deployment, what makes browsers say "blocked by CORS
policy": in CloudFormation and SAM templates.
"""
_EXAMPLES: Final = """\
examples:
  cfncors check template.yaml         what is wrong, where, and what a browser will say
  cfncors check .                     every template below this folder
  cfncors fix --diff template.yaml    what would be changed
  cfncors fix template.yaml           change it
  cfncors enable template.yaml Api --origin https://app.example.com
  cfncors serve template.yaml         those answers on this machine, for a real browser
  cfncors explain E9421               why a rule is there
  cfncors explain "… blocked by CORS policy: …"    what a console message comes from
"""
#: Each is a module beside this one, which is loaded when its command is asked for.
_COMMANDS: Final = {
    "check": "report faults",
    "fix": "mend what can be mended",
    "enable": "add complete CORS to one front door",
    "simulate": "show what a browser will do",
    "serve": "answer as AWS would, on this machine",
    "explain": "say why a rule is there, or what a console message means",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    if argv is None:
        # As a program: trees have no cycles and live until the end, so looking for garbage only costs time.
        gc.disable()
        argv = sys.argv[1:]
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
    except Exception as error:
        from cfncors.lint import internal_error

        print(f"cfncors: internal error in {printable(internal_error('this command', error))}", file=sys.stderr)
        return FAILED


def _run(argv: Sequence[str]) -> int:
    try:
        args = _parser(argv).parse_args(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if getattr(args, "debug", False):
        from cfncors.errors import DEBUG

        os.environ[DEBUG] = "1"  # workers inherit it
    code: int = args.command(args)
    return code


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the arguments of the command that ``argv`` names; the others only have their line of help."""
    parser = Parser("cfncors", description=_DESCRIPTION, epilog=_EXAMPLES)
    parser.add_argument("--version", action="version", version=f"cfncors {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog="cfncors")
    asked = next((word for word in argv if not word.startswith("-")), None)
    for name, does in _COMMANDS.items():
        command = commands.add_parser(name, help=does)
        if name == asked:
            module = import_module(f"cfncors.cli.{name}")
            module.arguments(command)
            command.set_defaults(command=module.run)
    return parser


__all__ = ["BROKEN_PIPE", "CLEAN", "FAILED", "FINDINGS", "INTERRUPTED", "USAGE", "main"]
