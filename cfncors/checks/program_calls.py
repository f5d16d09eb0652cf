"""The calls and options of the CDK that mend what a rule found.

AWS CDK API Reference, modules ``aws-apigateway``, ``aws-apigatewayv2``, ``aws-lambda``, ``aws-s3``, ``aws-cloudfront``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from cfncors.checks.gateway_response_remedies import headers_of
from cfncors.checks.remedies import sends_credentials
from cfncors.errors import CannotEdit
from cfncors.findings import Finding
from cfncors.gateway.model import Header, Model, RestApi
from cfncors.gateway.policy import FrontDoor, Role
from cfncors.source import Node
from cfncors.template import Resource

_Told = TypeVar("_Told")

#: Where the options of a front door are, for a text that ends with it; and what it calls them.
_IN: Final[dict[FrontDoor, str]] = {
    "rest": "of defaultCorsPreflightOptions or addCorsPreflight",
    "http": "of corsPreflight of HttpApi",
    "url": "of cors in fn.addFunctionUrl({ cors })",
    "s3": "of the rule in cors of Bucket",
    "cdn": "of corsBehavior of ResponseHeadersPolicy",
}
_ALLOW: Final[dict[Role, str]] = {
    "origins": "allowOrigins",
    "methods": "allowMethods",
    "headers": "allowHeaders",
    "expose": "exposeHeaders",
    "max-age": "maxAge: Duration.minutes(10)",
    "credentials": "allowCredentials",
}
_ALLOWED: Final[dict[Role, str]] = {
    "origins": "allowedOrigins",
    "methods": "allowedMethods",
    "headers": "allowedHeaders",
    "expose": "exposedHeaders",
    "max-age": "maxAge: Duration.minutes(10)",
    "credentials": "allowCredentials",
}
_OPTIONS: Final[dict[FrontDoor, dict[Role, str]]] = {
    "rest": _ALLOW,
    "http": _ALLOW,
    "url": _ALLOWED,
    "s3": {**_ALLOWED, "max-age": "maxAge: 600"},
    "cdn": {
        "origins": "accessControlAllowOrigins",
        "methods": "accessControlAllowMethods",
        "headers": "accessControlAllowHeaders",
        "expose": "accessControlExposeHeaders",
        "max-age": "accessControlMaxAge: Duration.minutes(10)",
        "credentials": "accessControlAllowCredentials",
    },
}
#: What a rule is about, by the beginning of its number; the first that fits.
_ABOUT: Final[dict[str, tuple[Role, ...]]] = {
    "9416": ("credentials",),
    "9417": ("methods",),
    "9433": ("methods",),
    "9434": ("headers",),
    "9439": ("headers",),
    "9437": ("max-age",),
    "9438": ("max-age",),
    "9443": ("origins", "credentials"),
    "9475": ("origins", "credentials"),
    "9472": ("origins",),
    "944": ("origins",),
    "9452": ("methods",),
    "9457": ("methods",),
    "9453": ("headers",),
    "9454": ("headers",),
    "9455": ("headers",),
    "9471": ("expose",),
}
#: The header of a preflight that an option becomes.
_HEADERS: Final[dict[str, Role]] = {
    "access-control-allow-origin": "origins",
    "access-control-allow-methods": "methods",
    "access-control-allow-headers": "headers",
    "access-control-expose-headers": "expose",
    "access-control-max-age": "max-age",
    "access-control-allow-credentials": "credentials",
}
_LISTS: Final[tuple[Role, ...]] = ("origins", "methods", "headers")
_QUOTED: Final = "single quotes inside the text, \"'…'\","
_RESPONSES: Final = "responseParameters of integrationResponses"
#: Rule, or the beginning of its number -> another call than an option of the preflight, for a REST API.
_REST: Final = {
    "9411": f"{_QUOTED} in {_RESPONSES}",
    "9414": "methodResponses of addMethod: responseParameters: { 'method.response.header.…': true }",
    "941": _RESPONSES,
    "9426": "api.addGatewayResponse(…), or api.latestDeployment?.node.addDependency(gatewayResponse)",
    "9431": "defaultCorsPreflightOptions of RestApi, or resource.addCorsPreflight({ allowOrigins: […] })",
    "9432": "defaultCorsPreflightOptions or addCorsPreflight, whose OPTIONS method has no authorizer",
    "9435": (
        "binaryMediaTypes without '*/*', or, with const options = resource.addCorsPreflight(…), "
        "(options.node.defaultChild as CfnMethod).addPropertyOverride('Integration.ContentHandling', 'CONVERT_TO_TEXT')"
    ),
    "9436": "defaultCorsPreflightOptions of RestApi, or resource.addCorsPreflight({ allowOrigins: […] })",
    "9461": f"{_RESPONSES}, and of methodResponses",
    "9466": f"proxy: false, and {_RESPONSES} and of methodResponses",
    "9467": "",
}
_HTTP: Final = {
    "9431": "corsPreflight of HttpApi: { allowOrigins, allowMethods, allowHeaders, maxAge }",
    "9432": "api.addRoutes({ path, methods: [HttpMethod.OPTIONS], integration, authorizer: new HttpNoneAuthorizer() })",
}
_CDN: Final = {
    "9473": "allowedMethods: AllowedMethods.ALLOW_ALL, or ALLOW_GET_HEAD_OPTIONS, of the behavior",
    "9474": "new CachePolicy(…, { headerBehavior: CacheHeaderBehavior.allowList('Origin') }) of the behavior",
}
_CALLS: Final[dict[FrontDoor, dict[str, str]]] = {"rest": _REST, "http": _HTTP, "url": {}, "s3": {}, "cdn": _CDN}
_IN_SST: Final[dict[FrontDoor, str]] = {
    "rest": "through api.cdk.restApi of ApiGatewayV1Api: ",
    "http": "cors of Api, which becomes ",
    "url": "url: { cors } of Function, which becomes ",
    "s3": "cors of Bucket, which becomes ",
    "cdn": "",
}
#: What code has to do, by the beginning of a rule's number.
_CODE: Final = {
    "9462": "headers: { 'Access-Control-Allow-Origin': … } in what the handler returns",
    "9463": "headers: { 'Access-Control-Allow-Origin': … } in what the handler returns",
    "9464": "the handler's code, without the header",
    "9465": "the handler's code, without the header",
    "94": "the handler's code",
}
_EXAMPLE: Final = {"Access-Control-Allow-Origin": "'https://app.example.com'"}
_IN_DEFINITION: Final = "the definition in ApiDefinition of SpecRestApi"


def call(model: Model, finding: Finding) -> str:
    """What mends a finding in an app of the CDK; empty where nothing can be said."""
    number = finding.rule.id[1:]
    door = _door(model, finding)
    if not finding.rule.doors:
        return ""
    told = _of_function(model, finding.node, number)
    if told is None and door == "rest":
        told = _of_responses(model, finding, number)
    if told is not None:
        return told
    told = _first(_CALLS[door], number)
    return _option(model, finding, door) if told is None else told


def in_sst(model: Model, finding: Finding) -> str:
    """The same in an app of SST 2, whose constructs pass it on to those of the CDK."""
    told = call(model, finding)
    return _IN_SST[_door(model, finding)] + told if told else ""


def _of_responses(model: Model, finding: Finding, number: str) -> str | None:
    """What mends a gateway response, or an API whose methods stand in an OpenAPI definition."""
    resources = [model.template.resources[name] for name in finding.resources if name in model.template.resources]
    responses = model.template.of_type("AWS::ApiGateway::GatewayResponse")
    is_written_there = any(each.node.start <= finding.node.start < each.node.end for each in responses)
    if number.startswith(("9421", "9422")):
        return _gateway_responses(model, finding.resources)
    if number == "9426":
        return None
    if number == "9415":
        return "api.addGatewayResponse(…, { type: ResponseType.… })"
    if number == "9425":
        return "addGatewayResponse without statusCode"
    if number.startswith("942") or is_written_there:
        value = f"{_QUOTED} in " if number == "9411" else ""
        return f"{value}responseHeaders of addGatewayResponse"
    return _IN_DEFINITION if any(map(_is_defined, resources)) else None


def _of_function(model: Model, node: Node, number: str) -> str | None:
    """What mends the code of a function, where it stands in the template, or its environment."""
    functions = model.template.of_type("AWS::Lambda::Function")
    function = next((each for each in functions if each.node.start <= node.start < each.node.end), None)
    environment = function.get("Environment") if function is not None else None
    if environment is not None and environment.start <= node.start < environment.end:
        return "environment of Function"
    return None if function is None else _first(_CODE, number)


def _is_defined(resource: Resource) -> bool:
    return resource.type == "AWS::ApiGateway::RestApi" and any(map(resource.get, ("Body", "BodyS3Location")))


def _gateway_responses(model: Model, names: Iterable[str]) -> str:
    """The calls that add both defaults, with what the API itself says where that is written out."""
    given = set(names)
    api = next((api for api in model.rest_apis if api.logical_id in given), None)
    texts = _headers(model, api) if api is not None else _EXAMPLE
    inner = ", ".join(f"'{name}': \"{value}\"" for name, value in texts.items())
    there = api.gateway_responses if api is not None else {}
    kinds = [kind for kind in ("4XX", "5XX") if f"DEFAULT_{kind}" not in there] or ["4XX", "5XX"]
    more = f", and the same for DEFAULT_{kinds[1]}" if len(kinds) > 1 else ""
    kind = kinds[0]
    return (
        f"api.addGatewayResponse('Default{kind}', {{ type: ResponseType.DEFAULT_{kind}, "
        f"responseHeaders: {{ {inner} }} }}){more}"
    )


def _headers(model: Model, api: RestApi) -> dict[str, str]:
    """What an API's own gateway responses should say; an example where the API does not say it in one text."""
    example = _EXAMPLE | ({"Access-Control-Allow-Credentials": "'true'"} if sends_credentials(api) else {})
    try:
        headers = headers_of(model, api)
    except CannotEdit:
        return example
    texts = {name: value for name, value in headers.items() if isinstance(value, str)}
    is_lost = texts.get("Access-Control-Allow-Origin") == "'*'" and sends_credentials(api)
    return example if is_lost or len(texts) < len(headers) else texts


