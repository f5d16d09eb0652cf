"""What browsers will do with a template: the cells, their reasons, the options, and the three formats."""

from __future__ import annotations

import io
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from cfncors.browser import Request, Response, Verdict, evaluate
from cfncors.cli import main
from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.facts import Facts
from cfncors.fix import fix_text
from cfncors.gateway import Model
from cfncors.gateway.answer import Answer
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import Door, Method, RestApi, normal_path
from cfncors.gateway.pages import Pages
from cfncors.gateway.refusals import STATUSES, refuse
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.lint import check_file
from cfncors.report.simulation import CASES, Case, Outcome, Simulation
from cfncors.report.simulation_text import render as render_text
from cfncors.report.terminal import Style, columns
from cfncors.source import decode, parse
from cfncors.template import load
from cfncors.verdicts import Options, changes, matrix_of, options, simulate
from cfncors.verdicts.judge import page_request
from cfncors.verdicts.matrix import Page as Asker
from cfncors.verdicts.settings import Setting, settings
from tests.conftest import Note
from tests.gateway.templates import gateway, mock, model_in, model_of, openapi, proxy
from tests.shared import ROOT, SHARED, corpus, distinct_fixtures, in_parts, needs_shared, of_part, sam_cases, try_all

NOTES = ROOT / "fixtures" / "simulate" / "notes.yaml"
RULES = ROOT / "fixtures" / "rules"
PAGE = "https://app.example.com"
ORIGIN = {"Access-Control-Allow-Origin": "'*'"}
READABLE: dict[str, dict[str, object]] = {
    "DEFAULT_4XX": {"Access_Control_Allow_Origin": "'*'"},
    "DEFAULT_5XX": {"Access_Control_Allow_Origin": "'*'"},
}


def cells(simulation: Simulation, route: str, origin: str | None = None) -> list[Outcome]:
    """The verdicts of a route, in the order of the columns."""
    return [case.verdict for case in row(simulation, route, origin)]


def row(simulation: Simulation, route: str, origin: str | None = None) -> tuple[Case, ...]:
    found = [r for v in simulation.visits if origin in (None, v.origin) for r in v.routes if r.name == route]
    assert len(found) == 1, found
    return found[0].cases


def api(headers: dict[str, str], route: dict[str, object] | None = None, verb: str = "put", **more: object) -> Model:
    """An API with one route and its MOCK OPTIONS, whose errors anyone may read."""
    extra = {**gateway(**{kind: dict(given) for kind, given in READABLE.items()}), **more}
    return openapi({"/a": {verb: route or proxy(), "options": mock(headers)}}, extra=extra)


# -- cells ------------------------------------------------------------------------------------------------------------


def test_a_simple_request_needs_no_preflight_and_its_answer_is_the_handlers() -> None:
    found = simulate(openapi({"/a": {"get": proxy()}}))
    assert cells(found, "GET /a") == ["not-needed", "depends", "blocked", "blocked"]
    assert [case.reply.status for case in row(found, "GET /a")] == [None, None, 429, 502]
    assert row(found, "GET /a")[1].reason == "the function decides"


def test_with_headers_everywhere_nothing_is_blocked() -> None:
    headers = {**ORIGIN, "Access-Control-Allow-Methods": "'PUT'", "Access-Control-Allow-Headers": "'content-type'"}
    found = simulate(api(headers))
    assert cells(found, "PUT /a") == ["allowed", "depends", "allowed", "allowed"]
    assert not found.blocked


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "has no Access-Control-Allow-Origin header"),
        (ORIGIN, "Access-Control-Allow-Methods in the answer to the preflight does not allow PUT"),
        ({**ORIGIN, "Access-Control-Allow-Methods": "'GET'"}, "does not allow PUT"),
        ({**ORIGIN, "Access-Control-Allow-Methods": "'PUT'"}, "does not allow content-type"),
        ({**ORIGIN, "Access-Control-Allow-Methods": "'GET PUT'"}, "is no list of names"),
        ({"Access-Control-Allow-Origin": "'https://app.example.com/'"}, "allows the origin 'https://app.example.com/'"),
    ],
)
def test_a_blocked_preflight_says_why_and_the_request_is_never_sent(headers: dict[str, str], reason: str) -> None:
    found = row(simulate(api(headers)), "PUT /a")
    assert reason in found[0].reason
    assert found[0].console is not None
    assert found[0].console.startswith("Access to fetch at 'https://api.example.com/a' from origin")
    assert [(case.verdict, case.sent) for case in found[1:]] == [("blocked", False)] * 3
    assert found[1].reason == "the request is never sent: its preflight is blocked"
    assert [case.reply.verdict for case in found] == ["blocked", "depends", "allowed", "allowed"]


