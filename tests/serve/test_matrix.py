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
from cfncors.serve import Choice
from cfncors.serve.deployment import Handler, deploy, deployed
from cfncors.serve.matrix import matrix
from cfncors.simulate import Options, simulate
from cfncors.source import parse
from cfncors.template import load
from tests.conftest import Note
from tests.serve.local import serving
from tests.shared import corpus, fixtures, needs_shared

HANDLERS: tuple[Handler, ...] = get_args(Handler)
PAGE = "http://127.0.0.1:3000"


def probes(path: Path, handler: Handler, profile: ProfileName = "fetch") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every exchange of the page, with its route; nothing for a template that has no API to serve."""
    try:
        deployment = deploy(str(path), Choice(handler=handler))
    except CfncorsError:
        return
    for api in matrix(deployment, PAGE, profile)["apis"]:
        for row in api["rows"]:
            for probe in row["probes"]:
                yield f"{path.name} {api['id']} {row['method']} {row['path']}", probe


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


def test_the_matrix_names_what_is_left_out(tmp_path: Path) -> None:
    template = load(
        parse("Resources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: {Bucket: b, Key: k}}}}")
    )
    assert template is not None
    with pytest.raises(
        CfncorsError, match="no REST API to serve; of A a part of the definition is not in this template"
    ):
        deployed(build(template), Choice())
