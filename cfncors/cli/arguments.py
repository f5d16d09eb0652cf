"""What commands share of their arguments, and the settings that come of them."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

from cfncors import config
from cfncors.config import Settings
from cfncors.errors import UsageError
from cfncors.lint import all_rules


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and whose help keeps the line breaks of its examples."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, formatter_class=_layout, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def _layout(prog: str) -> argparse.HelpFormatter:
    """Help at a fixed width: asking for the terminal's would load a tenth of what a whole check needs."""
    return argparse.RawDescriptionHelpFormatter(prog, width=79)


def add_common(parser: argparse.ArgumentParser) -> None:
    """What ``check`` and ``fix`` take alike: files, rules, pages."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", default=["."], help="files, folders, or - for standard input (default: .)")
    add("--select", action="append", metavar="RULES", help="only these ids, beginnings of ids, or names (comma list)")
    add("--ignore", action="append", metavar="RULES", help="not these")
    add("--origin", metavar="ORIGIN", help="for fixes that find none: https://app.example.com")
    add_credentials(parser)
    add_root(parser)
    add("--templates-only", action="store_true", help="pass over named files that are no templates, as in folders")
    add("--stdin-filename", metavar="NAME", default="<stdin>", help="the name to report for -")
    add("-q", "--quiet", action="store_true", help="one line per finding, no summary")
    add("--debug", action="store_true", help="a traceback for internal errors")


def add_credentials(parser: argparse.ArgumentParser) -> None:
    """Whether pages send credentials: yes, no, or as each route's own configuration says."""
    said = "pages send cookies or other credentials, or none do (default: as each route's configuration says)"
    parser.add_argument("--credentials", action=argparse.BooleanOptionalAction, default=None, help=said)


def add_root(parser: argparse.ArgumentParser) -> None:
    """Where the code of functions is looked at."""
    parser.add_argument("--root", metavar="FOLDER", help="read no code outside of it (default: the repository)")


def root(args: argparse.Namespace) -> str | None:
    """The folder that ``--root`` names. Raises :class:`UsageError` when there is none."""
    if args.root is not None and not os.path.isdir(args.root):
        raise UsageError(f"--root {args.root!r} is no folder; write --root . for this one")
    return None if args.root is None else os.path.abspath(args.root)


def settings(args: argparse.Namespace) -> Settings:
    """The configuration file's settings with what the command line says instead; ``--ignore`` adds to it."""
    rules = _names()
    chosen = configured()
    if args.select is not None:
        chosen = chosen._replace(select=config.rule_ids(_words(args.select), rules))
    if args.ignore is not None:
        chosen = chosen._replace(ignore=(*chosen.ignore, *config.rule_ids(_words(args.ignore), rules)))
    if args.origin is not None:
        chosen = chosen._replace(origin=config.origin(args.origin))
    if args.credentials is not None:
        chosen = chosen._replace(credentials=args.credentials)
    return chosen._replace(root=root(args) or chosen.root)


def configured() -> Settings:
    """The settings of the configuration file alone."""
    return config.load(".", _names())


def _names() -> list[tuple[str, str]]:
    return [(rule.id, rule.name) for rule in all_rules()]


def _words(lists: list[str]) -> list[str]:
    words = [word.strip() for each in lists for word in each.split(",")]
    if not all(words):
        raise UsageError("an empty rule in --select or --ignore; write --select E9421,W944")
    return words