def test_the_worst_client_error_is_shown_with_its_status() -> None:
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
    users = {**scheme, "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": {"type": "token"}}
    headers = {**ORIGIN, "Access-Control-Allow-Headers": "'authorization'"}
    shadow = gateway(ACCESS_DENIED={"X": "'y'"}, DEFAULT_4XX={"Access_Control_Allow_Origin": "'*'"})
    extra = {"components": {"securitySchemes": {"users": users}}, **shadow}
    model = openapi({"/a": {"get": proxy(security=[{"users": []}]), "options": mock(headers)}}, extra=extra)
    case = row(simulate(model), "GET /a")[2]
    assert (case.verdict, case.reply.status, case.reply.kind) == ("blocked", 403, "ACCESS_DENIED")
    assert [(r.kind, r.verdict) for r in case.replies] == [
        ("UNAUTHORIZED", "allowed"),
        ("ACCESS_DENIED", "blocked"),
        ("THROTTLED", "allowed"),
    ]


def test_a_preflight_that_code_answers_leaves_all_behind_it_open() -> None:
    extra = gateway(**{kind: dict(given) for kind, given in READABLE.items()})
    model = openapi({"/a": {"put": proxy(), "options": proxy()}}, extra=extra)
    assert cells(simulate(model), "PUT /a") == ["depends"] * 4


def test_any_stands_for_the_methods_that_its_preflight_lists() -> None:
    headers = {**ORIGIN, "Access-Control-Allow-Headers": "'content-type'"}
    anything = "x-amazon-apigateway-any-method"
    listed = api({**headers, "Access-Control-Allow-Methods": "'GET,POST,OPTIONS'"}, verb=anything)
    assert cells(simulate(listed), "ANY /a")[0] == "allowed"
    # Where none is listed, those that need no place in a list.
    assert cells(simulate(api(headers, verb=anything)), "ANY /a")[0] == "allowed"
    assert cells(simulate(listed, options(method="DELETE")), "ANY /a")[0] == "blocked"


def test_what_is_not_known_depends_and_names_the_parameter() -> None:
    headers = {"Access-Control-Allow-Methods": "'PUT'", "Access-Control-Allow-Headers": "'content-type'"}
    body = api({**ORIGIN, **headers}).template.document.text.replace("'''*'''", "{'Fn::Sub': \"'${Site}'\"}", 1)
    model = model_of("Parameters: {Site: {Type: String}}\n" + body)
    case = row(simulate(model), "PUT /a")[0]
    assert case.verdict == "depends"
    assert (
        case.reason == "Access-Control-Allow-Origin is not known: parameter Site has no default; say --parameter Site=…"
    )
    told = simulate(model, options(parameters=["Site=https://a.example.com"]))
    assert cells(told, "PUT /a", "https://a.example.com")[0] == "allowed"
    assert row(told, "PUT /a")[0].assumes == ()


def test_an_incomplete_api_is_named_and_not_guessed() -> None:
    api = "{Type: AWS::Serverless::Api, Properties: {StageName: x, DefinitionUri: s3://b/k}}"
    found = simulate(model_of(f"Transform: AWS::Serverless-2016-10-31\nResources:\n  Api: {api}\n"))
    assert (found.visits, [each.api for each in found.incomplete], found.blocked) == ((), ["Api"], False)


# -- pages ------------------------------------------------------------------------------------------------------------


def test_each_deployment_is_met_by_its_own_pages() -> None:
    """Stage=dev allows localhost, Stage=prod the site: neither is blocked for the other's sake."""
    found = simulate(model_in(NOTES))  # type: ignore[arg-type]
    assert [visit.origin for visit in found.visits] == ["http://localhost:3000", "https://notes.example.com"]
    for visit, stage in zip(found.visits, ("dev", "prod"), strict=True):
        assert cells(found, "POST /notes", visit.origin) == ["allowed", "depends", "blocked", "allowed"]
        assert row(found, "POST /notes", visit.origin)[0].assumes == (f"Stage={stage}",)


def test_a_page_that_only_one_deployment_allows_is_blocked_by_the_other_by_name() -> None:
    found = simulate(model_in(NOTES), options(["https://notes.example.com"]))  # type: ignore[arg-type]
    case = row(found, "POST /notes")[0]
    assert (case.verdict, case.when, case.assumes) == ("blocked", ("Stage=dev",), ("Stage=dev",))
    told = simulate(model_in(NOTES), options(["https://notes.example.com"], parameters=["Stage=prod"]))  # type: ignore[arg-type]
    assert cells(told, "POST /notes")[0] == "allowed"


CONDITIONAL = """
AWSTemplateFormatVersion: "2010-09-09"
Conditions: {InEurope: !Equals [!Ref "AWS::Region", eu-central-1]}
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /a:
            Fn::If:
            - InEurope
            - get: {x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: f}}
            - {}
  Errors:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: DEFAULT_4XX
      ResponseParameters: !If [InEurope, !Ref AWS::NoValue, {gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}]
"""


