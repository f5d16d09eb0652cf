"""What stands behind a route: the functions that it calls, and their code where a template holds it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cfncors.gateway.model import FunctionUrl, HttpApi, Method, RestApi
from cfncors.gateway.parameters import mapping
from cfncors.gateway.references import mentioned
from cfncors.source import Node
from cfncors.template import Template

SENDS_CORS: Final = "access-control-allow-origin"
#: Where an integration says what it calls: in resources, in OpenAPI bodies, in an API of one route, in a function URL.
_CALLS: Final = ("Uri", "uri", "IntegrationUri", "Target", "TargetFunctionArn")
_QUALIFIED: Final = ("AWS::Lambda::Alias", "AWS::Lambda::Version")


def function_in(template: Template, node: Node | None) -> str | None:
    """The logical id of the function that an expression names, also by an alias or a version of it."""
    for name in mentioned(node) if node is not None else ():
        resource = template.resources.get(name)
        if resource is None:
            continue
        if resource.type.endswith("::Function"):
            return name
        if resource.type in _QUALIFIED:
            named = resource.get("FunctionName")
            return next((n for n in mentioned(named) if n in template.resources), None) if named is not None else None
    return None


def function_behind(template: Template, method: Method) -> str | None:
    """The logical id of the function that a route calls, when it is one of this template."""
    resource = template.resources.get(method.resource)
    if resource is not None and resource.type.endswith("::Function"):
        return method.resource
    written = mapping(method.integration.node) if method.integration is not None else None
    found = (function_in(template, written.get(name)) for name in _CALLS) if written is not None else iter(())
    return next((name for name in found if name is not None), None)


def sending_code(template: Template, door: RestApi | HttpApi | FunctionUrl) -> Node | None:
    """The inline code behind a front door that sends a CORS header, if there is any."""
    for name in dict.fromkeys(_functions(template, door)):
        code = _inline_code(template, name)
        if code is not None:
            return code
    return None


def _functions(template: Template, door: RestApi | HttpApi | FunctionUrl) -> Iterable[str]:
    if isinstance(door, FunctionUrl):
        return (door.function,)
    proxied = (m for m in door.methods if m.integration is not None and m.integration.kind == "aws_proxy")
    return [name for method in proxied if (name := function_behind(template, method)) is not None]


def _inline_code(template: Template, logical_id: str) -> Node | None:
    resource = template.resources.get(logical_id)
    if resource is None or not resource.type.endswith("::Function"):
        return None
    zipped = mapping(resource.get("Code"))
    for node in (resource.get("InlineCode"), zipped.get("ZipFile") if zipped is not None else None):
        text = template.known(node) if node is not None else None
        if node is not None and text is not None and SENDS_CORS in text.lower():
            return node
    return None
