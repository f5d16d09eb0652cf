"""What stands behind a route: the functions that it calls, and their code where a template holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cfncors.gateway.model import FunctionUrl, HttpApi, Method, RestApi
from cfncors.gateway.parameters import mapping
from cfncors.gateway.references import below, mentioned
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Template, intrinsic

SENDS_CORS: Final = "access-control-allow-origin"
#: Where an integration says what it calls: in resources, in OpenAPI bodies, in an API of one route, in a function URL.
_CALLS: Final = ("Uri", "uri", "IntegrationUri", "Target", "TargetFunctionArn")
_QUALIFIED: Final = ("AWS::Lambda::Alias", "AWS::Lambda::Version")
#: The name in the ARN of a function, with or without a version (Lambda Developer Guide, "Lambda function ARN").
_NAMED: Final = re.compile(r":function:([^:/\s]+)")
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_UNKNOWN: Final = "\0"


def function_in(template: Template, node: Node | None) -> str | None:
    """The logical id of the function that an expression names: by a reference, by an alias or a version of it, or in
    an ARN that is put together with its ``FunctionName``."""
    for name in mentioned(node) if node is not None else ():
        resource = template.resources.get(name)
        if resource is None:
            continue
        if resource.type.endswith("::Function"):
            return name
        if resource.type in _QUALIFIED:
            named = resource.get("FunctionName")
            return next((n for n in mentioned(named) if n in template.resources), None) if named is not None else None
    return _by_name(template, node) if node is not None else None


def _by_name(template: Template, node: Node) -> str | None:
    """The one function whose ``FunctionName`` is the name in an ARN; expressions are compared as they are written."""
    found = next(filter(None, (_NAMED.search(_written(each)) for each in below(node))), None)
    if found is None or _UNKNOWN in found[1]:
        return None
    functions = template.of_type("AWS::Lambda::Function", "AWS::Serverless::Function")
    same = [
        each.logical_id
        for each in functions
        if (name := each.get("FunctionName")) is not None and _written(name) == found[1]
    ]
    return same[0] if len(same) == 1 else None


def _written(node: Node) -> str:
    """An expression as ``Fn::Sub`` would write it, so that ``!Ref Name`` and ``!Sub "${Name}"`` are one."""
    call = intrinsic(node)
    if call is None:
        return node.text if isinstance(node, Scalar) else _UNKNOWN
    items = call.argument.items if isinstance(call.argument, Sequence) else [call.argument]
    first = items[0] if items else None
    if call.name == "Ref" and isinstance(first, Scalar):
        return f"${{{first.text}}}"
    if call.name == "Fn::Sub" and isinstance(first, Scalar):
        own = items[1] if len(items) > 1 and isinstance(items[1], Mapping) else None
        values = {key: _written(entry.value) for key, entry in own.items()} if own is not None else {}
        return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), first.text)
    if call.name == "Fn::Join" and isinstance(first, Scalar) and len(items) == 2 and isinstance(items[1], Sequence):
        return first.text.join(_written(item) for item in items[1].items)
    return _UNKNOWN


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