def test_conditional_mappings_are_there_in_one_world_only() -> None:
    """The route is there in Europe alone, and there the header is not."""
    model = model_of(CONDITIONAL)
    assert cells(simulate(model), "GET /a")[2] == "blocked"
    swapped = model_of(CONDITIONAL.replace("!Ref AWS::NoValue, {", "{").replace('"}]', '"}, !Ref AWS::NoValue]'))
    assert cells(simulate(swapped), "GET /a")[2] == "allowed"


def test_pages_may_be_asked_deployment_by_deployment() -> None:
    """What the proof of a fix does: each page belongs to its stage."""

    def askers(setting: Setting, method: Method) -> list[Asker]:
        origin = "https://notes.example.com" if setting.when["Stage"] == "prod" else "http://localhost:3000"
        return [Asker(origin, False)]

    found = matrix_of(model_of(NOTES.read_text(encoding="utf-8")), askers=askers)
    assert {(a.page.origin, a.when["Stage"]): a.cases[0].verdict for a in found.asked if a.verb == "POST"} == {
        ("https://notes.example.com", "prod"): "allowed",
        ("http://localhost:3000", "dev"): "allowed",
    }


def test_of_each_reply_the_worst_deployment_counts() -> None:
    """Else a fix that mends one deployment would look as if it broke the other."""
    found = simulate(model_in(NOTES), options(["https://notes.example.com"]))  # type: ignore[arg-type]
    refused = {reply.kind: reply.verdict for reply in row(found, "POST /notes")[2].replies}
    assert refused == {"UNAUTHORIZED": "blocked", "ACCESS_DENIED": "blocked", "THROTTLED": "blocked"}


def test_credentials_are_sent_where_the_api_allows_them() -> None:
    headers = {"Access-Control-Allow-Origin": f"'{PAGE}'", "Access-Control-Allow-Credentials": "'true'"}
    found = simulate(api(headers, verb="get"))
    assert [(visit.origin, visit.credentials) for visit in found.visits] == [(PAGE, True)]
    assert cells(found, "GET /a")[2] == "blocked"  # DEFAULT_4XX says *
    assert cells(simulate(api(ORIGIN, verb="get"), options(credentials=True)), "GET /a")[2] == "blocked"


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("'*'", [PAGE]),
        ("'https://a.example.com'", ["https://a.example.com"]),
        ("'https://a.example.com,https://b.example.com'", ["https://a.example.com", "https://b.example.com"]),
        ("'www.example.com'", ["https://www.example.com"]),
        ("'https://a.example.com/app'", ["https://a.example.com"]),
        ("'HTTPS://a.example.com:443'", ["https://a.example.com"]),
        ("'https://*.example.com'", [PAGE]),
        ("'null'", [PAGE]),
    ],
)
def test_the_pages_are_those_that_the_author_meant(value: str, origins: list[str]) -> None:
    found = simulate(api({"Access-Control-Allow-Origin": value}))
    assert [visit.origin for visit in found.visits] == origins
    assert [visit.example for visit in found.visits] == [origin == PAGE for origin in origins]


def test_an_origin_is_an_example_only_where_nobody_names_it() -> None:
    named = api({"Access-Control-Allow-Origin": f"'{PAGE}'"})
    configured = options(configured="https://shop.example.com")
    assert [visit.example for visit in simulate(named).visits] == [False]
    assert [visit.example for visit in simulate(api(ORIGIN), options([PAGE])).visits] == [False]
    assert [(v.origin, v.example) for v in simulate(api(ORIGIN), configured).visits] == [
        ("https://shop.example.com", False)
    ]


def test_a_header_of_the_users_asks_first() -> None:
    found = simulate(api(ORIGIN, verb="get"), options(headers=["X-Tenant: acme"]))
    assert "does not allow x-tenant" in row(found, "GET /a")[0].reason


def test_a_profile_is_a_browser() -> None:
    """Chromium and Firefox let * cover Authorization, against the standard."""
    headers = {**ORIGIN, "Access-Control-Allow-Headers": "'*'"}
    asked = options(headers=["Authorization"]), options(headers=["Authorization"], profile="chromium")
    assert [cells(simulate(api(headers, verb="get"), each), "GET /a")[0] for each in asked] == ["blocked", "allowed"]


def test_an_origin_of_the_apis_own_address_is_still_another_origin() -> None:
    found = simulate(api(ORIGIN), options(["https://api.example.com"]))
    assert row(found, "PUT /a")[0].console is not None


# -- fixtures ---------------------------------------------------------------------------------------------------------

