"""What ``serve`` answers, judged by the Fetch standard, is what ``simulate`` says: for every fixture, and generated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfncors.browser import ProfileName, Request, Response, evaluate
from cfncors.errors import CfncorsError
from cfncors.gateway import build
from cfncors.gateway.model import normal_path
from cfncors.serve import Choice
from cfncors.serve.deployment import Handler, Served, deploy, deployed
from cfncors.serve.matrix import matrix
from cfncors.source import parse
from cfncors.template import load
from cfncors.verdicts import Options, simulate
from cfncors.verdicts.judge import page_request
from tests.conftest import Note
from tests.serve.local import serving
from tests.shared import corpus, fixtures, needs_shared

HANDLERS: tuple[Handler, ...] = get_args(Handler)
PAGE = "http://127.0.0.1:3000"


def probes(path: Path, handler: Handler, profile: ProfileName = "fetch") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every exchange of the page, with its route; nothing for a template that has nothing to serve."""
    try:
        deployment = deploy(str(path), Choice(handler=handler))
    except CfncorsError:
        return
    for served, api in zip(deployment.served, matrix(deployment, PAGE, profile)["apis"], strict=True):
        for row in api["rows"]:
            for probe in row["probes"]:
                if handler == "none" or probe["predicted"] != "depends" or is_meant(served, row):
                    yield f"{path.name} {api['id']} {row['method']} {row['path']}", probe


def is_meant(served: Served, row: dict[str, Any]) -> bool:
    """Whether a route is for the page that the server's page plays: a correct handler allows no other."""
    verb = "ANY" if row["any"] else row["method"]
    method = next(m for m in served.door.methods if (m.verb, normal_path(m.path)) == (verb, row["path"]))
    own = served.pages.origins(method)
    return not own or served.origin in own


def fits(predicted: str, readable: bool, handler: Handler) -> bool:
    """Whether an exchange may come out so: what depends on code, as the stand-in has it."""
    if predicted == "depends":
        return readable == (handler == "correct")
    return readable == (predicted != "blocked")


@pytest.mark.parametrize("handler", HANDLERS)
def test_fixtures_are_served_as_simulated(handler: Handler, note: Note) -> None:
    found = [(route, probe) for path in fixtures() for route, probe in probes(path, handler)]
    wrong = [each for each in found if not fits(each[1]["predicted"], each[1]["expected"], handler)]
    note(f"{len(found) - len(wrong)} of {len(found)} exchanges, handler {handler}")
    assert not wrong
    assert {probe["predicted"] for _, probe in found} == {"allowed", "blocked", "depends", "not-needed"}


@needs_shared
def test_real_templates_are_served_as_simulated(note: Note) -> None:
    found = [(route, probe) for path in corpus() for route, probe in probes(path, "none", "chromium")]
    wrong = [each for each in found if not fits(each[1]["predicted"], each[1]["expected"], "none")]
    note(f"{len(found) - len(wrong)} of {len(found)} exchanges")
    assert not wrong


ORIGINS = ("https://a.example.com", "https://b.example.com", "https://a.example.com/", "*", "null")


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A SAM template with one route and a policy, good or not."""
    said = {"AllowOrigin": draw(st.sampled_from(ORIGINS))}
    said["AllowMethods"] = draw(st.sampled_from(("GET", "GET,PUT", "*", "put", "GET;PUT")))
    said["AllowHeaders"] = draw(st.sampled_from(("*", "authorization", "Authorization,Content-Type", "x-other")))
    cors = "".join(f"""      {name}: "'{value}'"\n""" for name, value in said.items())
    if draw(st.booleans()):
        cors += "      AllowCredentials: true\n"
    error = draw(st.sampled_from(("", *ORIGINS)))
    responses = f"""
    GatewayResponses:
      DEFAULT_4XX:
        ResponseParameters: {{Headers: {{Access-Control-Allow-Origin: "'{error}'"}}}}
"""
    auth = f"""
    Auth:
      AddDefaultAuthorizerToCorsPreflight: {draw(st.sampled_from(("true", "false")))}
      DefaultAuthorizer: Users
      Authorizers: {{Users: {{UserPoolArn: !GetAtt Pool.Arn}}}}
