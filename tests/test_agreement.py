"""One judge, seen from outside: what the commands say of one template agrees.

(A) Every blocked exchange of a front door that pages call is explained by a finding. (B) Every exchange that a finding
explains is blocked, with the very line that it quotes. (C) Where ``simulate`` exits with 1, ``check`` does too, and
where ``fix`` ends with 0, both do. Over every template at hand: those of the fixtures, the real and rebuilt ones that
lie beside a checkout, and generated ones with generated handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pytest
import yaml

from cfncors import lint
from cfncors.cli.exits import FINDINGS
from cfncors.cli.output import report_code
from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.findings import Explained, Finding
from cfncors.fix import fix_text
from cfncors.lint import Checked, examine
from cfncors.refused import refused
from cfncors.report.simulation import Simulation
from cfncors.source import decode, parse
from cfncors.suppress import Remark
from cfncors.template import Template, load
from cfncors.verdicts import options, simulate
from scripts.golden import cases
from tests.conftest import Note
from tests.shared import ROOT, SHARED, corpus, fixtures, sam_cases

_ENDINGS: Final = frozenset((".yaml", ".yml", ".json", ".template"))
#: Folders that name no template of their own in files like these.
_OTHERS: Final = frozenset(("node_modules", "package.json", "tsconfig.json", "cdk.json", "schema.json"))
#: Templates that name devices and pipes, which are read for ever.
_ENDLESS: Final = "faults-02-device-and-fifo-reads"


class Input(NamedTuple):
    """A template with the settings that it is looked at with."""

    path: Path
    settings: Settings = Settings()

    @property
    def name(self) -> str:
        """The path from the checkout, or from beside it."""
        return self.path.relative_to(ROOT if self.path.is_relative_to(ROOT) else SHARED).as_posix()


class Seen(NamedTuple):
    """What the commands find in a template, each thing worked out once."""

    input: Input
    checked: Checked
    simulation: Simulation

    @property
    def exchanges(self) -> int:
        """How many answers were judged."""
        visits = self.simulation.visits
        return sum(len(case.replies) for visit in visits for route in visit.routes for case in route.cases)


def faults(checked: Checked) -> dict[Explained, str | None]:
    """The blocked exchanges that a check knows of, each with the line that a browser prints."""
    found: dict[Explained, str | None] = {}
    for each in checked.facts.blocked if checked.facts is not None else ():
        asked, reply = each.asked, each.reply
        when = tuple(f"{name}={value}" for name, value in asked.when.items())
        what = (asked.door, asked.method, asked.path, each.case.case, reply.status, reply.kind)
        found[Explained(*what, *asked.page, when)] = reply.console
    return found


def unexplained(checked: Checked) -> list[str]:
    """What contradicts (A) and (B)."""
    blocked, findings = faults(checked), checked.report.findings
    explained = {exchange for finding in findings for exchange in finding.exchanges}
    lines = set(blocked.values())
    quoting = (f for f in findings if f.says is not None and f.says.who == "browser")
    return [
        *(f"blocked, and no finding explains it: {each}" for each in blocked.keys() - explained),
        *(f"explained, and not blocked: {each}" for each in explained - blocked.keys()),
        *(f"quoted, and said nowhere: {f.message}" for f in quoting if f.says is not None and f.says.text not in lines),
    ]


def _rules(digits: str) -> Callable[[], list[Input]]:
    return lambda: [Input(case.path, case.settings) for case in cases() if case.rule[1:].startswith(digits)]


def _others() -> list[Input]:
    found = (path for path in fixtures() if not path.is_relative_to(ROOT / "fixtures" / "rules"))
    return [Input(path) for path in found if _OTHERS.isdisjoint(path.parts)]


def _beside(name: str) -> Callable[[], list[Input]]:
    folder = SHARED / name

    def found() -> list[Input]:
        paths = sorted(folder.rglob("*")) if folder.is_dir() else []
        templates = [p for p in paths if p.suffix in _ENDINGS and _OTHERS.isdisjoint(p.parts) and p.is_file()]
        return [Input(path) for path in templates if _ENDLESS not in path.parts]

    return found


#: Group -> its templates; none where their folder is not there.
INPUTS: Final[dict[str, Callable[[], list[Input]]]] = {
    **{f"rules-{digits}x": _rules(digits) for digits in sorted({case.rule[1:4] for case in cases()})},
    "other-fixtures": _others,
    "corpus": lambda: [Input(path) for path in corpus()],
    "sam-cases": lambda: [Input(path) for path in sam_cases()],
    "field-cases": _beside("field-cases"),
    "framework-templates": _beside("framework-templates"),
}


def seen(inputs: list[Input]) -> Iterator[Seen]:
    """What the commands find in each template that can be read, with the same options; the other files are passed
    over."""
    for each in inputs:
        try:
            text = decode(each.path.read_bytes())
        except UnreadableTemplate:
            continue
        checked = examine(text, str(each.path), each.settings)
        assert not checked.report.internal, each.name
        facts = checked.facts
        if facts is None:
            continue
        asked = options(credentials=each.settings.credentials, configured=each.settings.origin)
        gone = refused(facts, str(each.path), asked)
        yield Seen(each, checked, simulate(facts.model, asked, each.name, facts.functions, gone))


@pytest.fixture
def _unsuppressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suppressions take findings away and leave the exchanges as they are: here none counts."""

    def nothing(template: Template, findings: Iterable[Finding], *_: object) -> tuple[list[Finding], list[Remark]]:
        del template
        return list(findings), []

    monkeypatch.setattr(lint, "suppress", nothing)