#: Rules whose fault no single exchange shows, and what shows it.
ELSEWHERE = {
    "E9426": "the deployment",
    "I9427": "a status that nothing makes readable",
    "I9438": "the second request",
    "W9425": "a status that the page reads",
    "W9437": "the second request",
    "W9440": "pages that nobody meant",
    "W9444": "a network that others listen to",
    "W9445": "pages that nobody meant",
    "W9446": "pages that nobody meant",
    "W9447": "pages that nobody meant",
    "W9448": "the second request",
    "I9449": "pages that nobody meant",
    "I9471": "a header that the page reads",
    "W9472": "pages that nobody meant",
    "W9474": "the second request",
    "E9475": "the deployment",
}
#: Fixtures where code answers, or where nothing could be simulated from one template.
UNSEEN = re.compile(r"E9421-.*include|E9431-openapi\.|conditional")
#: Fixtures whose origin is not known, and those of a front door that sends the page's origin where its list says *.
OPEN = re.compile(r"E9441-.*-sub\.|E9443-url")


def coded_model_in(path: Path) -> Model | None:
    """The model of a template file, with what the code of its functions answers."""
    model = model_in(path)
    return Facts(model).model_with_code if model is not None else None


def _failing() -> list[Path]:
    found = [p for p in RULES.glob("[EWI]94[23467]*.fail.*") if p.suffix in (".yaml", ".json")]
    return sorted(p for p in found if "fixed" not in p.name and p.name[:5] not in ELSEWHERE and not OPEN.match(p.name))


def _found_in(path: Path) -> set[str]:
    return {finding.rule.id for finding in check_file(str(path), Settings()).findings}


def exchanges(model: Model) -> dict[tuple[object, ...], str]:
    """Every exchange that is blocked whatever is not known, by name and deployment, with the reason."""
    found: dict[tuple[object, ...], str | None] = {}
    deployments = [setting for door in model.doors for setting in settings(model, door, Options())]
    for there, each, when in deployments:
        deployment = tuple(when.items())
        for origin in (PAGE, *Pages(there, each).named):
            for credentials in ("same-origin", "include"):
                page = Request("GET", "https://api.example.com/", origin, [], credentials)
                for path in dict.fromkeys(m.path for m in each.methods):
                    for verb, headers in _asked(each, path):
                        request = page._replace(method=verb, url=f"https://api.example.com{path}", headers=headers)
                        key = (deployment, origin, credentials, path, verb, tuple(headers))
                        found[key] = _blocked(there, each, request, None)
                for method in each.methods:
                    url = f"https://api.example.com{method.path}"
                    verbs = () if method.is_options else ("GET", "PUT") if method.verb == "ANY" else (method.verb,)
                    for outcome in _outcomes(there, each, method):
                        for verb in verbs:
                            request = page._replace(method=verb, url=url)
                            answered = (deployment, origin, credentials, url, verb, outcome)
                            found[answered] = _blocked(there, each, request, outcome)
                if isinstance(each, RestApi) and not each.methods:
                    for kind in STATUSES:
                        found[deployment, origin, credentials, kind] = _refused(there, each, page, kind)
    return {key: reason for key, reason in found.items() if reason is not None}


def _outcomes(model: Model, each: Door, method: Method) -> tuple[str, ...]:
    own = (*successes(model, each, method), *client_errors(model, each, method), *server_errors(model, each, method))
    return (*STATUSES, *own, "400", "404", "500") if isinstance(each, RestApi) else own


def _asked(each: Door, path: str) -> list[tuple[str, list[tuple[str, str]]]]:
    plain: list[tuple[str, str]] = []
    methods = [m for m in each.methods if normal_path(m.path) == normal_path(path) and not m.is_options]
    named = sorted({name for m in methods for verb in (m.verb, "PUT") for name in demanded_headers(m, verb)})
    json_body = [("content-type", "application/json")]
    asked = [("PUT", plain), ("DELETE", plain), ("PATCH", plain)]
    asked += [(verb, json_body) for verb in ("GET", "POST", "PUT")]
    return [*asked, *(("GET", [(name, "x")]) for name in named), ("GET", [("authorization", "x")])]


def _blocked(model: Model, each: Door, request: Request, outcome: str | None) -> str | None:
    """Why the preflight (``outcome`` is ``None``) or one answer is blocked, at its best."""

    def server(asked: Request) -> Response:
        if (asked.method == "OPTIONS") is (outcome is None):
            return Response(*respond(model, each, asked, outcome or "success").concrete(asked, kind=True))
        return Response(*Answer(None, "", "", open="all").concrete(asked, kind=True))

    verdict = evaluate(request, server)
    return None if verdict.allowed else verdict.reason


def _refused(model: Model, each: RestApi, page: Request, kind: str) -> str | None:
    """The same for a gateway response of an API whose routes are not in the template."""

    def server(asked: Request) -> Response:
        return Response(*refuse(model, each, asked, kind).concrete(asked, kind=True))

    verdict = evaluate(page, server)
    return None if verdict.allowed else verdict.reason