"""
    method = draw(st.sampled_from(("get", "put", "any")))
    return f"""
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Cors:
{cors}{responses if error else ""}{auth if draw(st.booleans()) else ""}
Resources:
  Pool: {{Type: AWS::Cognito::UserPool}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        E: {{Type: Api, Properties: {{Path: "/a/{{id}}", Method: {method}}}}}
"""


@given(templates(), st.sampled_from(ORIGINS[:2]), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_simulate_serve_and_evaluate_agree(tmp_path: Path, text: str, origin: str, credentials: bool) -> None:
    """The same exchanges through ``simulate`` and, over HTTP, through ``serve`` and ``evaluate``."""
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    template = load(parse(text))
    assert template is not None
    said = simulate(template, Options(origins=(origin,), credentials=credentials))
    with serving(path, Choice(origin=origin, handler="none")) as local:

        def server(asked: Request) -> Response:
            target = asked.url.removeprefix("https://api.example.com")
            answer = local.ask(asked.method, target.replace("{", "%7B").replace("}", "%7D"), dict(asked.headers))
            return Response(answer.status, answer.headers)

        for route in said.visits[0].routes:
            verb = "GET" if route.method == "ANY" else route.method
            headers = [("authorization", "x")] if "Authorizers" in text else []
            if verb == "PUT":
                headers.append(("content-type", "application/json"))
            for name, prefix in (("preflight", "/~preflight"), ("client-error", "/~429"), ("server-error", "/~502")):
                url = f"https://api.example.com{prefix}{route.path}"
                mode = "include" if credentials else "same-origin"
                request = Request(verb, url, origin, headers, mode)  # type: ignore[arg-type]
                case = route.case(name)  # type: ignore[arg-type]
                if not any(word.isupper() for word in case.when):
                    assert evaluate(request, server).allowed == (case.verdict in ("allowed", "not-needed")), (
                        name,
                        text,
                    )


#: In front of a front door, with nothing kept and everything forwarded.
DISTRIBUTION = """
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{{Id: o, DomainName: {domain}, CustomOriginConfig: {{OriginProtocolPolicy: https-only}}}}]
        DefaultCacheBehavior:
          TargetOriginId: o
          ViewerProtocolPolicy: https-only
          AllowedMethods: {allowed}
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"""
ALLOWED = ("[GET, HEAD]", "[GET, HEAD, OPTIONS]", "[GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]")


def flow(values: list[str]) -> str:
    return str([str(value) for value in values])


@st.composite
def doors(draw: st.DrawFn) -> str:
    """An HTTP API, a function URL or a bucket with a policy, good or not, and a distribution in front of it."""

    def some(*values: str) -> str:
        return flow(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)))

    kind = draw(st.sampled_from(("http", "url", "s3")))
    origins = some(*ORIGINS, "https://*", "https://*.example.com")
    methods = some("GET", "PUT", "DELETE") if kind == "s3" else some("GET", "PUT", "*", "put")
    headers = some("*", "content-type", "Content-Type", "x-other", "content-*")
    if kind == "s3":
        rule = f"{{AllowedOrigins: {origins}, AllowedMethods: {methods}, AllowedHeaders: {headers}}}"
        text = f"""
Resources:
  D: {{Type: AWS::S3::Bucket, Properties: {{CorsConfiguration: {{CorsRules: [{rule}]}}}}}}
"""
        return text + DISTRIBUTION.format(domain="!GetAtt D.RegionalDomainName", allowed=draw(st.sampled_from(ALLOWED)))
    said = f"AllowOrigins: {origins}, AllowMethods: {methods}, AllowHeaders: {headers}"
    cors = f"{{{said}, AllowCredentials: {draw(st.sampled_from(('true', 'false')))}}}"
    function = "Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n      Runtime: python3.13"
    if kind == "url":
        return f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    {function}
      FunctionUrlConfig: {{AuthType: {draw(st.sampled_from(("NONE", "AWS_IAM")))}, Cors: {cors}}}
"""
    event = f"{{ApiId: !Ref D, Path: /a, Method: {draw(st.sampled_from(('get', 'put', 'any')))}}}"
    text = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  D: {{Type: AWS::Serverless::HttpApi, Properties: {{CorsConfiguration: {cors}}}}}
  F:
    {function}
      Events: {{E: {{Type: HttpApi, Properties: {event}}}}}
"""
    domain = '!Sub "${D}.execute-api.${AWS::Region}.amazonaws.com"'
    return text + DISTRIBUTION.format(domain=domain, allowed=draw(st.sampled_from(ALLOWED)))


@given(doors(), st.sampled_from(ORIGINS[:2]), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_simulate_serve_and_evaluate_agree_at_every_front_door(
    tmp_path: Path, text: str, origin: str, credentials: bool
) -> None:
    """The same exchanges through ``simulate`` and, over HTTP, through ``serve`` and ``evaluate``."""
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    template = load(parse(text))
    assert template is not None
    said = simulate(template, Options(origins=(origin,), credentials=credentials))
    with serving(path, Choice(origin=origin, handler="none")) as local:

        def server(asked: Request) -> Response:
            target = asked.url.removeprefix("https://api.example.com")
            answer = local.ask(asked.method, target.replace("{", "%7B").replace("}", "%7D"), dict(asked.headers))
            return Response(answer.status, answer.headers)

        for served in local.site.watched.deployment.served:
            rows = [route for route in said.visits[0].routes if route.api == served.door.logical_id]
            for route in (route for route in rows if route.method != "ANY"):
                method = next(m for m in served.door.methods if (m.verb, normal_path(m.path)) == route[2:4])
                request = page_request(method, route.method, route.path, (origin, credentials), Options())
                for case in route.cases:
                    statuses = [reply.status for reply in case.replies if case.case.endswith("error")]
                    prefixes = [f"/~{status}" for status in statuses] or [
                        "/~preflight" if case.case == "preflight" else ""
                    ]
                    urls = [f"https://api.example.com{prefix}/{route.api}{route.path}" for prefix in prefixes]
                    found = [evaluate(request._replace(url=url), server).allowed for url in urls]
                    assert all(found) == (case.verdict in ("allowed", "not-needed")), (case, text)


def test_the_matrix_names_what_is_left_out(tmp_path: Path) -> None:
    template = load(
        parse("Resources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: {Bucket: b, Key: k}}}}")
    )
    assert template is not None
    with pytest.raises(CfncorsError, match=r"nothing to serve: .*; A is left out: a part of its definition is not in"):
        deployed(build(template), Choice())
