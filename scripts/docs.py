"""Write a page for each rule, and a table of all: ``docs/rules/ID.md`` and ``docs/README.md``.

    python -m scripts.docs            write what has changed
    python -m scripts.docs --check    write nothing; exit 1 if something would change

A page is the rule's docstring with a real run in its *Example*: the named fixture, what ``cfncors check`` says of it,
and what ``cfncors fix --diff`` makes of it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Final

from cfncors.checks import CHECKS
from cfncors.findings import ABOUT, Rule
from cfncors.fix import fix_bytes
from cfncors.lint import all_rules, check_bytes
from cfncors.report import diff, text
from cfncors.report.terminal import Style
from scripts.golden import Case, cases
from scripts.tables import DOORS, front_doors, peers

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs"

#: The fixture shown on a rule's page (without its rule and format), where it is not the first of SAM.
SHOWN: Final = {
    "E9410": "s3-names",
    "E9412": "http-sam",
    "E9414": "plain",
    "E9417": "url-sam",
    "E9418": "http-sam",
    "E9419": "http-sam",
    "E9421": "sam",
    "E9426": "plain",
    "E9431": "plain",
    "E9435": "plain",
    "E9436": "plain-no-status",
    "E9442": "rest-serverless-origin-list",
    "E9443": "sam-with-origin",
    "E9461": "plain",
    "E9462": "rest-sam",
    "W9463": "rest-sam",
    "E9464": "url-sam",
    "W9465": "http-sam",
    "I9471": "s3-plain",
    "W9472": "s3-plain",
    "E9473": "cdn-sam",
    "W9474": "cdn-plain",
    "E9475": "cdn-plain",
    "E9490": "sam-list-of-resources",
    "W9445": "http-sam",
    "W9446": "rest-sam",
    "W9447": "http-sam",
    "W9448": "rest-sam",
    "W9456": "http-sam-any",
}
#: First digits after the severity letter -> what the family is about.
FAMILIES: Final = {
    "941": "Wrong dialect: what the service will reject or misread",
    "942": "Gateway responses: when API Gateway answers in the function's place",
    "943": "Preflight",
    "944": "Origins",
    "945": "Header and method lists",
    "946": "The actual responses",
    "947": "Storage and CDN",
    "948": "Verdicts: what is blocked and has no rule of its own",
    "949": "This tool",
}
_STYLE: Final = Style(colour=False, width=100)
_NAME: Final = "template.yaml"


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {path: make() for path, make in makers().items()}


def makers() -> dict[Path, Callable[[], str]]:
    """Every generated page with what makes its text."""
    rules = all_rules()
    return {
        FOLDER / "README.md": partial(index, rules),
        FOLDER / "front-doors.md": partial(front_doors, rules),
        FOLDER / "peers.md": peers,
        **{FOLDER / "rules" / f"{rule.id}.md": partial(page, rule) for rule in rules},
    }


def page(rule: Rule) -> str:
    """A rule's page."""
    doc = cleandoc(rule.doc)
    before, heading, after = doc.partition("\n## Fix safety")
    spoken = f", of {', '.join(DOORS[door] for door in rule.doors)}" if rule.doors else ""
    audit = ", off unless it is named" if rule.audit else ""
    facts = f"{rule.severity}{spoken}{audit}, fix: {_fixes(rule)}. About: {ABOUT[rule.about]}."
    example = "\n".join(_run(_shown(rule)))
    return f"# {rule.id} {rule.name}\n\n*{facts}*\n\n{before.rstrip()}\n\n{example}{heading}{after}\n"