@pytest.mark.parametrize("path", _failing(), ids=lambda path: path.name)
def test_a_rules_fixture_blocks_an_exchange_that_its_fix_opens(path: Path) -> None:
    """Or takes it a step further: the smallest fixtures allow no method and no header."""
    before = coded_model_in(path)
    if before is None or UNSEEN.search(path.name):
        assert path.name[:5] in ("E9421", "E9423", "E9431"), path.name
        return
    if not any(isinstance(door, RestApi) or door.methods for door in before.doors):
        assert before.header_policies, "nothing to simulate"
        return
    blocked = exchanges(before)
    assert blocked, "nothing is blocked before the fix"
    twin = path.with_name(path.name.replace(".fail.", ".fail.unsafe-fixed."))
    twin = twin if twin.exists() else path.with_name(path.name.replace(".fail.", ".fail.fixed."))
    if twin.exists() and path.name[:5] not in _found_in(twin):
        after = coded_model_in(twin)
        assert after is not None
        still = exchanges(after)
        assert any(still.get(key) != reason for key, reason in blocked.items()), "the fix opens no exchange"


@in_parts
def test_a_case_is_what_the_whole_exchange_gives(part: int) -> None:
    """The cells are put together from preflight and answer; ``evaluate`` of both in one says the same."""
    every = [path for path in distinct_fixtures() if "included" not in path.parts]
    try_all(of_part(every, part), assert_cases_are_whole)


def assert_cases_are_whole(path: Path) -> None:
    try:
        model = coded_model_in(path)
    except UnreadableTemplate:
        return
    if model is None or any(model.template.section(name) is not None for name in ("Conditions", "Mappings")):
        return
    asked = options([PAGE], False)
    found = simulate(model, asked)
    for each in model.doors:
        for method in each.methods if each.complete else ():
            if method.is_options or method.verb == "ANY":
                continue
            request = page_request(method, method.verb, method.path, (PAGE, False), asked)
            wanted = (each.logical_id, method.verb, method.path)
            names = [r for v in found.visits for r in v.routes if (r.api, r.method, r.path) == wanted]
            if len(names) != 1:
                continue
            for case, told in zip(names[0].cases[2:], (client_errors, server_errors), strict=True):
                assert (case.verdict == "blocked") is _never(model, each, request, told(model, each, method)), case


def _never(model: Model, each: Door, request: Request, kinds: tuple[str, ...]) -> bool:
    """Whether one of a case's outcomes is blocked whatever is not known."""

    def verdict(kind: str) -> Verdict:
        def server(asked: Request) -> Response:
            outcome = "success" if asked.method == "OPTIONS" else kind
            return Response(*respond(model, each, asked, outcome).concrete(asked, kind=True))

        return evaluate(request, server)

    return any(not verdict(kind).allowed for kind in kinds)


# -- real templates ---------------------------------------------------------------------------------------------------


@needs_shared
def test_every_real_template_is_simulated(note: Note) -> None:
    count = routes = 0
    for path in (*corpus(), *sam_cases(), *sorted((SHARED / "framework-templates").glob("*.json"))):
        try:
            model = model_in(path)
        except UnreadableTemplate:
            continue
        if model is None:
            continue
        found = simulate(model, name=path.name)
        assert render_text(found, Style())
        count += 1
        routes += sum(len(visit.routes) for visit in found.visits)
        expected = {(api.logical_id, m.verb) for api in model.doors if api.complete for m in api.methods}
        got = {(r.api, r.method) for v in found.visits for r in v.routes}
        assert got >= {(name, verb) for name, verb in expected if verb != "OPTIONS" and not _conditional(model, name)}
    note(f"{count} templates with {routes} rows")


def _conditional(model: Model, name: str) -> bool:
    resource = model.template.resources.get(name)
    return resource is not None and resource.node.get("Condition") is not None


@needs_shared
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_fixes_of_real_templates_open_what_they_promise(path: Path) -> None:
    """No error of API Gateway stays blocked, for the API's own pages, in a template that has nothing left to fix."""
    text = path.read_text(encoding="utf-8-sig")
    result = fix_text(text, path.name, Settings(), True)
    left = {finding.rule.id for finding in result.report.findings}
    if result.report.error is not None or result.report.skipped or not result.changed:
        return
    before, after = simulate(model_of(text)), simulate(model_of(result.after))
    new = [line for line in changes(before, after) if line.endswith("blocked")]
    assert new == []
    if left & {"E9421", "W9422", "E9423", "W9424", "E9443"}:
        return
    for visit in after.visits:
        for route in visit.routes:
            for case in route.cases[2:]:
                silent = [r.kind for r in case.replies if r.kind in STATUSES and "has no Access-Control" in r.reason]
                assert silent == [], route.name


# -- changes ----------------------------------------------------------------------------------------------------------


def test_changes_say_which_exchanges_a_fix_opens() -> None:
    before = model_of(NOTES.read_text())
    fixed = fix_text(NOTES.read_text(), "notes.yaml", Settings(), True)
    asked = options(["https://notes.example.com"], parameters=["Stage=prod"])
    assert changes(simulate(before, asked), simulate(model_of(fixed.after), asked)) == [
        "401 on POST /notes: blocked → readable by https://notes.example.com",
        "preflight of PUT /notes/{id}: blocked → passes for https://notes.example.com",
        "401 on PUT /notes/{id}: blocked → readable by https://notes.example.com",
    ]