def _option(model: Model, finding: Finding, door: FrontDoor) -> str:
    role = _setting(model, finding.node)
    roles = _first(_ABOUT, finding.rule.id[1:]) or (_LISTS if role is None else (role,))
    options = [_OPTIONS[door][role] for role in roles if role in _OPTIONS[door]]
    return f"{_in_words(options)} {_IN[door]}"


def _setting(model: Model, node: Node) -> Role | None:
    """The list of a configuration, or the header of a preflight, that a finding stands in."""
    settings = (setting for policy in model.policies for setting in policy.settings.values())
    found = [(each.role, each.key, each.node) for each in settings]
    found += [(_HEADERS[each.name.lower()], each.key, each.node) for each in _preflight_headers(model)]
    return next((role for role, key, value in found if key.start <= node.start < value.end), None)


def _preflight_headers(model: Model) -> Iterator[Header]:
    methods = (method for api in model.rest_apis for method in api.methods if method.is_options)
    responses = (each for method in methods if method.integration is not None for each in method.integration.responses)
    return (header for each in responses for header in each.headers.values() if header.name.lower() in _HEADERS)


def _in_words(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _first(table: dict[str, _Told], number: str) -> _Told | None:
    return next((told for start, told in table.items() if number.startswith(start)), None)


def _door(model: Model, finding: Finding) -> FrontDoor:
    """The front door that a finding is about: by the resources that it names, else the first that its rule knows."""
    for door in model.doors:
        if door.logical_id in finding.resources:
            return door.front_door
    policies = {policy.resource: policy.door for policy in model.policies}
    known = (policies[name] for name in finding.resources if name in policies)
    return next(known, "rest")
