"""``cfncors simulate``: what a browser will do with every route."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

from cfncors.cli.arguments import add_credentials, add_root, configured, root
from cfncors.cli.exits import CLEAN, FAILED, FINDINGS
from cfncors.cli.input import read_facts
from cfncors.cli.output import say_unreadable, style
from cfncors.discover import STDIN
from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.report.terminal import printable_name

if TYPE_CHECKING:
    from cfncors.report.simulation import Simulation

_EXAMPLES: Final = """\
examples:
  cfncors simulate template.yaml
  cfncors simulate template.yaml --origin https://app.example.com --credentials
  cfncors simulate template.yaml --path /notes --method PUT --header X-Tenant
  cfncors simulate template.yaml --parameter Stage=prod --format html > cors.html

A front door is closed when nothing in the template or its code says that pages
of other origins call it. One line says so, unless --origin, --method or --path
asks about it.

exit codes: 0 nothing that the template decides is blocked, 1 something is, or
deployment refuses it, 2 wrong usage, 3 the file could not be read; a closed
front door counts only where it is asked about
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = _EXAMPLES
    add = parser.add_argument
    add("path", metavar="TEMPLATE", help="a template, or - for standard input")
    add("--origin", action="append", default=[], metavar="ORIGIN", help="of the pages; several times for several")
    add_credentials(parser)
    add("--header", action="append", default=[], metavar="'NAME[: VALUE]'", help="a header that pages send")
    add("--method", metavar="METHOD", help="only routes that take this method")
    add("--path", dest="route", metavar="PATH", help="only the route that takes this path: /notes/1 or /notes/{id}")
    add("--parameter", action="append", default=[], metavar="KEY=VALUE", help="a value for a template parameter")
    add("--profile", choices=("fetch", "chromium", "firefox"), default="fetch", help="default: the Fetch standard")
    add("--format", choices=("text", "json", "html"), default="text", help="default: text; html is one page to share")
    add_root(parser)
    add("--stdin-filename", metavar="NAME", default="<stdin>", help="the name to report for -")
    add("--debug", action="store_true", help="a traceback for internal errors")


def run(args: argparse.Namespace) -> int:
    """Simulate the template and print the result; the exit code."""
    from cfncors.refused import refused
    from cfncors.verdicts import options, simulate
    from cfncors.verdicts.options import check_parameters

    if os.path.isdir(args.path):
        raise UsageError(f"{args.path} is a folder; simulate takes one template")
    settings = configured()
    settings = settings._replace(root=root(args) or settings.root)
    if args.credentials is not None:
        settings = settings._replace(credentials=args.credentials)
    chosen = options(
        args.origin,
        settings.credentials,
        args.header,
        args.method,
        args.route,
        args.parameter,
        args.profile,
        settings.origin,
    )
    name = args.stdin_filename if args.path == STDIN else args.path
    try:
        facts = read_facts(args.path, name, settings)
        if facts is None:
            print(f"cfncors: error: {printable_name(name)} is no CloudFormation or SAM template", file=sys.stderr)
            return FAILED
        check_parameters(facts.template, chosen.parameters)
        result = simulate(facts.model, chosen, name, facts.functions, refused(facts, name, chosen))
    except UnreadableTemplate as error:
        return say_unreadable(name, error)
    _print_simulation(args, result)
    return FINDINGS if result.blocked else CLEAN


def _print_simulation(args: argparse.Namespace, result: Simulation) -> None:
    if args.format == "json":
        from cfncors.report import simulation_json

        print(simulation_json.render(result))
    elif args.format == "html":
        from cfncors.report import simulation_html

        sys.stdout.write(simulation_html.render(result))
    else:
        from cfncors.report import simulation_text

        sys.stdout.write(simulation_text.render(result, style(sys.stdout)))