def test_nothing_changed_says_nothing_and_a_route_that_goes_is_named() -> None:
    one, other = simulate(openapi({"/a": {"get": proxy()}})), simulate(openapi({"/b": {"get": proxy()}}))
    assert changes(one, one) == []
    assert f"429 on GET /a: blocked → not there for {PAGE}" in changes(one, other)
    assert f"429 on GET /b: not there → blocked for {PAGE}" in changes(one, other)


# -- the command ------------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["simulate", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_documentation_shows_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    document = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```text\n\$ cfncors (.*?)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    assert examples
    for command, output in examples:
        main(command.split())
        assert capsys.readouterr().out == output, command


def test_errors_that_an_integration_maps_are_told_with_their_status(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    maps = "{method.response.header.Access-Control-Allow-Origin: \"'*'\"}"
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: notes}}\n"
        "  List:\n"
        "    Type: AWS::ApiGateway::Method\n"
        "    Properties:\n"
        "      RestApiId: !Ref Api\n"
        "      ResourceId: !GetAtt Api.RootResourceId\n"
        "      HttpMethod: GET\n"
        "      Integration:\n"
        "        Type: AWS\n"
        "        IntegrationResponses:\n"
        f"          - {{StatusCode: 200, ResponseParameters: {maps}}}\n"
        "          - {StatusCode: 400, SelectionPattern: 'bad.*'}\n"
        "          - {StatusCode: 404, SelectionPattern: 'none.*'}\n"
        f"      MethodResponses: [{{StatusCode: 200, ResponseParameters: {maps.replace(chr(34), '')}}}, "
        "{StatusCode: 400}, {StatusCode: 404}]\n",
        "utf-8",
    )
    out = run(capsys, template)[1]
    assert "The same for 400 from the integration, 404 from the integration." in out


def test_exit_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    open_api = tmp_path / "open.yaml"
    headers = {**ORIGIN, "Access-Control-Allow-Methods": "'PUT'", "Access-Control-Allow-Headers": "'content-type'"}
    open_api.write_text(api(headers).template.document.text, encoding="utf-8")
    assert run(capsys, open_api)[0] == 0
    assert run(capsys, NOTES)[0] == 1
    code, out, err = run(capsys, tmp_path / "none.yaml")
    assert (code, out) == (3, "")
    assert err.endswith("none.yaml:1:1: there is no such file\n")
    (tmp_path / "text.yaml").write_text("a: b\n", encoding="utf-8")
    assert run(capsys, tmp_path / "text.yaml")[0::2] == (
        3,
        f"cfncors: error: {tmp_path}/text.yaml is no CloudFormation or SAM template\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--origin", "app.example.com"],
            "--origin 'app.example.com' is not an origin as browsers send it; write https://app.example.com",
        ),
        (["--path", "/nothing"], "no route for /nothing; there are GET /notes, POST /notes, PUT /notes/{id}"),
        (["--path", "notes"], "--path 'notes' begins with a slash: --path /notes"),
        (["--method", "DELETE"], "no route for DELETE; there are GET /notes, POST /notes, PUT /notes/{id}"),
        (["--method", "P T"], "--method 'P T' is no HTTP method; write --method PUT"),
        (["--header", "X Tenant: a"], "--header 'X Tenant: a' has no header name; write --header X-Tenant or"),
        (["--header", "X: \n"], None),
        (["--header", "X: é"], "--header X: its value has characters that no header can have"),
        (["--parameter", "Stage"], "--parameter 'Stage' is no Key=Value; write --parameter Stage=prod"),
        (["--parameter", "Stage=test"], "--parameter Stage=test: the template allows dev, prod"),
        (["--parameter", "Other=1"], "--parameter Other=1: the template has no parameter Other; it has Stage"),
        (["--profile", "safari"], "argument --profile: invalid choice"),
    ],
)
def test_bad_input_says_what_to_write(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str | None
) -> None:
    code, out, err = run(capsys, NOTES, *arguments)
    if message is None:
        assert code == 1
        return
    assert (code, out) == (2, "")
    assert err.startswith(f"cfncors: error: {message}")
    assert err.count("\n") == 1


def test_the_text_fits_80_columns_and_marks_have_words(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, NOTES)
    assert max(sum(map(columns, line)) for line in out.splitlines()) <= 80
    assert "POST /notes     ✓ 200       ? handler   ✗ 401       ✓ 502 ~" in out
    assert "✗ 4XX 401 UNAUTHORIZED: no valid token" in out
    assert "browser: Access to fetch at 'https://api.example.com/notes'" in out
    assert "Assumed: Stage=prod; --parameter says otherwise." in out
    assert "\x1b" not in out


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_long_paths_and_narrow_terminals(width: int) -> None:
    path = "/" + "/".join(f"segment-{number}" for number in range(9))
    found = simulate(openapi({path: {"get": proxy()}, "/a": {"get": proxy()}}), options([PAGE]))
    text = render_text(found, Style(width=width))
    assert f"GET {path}\n" in text
    table = text.partition("\n✓")[0].splitlines()[2:]
    assert all(sum(map(columns, line)) <= width for line in table if path not in line)