@pytest.mark.usefixtures("_unsuppressed")
@pytest.mark.parametrize("group", INPUTS)
def test_where_simulate_exits_with_1_check_does_too(group: str, note: Note) -> None:
    inputs = INPUTS[group]()
    if not inputs:
        pytest.skip(f"the folder of {group} is not beside this checkout")
    silent: list[str] = []
    broken: list[str] = []
    templates = exchanges = 0
    for each in seen(inputs):
        templates += 1
        exchanges += each.exchanges
        if each.simulation.blocked and report_code(each.checked.report) != FINDINGS:
            silent.append(each.input.name)
        broken += [f"{each.input.name}: {what}" for what in unexplained(each.checked)]
    note(f"{group}: {templates} templates with {exchanges} exchanges compared")
    assert silent == []
    assert broken == []


# -- generated templates and handlers ---------------------------------------------------------------------------------

_PAGES: Final = ("https://app.example.com", "https://shop.example.org", "*")
_ODD: Final = ("https://app.example.com/", "app.example.com", "https://a.example.com,https://b.example.com", "null")
#: Of each list that is generated, a third is right and a third is missing.
_LISTS: Final = ("content-type,authorization", "x-other", None)


def _handler(rng: Random) -> str:
    """Code that may know OPTIONS, refuse methods, and send what it likes."""
    sent = {}
    if rng.random() < 0.7:
        sent["Access-Control-Allow-Origin"] = rng.choice((*_PAGES, *_ODD))
    if rng.random() < 0.3:
        sent["Access-Control-Allow-Credentials"] = rng.choice(("true", "false"))
    if rng.random() < 0.4:
        sent["Access-Control-Allow-Headers"] = rng.choice(("content-type", "*"))
    if rng.random() < 0.4:
        sent["Access-Control-Allow-Methods"] = rng.choice(("GET,PUT", "*", "GET"))
    lines = [f"HEADERS = {sent!r}", "def handler(event, context):"]
    lines.append("    method = event.get('httpMethod') or event['requestContext']['http']['method']")
    if rng.random() < 0.4:
        status, headers = rng.choice((200, 204, 405)), rng.choice(("HEADERS", "{}"))
        lines += ["    if method == 'OPTIONS':", f"        return {{'statusCode': {status}, 'headers': {headers}}}"]
    if rng.random() < 0.3:
        lines += ["    if method not in ('GET', 'POST', 'OPTIONS'):", "        return {'statusCode': 405, 'body': ''}"]
    if rng.random() < 0.3:
        lines += ["    if not event.get('body'):", "        return {'statusCode': 400, 'headers': HEADERS, 'body': ''}"]
    lines.append("    return {'statusCode': 200, 'headers': HEADERS, 'body': '[]'}")
    return "\n".join(lines) + "\n"


def _origin(rng: Random, quoted: bool) -> Any:
    """An allowed origin: a text, a side of a condition, a row of a mapping."""

    def text() -> str:
        found = rng.choice((*_PAGES, *_PAGES, *_ODD))
        return f"'{found}'" if quoted and rng.random() < 0.9 else found

    shape = rng.random()
    if shape < 0.6:
        return text()
    if shape < 0.8:
        return {"Fn::If": ["IsProd", text(), text()]}
    return {"Fn::FindInMap": ["Sites", {"Ref": "Stage"}, "quoted" if quoted else "bare"]}


def _some(rng: Random, **values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if rng.random() < 0.7 and value is not None}