def index(rules: list[Rule]) -> str:
    """The other pages, and the table of all rules, family by family."""
    lines = [
        "# cfncors",
        "",
        "- [check](check.md): what a finding says, in text and for programs",
        "- [enable](enable.md): complete CORS for one front door",
        "- [simulate](simulate.md): what a browser will do with every route",
        "- [serve](serve.md): those answers on localhost",
        "- [serverless.yml](serverless.md): the Serverless Framework 3 and osls",
        "- [CDK and SST](cdk.md): synthesised templates, and the calls that mend them",
        "- [the function's own code](handlers.md): which responses a page cannot read, and how they are mended",
        "- [front doors](front-doors.md): which rule speaks of which front door",
        "- [peers](peers.md): what other tools find, and the rules for it",
        "- [browsers](browsers.md): how the model agrees with real browsers, and its use in Python",
        "",
        "# The rules",
        "",
        "`E` breaks in a browser or at deployment, `W` is very probably wrong or unsafe, `I` is advice. A *safe* fix",
        "keeps or restores what the template already says; an *unsafe* one says something new and is made only with",
        "`--unsafe-fixes`. `cfncors explain ID` prints a page in the terminal.",
    ]
    for digits, title in FAMILIES.items():
        lines += ["", f"## {digits}x {title}", "", "| id | name | what is wrong | fix |", "|---|---|---|---|"]
        for rule in rules:
            if rule.id[1:].startswith(digits):
                lines.append(f"| [{rule.id}](rules/{rule.id}.md) | {rule.name} | {rule.summary} | {_fixes(rule)} |")
    return "\n".join(lines) + "\n"


def _fixes(rule: Rule) -> str:
    return " or ".join(rule.fixes) or "none"


def _shown(rule: Rule) -> Case:
    failing = [case for case in cases() if (case.rule, case.kind, case.format) == (rule.id, "fail", "yaml")]
    variants = {case.variant: case for case in failing}
    wanted = [SHOWN.get(rule.id), "sam", *(f"{door}-sam" for door in rule.doors), *variants]
    found = next((variants[variant] for variant in wanted if variant in variants), None)
    if found is None:
        raise LookupError(f"{rule.id} has no failing fixture to show")
    return found


def _run(case: Case) -> Iterator[str]:
    """What the commands print about a fixture, under a name as a user would have."""
    data = case.path.read_bytes()
    alone = not CHECKS[case.rule][0].audit and {finding.rule.id for finding in case.check().findings} <= {case.rule}
    settings = case.settings._replace(select=() if alone else (case.rule,))
    options = "" if alone else f" --select {case.rule}"
    if settings.origin is not None:
        options += f" --origin {settings.origin}"
    report = check_bytes(data, str(case.path), settings)._replace(name=_NAME)  # it may name files beside it
    yield f"### A run\n\nOf [{case.path.name}](../../{case.path.relative_to(ROOT).as_posix()}):\n"
    yield from _console(f"check{options} {_NAME}", text.render([report], _STYLE), "text")
    safeties = {finding.fix.safety for finding in report.findings if finding.fix is not None}
    if safeties:
        unsafe = "safe" not in safeties
        result = fix_bytes(data, _NAME, settings, unsafe=unsafe)
        changed = diff.render(_NAME, result.before, result.after, _STYLE)
        yield from _console(f"fix --diff{' --unsafe-fixes' if unsafe else ''}{options} {_NAME}", changed, "diff")


def _console(command: str, output: str, language: str) -> Iterator[str]:
    cleaned = re.sub(r"[ \t\r]+$", "", output, flags=re.MULTILINE).rstrip("\n")
    yield f"`cfncors {command}`\n\n```{language}\n{cleaned}\n```\n"


def main(argv: list[str] | None = None) -> int:
    """Write the pages that changed; remove those of rules that are gone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    args = parser.parse_args(argv)
    wanted = pages()
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_text("utf-8") != content]
    gone = [path for path in sorted((FOLDER / "rules").glob("*.md")) if path not in wanted]
    for path in (*stale, *gone):
        print(
            f"{'stale' if args.check else 'removed' if path in gone else 'wrote'} {path.relative_to(ROOT).as_posix()}"
        )
    if args.check:
        return 1 if stale or gone else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8", newline="\n")
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