def test_colour_is_added_to_words_and_takes_nothing_away() -> None:
    found = simulate(model_in(NOTES))  # type: ignore[arg-type]
    painted = render_text(found, Style(colour=True))
    assert re.sub(r"\x1b\[\d+m", "", painted) == render_text(found, Style())
    assert "\x1b[31m✗ 401\x1b[0m" in painted


def test_json_for_one_origin_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, NOTES, "--parameter", "Stage=prod", "--format", "json")
    data = json.loads(out)
    assert list(data)[:4] == ["version", "origin", "credentials", "routes"]
    assert (data["version"], data["origin"], data["credentials"]) == (1, "https://notes.example.com", False)
    route = data["routes"][1]
    assert {key: route[key] for key in ("api", "front_door", "method", "path")} == {
        "api": "NotesApi",
        "front_door": "rest",
        "method": "POST",
        "path": "/notes",
    }
    assert [case["case"] for case in route["cases"]] == list(CASES)
    refused = route["cases"][2]
    assert (refused["status"], refused["verdict"], refused["confidence"]) == (401, "blocked", "observed")
    assert refused["reason"] == "The response has no Access-Control-Allow-Origin header."
    assert refused["console"].startswith("Access to fetch at 'https://api.example.com/notes' from origin")
    assert route["cases"][0]["headers"]["Access-Control-Allow-Origin"] == "https://notes.example.com"
    assert route["cases"][0]["assumes"] == []


def test_json_for_several_origins_is_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--origin", "https://a.example.com", "--origin", "https://b.example.com"]
    data = json.loads(run(capsys, NOTES, *asked, "--format", "json")[1])
    assert [each["origin"] for each in data["simulations"]] == ["https://a.example.com", "https://b.example.com"]
    assert set(data["simulations"][0]) == {"origin", "credentials", "routes"}


def test_json_without_routes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}\n", encoding="utf-8")
    assert json.loads(run(capsys, path, "--format", "json")[1])["routes"] == []
    assert run(capsys, path)[1] == (
        "Nothing to simulate: no API, function URL, bucket with CORS rules or\n  distribution with a route.\n"
    )


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NOTES.read_bytes())))
    assert run(capsys, "-")[1] == run(capsys, NOTES)[1]