def _front_door(rng: Random, kind: str) -> tuple[dict[str, Any], str]:
    """A front door with some CORS, and the type of the events that call it."""
    listed = rng.choice(_LISTS)
    if kind == "rest":
        cors = _some(
            rng,
            AllowOrigin=_origin(rng, quoted=True),
            AllowHeaders=f"'{listed}'" if listed else None,
            AllowMethods=rng.choice(("'GET,PUT,POST,DELETE'", "'GET'", None)),
            AllowCredentials=rng.choice((True, None, None)),
        )
        headers = _some(rng, **{"Access-Control-Allow-Origin": _origin(rng, quoted=True)})
        responses = {name: {"ResponseParameters": {"Headers": headers}} for name in ("DEFAULT_4XX", "DEFAULT_5XX")}
        auth = {"DefaultAuthorizer": "AWS_IAM", "AddDefaultAuthorizerToCorsPreflight": rng.random() < 0.5}
        properties = _some(rng, Cors=cors or None, GatewayResponses=responses if headers else None)
        if rng.random() < 0.3:
            properties["Auth"] = auth
        return {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "live", **properties}}, "Api"
    cors = _some(
        rng,
        AllowOrigins=[_origin(rng, quoted=False) for _ in range(rng.randint(1, 2))],
        AllowHeaders=listed.split(",") if listed else None,
        AllowMethods=rng.choice((["GET", "PUT", "POST", "DELETE"], ["*"], ["GET"])),
        AllowCredentials=rng.choice((True, None, None)),
    )
    properties = _some(rng, CorsConfiguration=cors or None)
    return {"Type": "AWS::Serverless::HttpApi", "Properties": properties}, "HttpApi"


def generated(rng: Random) -> str:
    """A SAM template with a front door or two and the code behind them."""
    resources: dict[str, Any] = {}
    for number in range(rng.randint(1, 2)):
        kind = rng.choice(("rest", "http", "url"))
        function: dict[str, Any] = {"Runtime": "python3.13", "Handler": "index.handler", "InlineCode": _handler(rng)}
        name = f"Function{number}"
        if kind == "url":
            cors = _some(rng, AllowOrigins=[_origin(rng, quoted=False)], AllowHeaders=["content-type"])
            function["FunctionUrlConfig"] = {
                "AuthType": rng.choice(("NONE", "AWS_IAM")),
                **_some(rng, Cors=cors or None),
            }
        else:
            resources[f"Door{number}"], event = _front_door(rng, kind)
            owner = {"RestApiId" if kind == "rest" else "ApiId": {"Ref": f"Door{number}"}}
            function["Events"] = {
                f"Event{at}": {"Type": event, "Properties": {**owner, "Path": f"/p{at}", "Method": verb}}
                for at, verb in enumerate(rng.sample(("get", "put", "post", "delete", "any", "options"), 2))
            }
        resources[name] = {"Type": "AWS::Serverless::Function", "Properties": function}
    sites = {
        stage: {"bare": (site := rng.choice((*_PAGES, *_ODD))), "quoted": f"'{site}'"} for stage in ("dev", "prod")
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Stage": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]}},
        "Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Mappings": {"Sites": sites},
        "Resources": resources,
    }
    return yaml.safe_dump(template, sort_keys=False)


_TIMES: Final = 40
_PARTS: Final = 6


def _blocked(text: str, name: str, settings: Settings) -> bool:
    template = load(parse(text, name))
    assert template is not None
    facts = lint.facts_of(template, settings)
    asked = options(credentials=settings.credentials, configured=settings.origin)
    return simulate(facts.model, asked, name, facts.functions, refused(facts, name, asked)).blocked


@pytest.mark.parametrize("part", range(_PARTS))
def test_generated_templates_and_handlers(part: int, note: Note) -> None:
    """(A), (B) and (C), the fixes of both kinds included."""
    exchanges = ended = 0
    for seed in range(part * _TIMES, (part + 1) * _TIMES):
        rng = Random(f"agreement {seed}")
        text = generated(rng)
        settings = Settings(origin=rng.choice((None, "https://app.example.com")))
        checked = examine(text, "template.yaml", settings)
        assert not checked.report.internal, text
        assert unexplained(checked) == [], text
        exchanges += sum(1 for _ in checked.facts.matrix.exchanges()) if checked.facts and checked.facts.matrix else 0
        assert not _blocked(text, "template.yaml", settings) or report_code(checked.report) == FINDINGS, text
        fixed = fix_text(text, "template.yaml", settings, unsafe=seed % 2 == 0)
        assert not fixed.report.internal, text
        if report_code(fixed.report) != FINDINGS:
            ended += 1
            assert not _blocked(fixed.after, "template.yaml", settings), f"{text}\n=====\n{fixed.after}"
        again = fix_text(fixed.after, "template.yaml", settings, unsafe=seed % 2 == 0)
        assert not again.changed, f"{text}\n=====\n{fixed.after}\n=====\n{again.after}"
    note(f"{_TIMES} generated templates with {exchanges} exchanges; {ended} are clean after fix")
