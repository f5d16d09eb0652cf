"""``cfncors explain``: why a rule is there, or what a console message means."""

from __future__ import annotations

import argparse
import sys

from cfncors.cli.exits import CLEAN
from cfncors.cli.output import style
from cfncors.lint import all_rules


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="an id, a name, or a message in quotes")


def run(args: argparse.Namespace) -> int:
    """Print the explanation, or the list of rules; the exit code."""
    from cfncors.explain import explain, listing

    look = style(sys.stdout)
    sys.stdout.write(listing(all_rules(), look) if args.rule is None else explain(args.rule, all_rules(), look))
    return CLEAN