class Page(HTMLParser):
    """What a page loads, and the text of its table cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.rows: list[list[str]] = []
        self.cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "action", "data", "srcset")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.cell = False

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()


def test_the_page_is_self_contained_and_says_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, NOTES, "--format", "html", "--parameter", "Stage=prod")
    page = Page(out)
    assert page.loads == []
    assert "script" not in page.tags
    assert "url(" not in out
    assert "@import" not in out
    rows = {row[0]: row[1:] for row in page.rows if len(row) == 5}
    assert rows["POST /notes"] == ["✓ 200 passes", "? handler", "✗ 401 blocked", "✓ 502 readable ~"]
    assert rows["PUT /notes/{id}"] == ["✗ 200 blocked", "✗ not sent", "✗ not sent", "✗ not sent"]
    assert "<title>CORS of notes.yaml</title>" in out
    assert str(ROOT) not in out
    assert "prefers-color-scheme: dark" in out


def test_a_template_cannot_write_into_the_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "<b>.yaml"
    hostile = "/<script>alert(1)</script>\u202e&\"'"
    body = {"openapi": "3.0.1", "paths": {hostile: {"get": proxy()}}}
    api_resource = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}
    path.write_text(yaml.safe_dump({"Resources": {"Api": api_resource}}, allow_unicode=True), encoding="utf-8")
    _, out, _ = run(capsys, path, "--origin", PAGE, "--format", "html")
    assert "<script" not in out
    assert "<b>.yaml" not in out
    assert "\u202e" not in out
    assert "&lt;script&gt;alert(1)" in out
    assert "\u202e" not in run(capsys, path, "--origin", PAGE)[1]


# -- frameworks -------------------------------------------------------------------------------------------------------

A, B, ANY = "https://a.example.com", "https://b.example.com", "https://app.example.com"
#: Page and route -> preflight, success, 4XX, 5XX as the first letters of the verdicts. What the documentation of each
#: promises: the preflight passes for the origins that are listed; the function sends its own headers; API Gateway's
#: errors have none but for a gateway response that somebody wrote.
_TRUE = {(ANY, "GET /hello"): "ndbb", (ANY, "POST /hello"): "adbb", (ANY, "DELETE /items/{id}"): "adbb"}
_LISTED = {
    (A, "PUT /hello"): "adbb",
    (B, "PUT /hello"): "adbb",
    (A, "ANY /one"): "bbbb",  # headers '*' with credentials: a literal name (Fetch, CORS-preflight fetch, step 7.8)
}
_AUTHORIZED = {(ANY, "POST /hello"): "adbb", (ANY, "GET /iam"): "adbb", (ANY, "GET /key"): "adbb"}
_OWN_4XX = {(ANY, "POST /hello"): "adab"}
FRAMEWORKS: dict[str, dict[tuple[str, str], str]] = {
    "cdk-js": {
        # DEFAULT_4XX says '*', which credentials do not take
        # The function's code, which stands in the template, sends no header.
        **{(page, route): "abbb" for page in (A, B) for route in ("GET /items", "DELETE /items/{id}")},
        (ANY, "ANY /"): "abbb",
        (ANY, "ANY /{proxy+}"): "bbbb",
    },
    "cdk-py": {(ANY, "GET /x"): "nbbb"},
    "sst2-direct": {(ANY, "GET /x"): "ndbb"},
    "sst2-build": {},
    **{f"{tool}-{kind}": {} for tool in ("sls3", "osls4") for kind in ("httpapi-cors", "httpapi-cors-true")},
    **{f"{tool}-cors-true": _TRUE for tool in ("sls3", "osls4")},
    **{f"{tool}-cors-object": _LISTED for tool in ("sls3", "osls4")},
    **{f"{tool}-authorizer-cors": _AUTHORIZED for tool in ("sls3", "osls4")},
    **{f"{tool}-gatewayresponse": _OWN_4XX for tool in ("sls3", "osls4")},
}


#: The same of the other front doors: (front door, page, route). An HTTP API adds its headers to every answer, a bucket
#: to those for pages that a rule names; both answer preflights by themselves.
_READ_AND_WRITTEN = {("s3", ANY, "GET /{key+}"): "naaa", ("s3", ANY, "PUT /{key+}"): "aaaa"}
_HTTP_LISTED = {
    # allowedMethods: GET, POST; the route DELETE is not among them
    **{("http", page, "GET /hello"): "naaa" for page in (A, "http://localhost:3000")},
    **{("http", page, "DELETE /hello"): "bbbb" for page in (A, "http://localhost:3000")},
}
_HTTP_TRUE = {("http", ANY, "GET /hello"): "naaa", ("http", ANY, "DELETE /hello"): "aaaa"}
_URL_GET_ONLY = {**_READ_AND_WRITTEN, ("url", A, "ANY /{proxy+}"): "naaa"}
_SST = {
    ("http", A, "GET /x"): "naaa",
    ("http", ANY, "GET /x"): "naaa",
    ("url", ANY, "ANY /{proxy+}"): "aaaa",
    ("s3", ANY, "GET /{key+}"): "naaa",
}
OTHER_DOORS: dict[str, dict[tuple[str, str, str], str]] = {
    "cdk-js": {
        **_READ_AND_WRITTEN,
        ("http", A, "GET /x"): "naaa",
        ("http", A, "DELETE /x"): "bbbb",  # allowMethods: GET, POST
        ("url", ANY, "ANY /{proxy+}"): "aaaa",
    },
    # a signed URL (the default of the CDK) without allowed headers: Authorization is never let through
    "cdk-py": {("url", ANY, "ANY /{proxy+}"): "bbbb", ("s3", ANY, "GET /{key+}"): "naaa"},
    "sst2-build": _SST,
    "sst2-direct": _SST,
    **{f"{tool}-httpapi-cors": _HTTP_LISTED for tool in ("sls3", "osls4")},
    **{f"{tool}-httpapi-cors-true": _HTTP_TRUE for tool in ("sls3", "osls4")},
    **{f"{tool}-gatewayresponse": _URL_GET_ONLY for tool in ("sls3", "osls4")},
}


@needs_shared
def test_every_framework_template_has_its_verdicts_written_down() -> None:
    assert {path.stem for path in (SHARED / "framework-templates").glob("*.json")} == set(FRAMEWORKS)


@needs_shared
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_frameworks_do_what_their_documentation_promises(name: str) -> None:
    path = SHARED / "framework-templates" / f"{name}.json"
    template = load(parse(decode(path.read_bytes()), str(path)))
    assert template is not None
    simulation = simulate(template)
    assert simulation.incomplete == ()
    found: dict[tuple[str, str, str], set[str]] = {}
    for visit in simulation.visits:
        for route in visit.routes:
            key = (route.front_door, visit.origin, route.name)
            found.setdefault(key, set()).add("".join(case.verdict[0] for case in route.cases))
    both = {("rest", ANY, "ANY /"): {"abbb", "bbbb"}} if name == "cdk-js" else {}
    rest = {("rest", *key): {letters} for key, letters in FRAMEWORKS[name].items()}
    others = {key: {letters} for key, letters in OTHER_DOORS.get(name, {}).items()}
    assert found == rest | others | both
