"""What a finding in a template of the CDK or of SST means for the program that made it: the construct, and the call.

AWS CDK API Reference, modules ``aws-apigateway``, ``aws-apigatewayv2``, ``aws-lambda``, ``aws-s3``, ``aws-cloudfront``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cfncors.findings import Finding
from cfncors.gateway.model import Model
from cfncors.gateway.policy import FrontDoor
from cfncors.template.synthesised import Maker, construct, maker

_GATEWAY_RESPONSE: Final = (
    "api.addGatewayResponse('Default4XX', { type: ResponseType.DEFAULT_4XX, responseHeaders: "
    "{ 'Access-Control-Allow-Origin': \"'https://app.example.com'\" } }), and the same for DEFAULT_5XX"
)
#: Rule, or the beginning of its number -> what to call for a REST API, the first that fits.
_REST: Final = {
    "9415": "api.addGatewayResponse(…, { type: ResponseType.… })",
    "9425": "addGatewayResponse without statusCode",
    "942": _GATEWAY_RESPONSE,
    "9411": "single quotes inside the value: responseHeaders: { 'Access-Control-Allow-Origin': \"'*'\" }",
    "9432": "defaultCorsPreflightOptions instead of an own OPTIONS method behind an authorizer",
    "9433": "allowMethods of defaultCorsPreflightOptions or addCorsPreflight",
    "9434": "allowHeaders of defaultCorsPreflightOptions or addCorsPreflight",
    "9439": "allowHeaders of defaultCorsPreflightOptions or addCorsPreflight",
    "9435": "binaryMediaTypes without '*/*', or contentHandling: ContentHandling.CONVERT_TO_TEXT of the MOCK",
    "9437": "maxAge: Duration.minutes(…) of defaultCorsPreflightOptions or addCorsPreflight",
    "9438": "maxAge: Duration.minutes(10) of defaultCorsPreflightOptions or addCorsPreflight",
    "9443": "allowOrigins and allowCredentials of defaultCorsPreflightOptions or addCorsPreflight",
    "943": "defaultCorsPreflightOptions of RestApi, or resource.addCorsPreflight({ allowOrigins: […] })",
    "944": "allowOrigins of defaultCorsPreflightOptions or addCorsPreflight, responseHeaders of addGatewayResponse",
    "945": "the lists of defaultCorsPreflightOptions or addCorsPreflight",
    "9462": "headers: { 'Access-Control-Allow-Origin': … } in what the handler returns",
    "9463": "headers: { 'Access-Control-Allow-Origin': … } in what the handler returns",
    "946": "responseParameters of integrationResponses and methodResponses, or the handler's own headers",
    "941": "the responses of the method's integration",
}
_OTHERS: Final[dict[FrontDoor, str]] = {
    "http": "corsPreflight of HttpApi: { allowOrigins, allowMethods, allowHeaders, allowCredentials, maxAge }",
    "url": "fn.addFunctionUrl({ cors: { allowedOrigins, allowedMethods, allowedHeaders, maxAge } })",
    "s3": "cors of Bucket: [{ allowedOrigins, allowedMethods, allowedHeaders, exposedHeaders, maxAge }]",
    "cdn": "corsBehavior of ResponseHeadersPolicy, allowedMethods: AllowedMethods.ALLOW_… of the behavior",
}
_IN_SST: Final[dict[FrontDoor, str]] = {
    "rest": "through api.cdk.restApi of ApiGatewayV1Api: ",
    "http": "cors of Api, which becomes ",
    "url": "url: { cors } of Function, which becomes ",
    "s3": "cors of Bucket, which becomes ",
    "cdn": "",
}


def for_the_program(model: Model, findings: Iterable[Finding]) -> list[Finding]:
    """The findings as they are, or, for a template that a program wrote, with the construct and the call that mends
    it, and without an edit: the next synthesis would undo it."""
    tool = maker(model.template)
    return list(findings) if tool is None else [_for_the_program(model, tool, each) for each in findings]


def _for_the_program(model: Model, tool: Maker, finding: Finding) -> Finding:
    paths = [path for name in reversed(finding.resources) if (path := construct(model.template, name)) is not None]
    where = f" (construct {paths[0]})" if paths else ""
    call = _call(model, finding)
    if tool == "SST" and call:
        call = _IN_SST[_door(model, finding)] + call
    told = f"; in {tool}: {call}" if call else ""
    without = None if finding.fix is None else f"the {tool} app writes this file: change it there"
    return finding._replace(message=f"{finding.message}{where}{told}", fix=None, no_fix=without or finding.no_fix)


def _call(model: Model, finding: Finding) -> str:
    if not finding.rule.doors:
        return ""
    door = _door(model, finding)
    if door != "rest":
        return _OTHERS[door]
    number = finding.rule.id[1:]
    return next((call for start, call in _REST.items() if number.startswith(start)), "")


def _door(model: Model, finding: Finding) -> FrontDoor:
    """The front door that a finding is about: by the resources that it names, else the first that its rule knows."""
    for door in model.doors:
        if door.logical_id in finding.resources:
            return door.front_door
    policies = {policy.resource: policy.door for policy in model.policies}
    known = (policies[name] for name in finding.resources if name in policies)
    return next(known, "rest")
