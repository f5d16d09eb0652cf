"""Template to model."""

from __future__ import annotations

from cfncors.config import Settings
from cfncors.gateway.bucket import buckets
from cfncors.gateway.distribution import header_policies
from cfncors.gateway.function_url import function_urls
from cfncors.gateway.http_api import http_apis
from cfncors.gateway.model import Model, RestApi
from cfncors.gateway.parameters import mapping
from cfncors.gateway.rest_api import Parts, rest_apis
from cfncors.gateway.sam import sam_apis
from cfncors.source import Node, Scalar
from cfncors.source.nodes import children
from cfncors.template import Template

_SENDS_CORS = "access-control-allow-origin"


def build(template: Template, settings: Settings | None = None) -> Model:
    """The front doors of a template."""
    parts = Parts(template)
    apis = [*rest_apis(parts)]
    if template.is_sam:
        apis.extend(sam_apis(parts))
    if _SENDS_CORS in template.document.text.lower():
        apis = [_with_code(template, api) for api in apis]
    return Model(
        template,
        tuple(apis),
        settings or Settings(),
        tuple(http_apis(template)),
        tuple(function_urls(template)),
        tuple(buckets(template)),
        (),
        tuple(header_policies(template)),
    )


def _with_code(template: Template, api: RestApi) -> RestApi:
    """The API with the inline code behind its proxy integrations that sends a CORS header, if there is any."""
    for method in api.methods:
        if method.integration is None or method.integration.kind != "aws_proxy":
            continue
        for name in [method.resource, *_functions(method.integration.node)]:
            code = _inline_code(template, name)
            if code is not None:
                return api._replace(code=code)
    return api


def _functions(node: Node | None) -> list[str]:
    """Logical ids that an integration's ``Uri`` may name: the first word of each ``${Function.Arn}``."""
    uri = mapping(node)
    found = uri.get("Uri") or uri.get("uri") if uri is not None else None
    names: list[str] = []
    stack: list[Node] = [found] if found is not None else []
    while stack:
        part = stack.pop()
        if isinstance(part, Scalar):
            names.extend(piece.partition(".")[0].partition("}")[0] for piece in part.text.split("${"))
        stack.extend(children(part))
    return names


def _inline_code(template: Template, logical_id: str) -> Node | None:
    resource = template.resources.get(logical_id)
    if resource is None or not resource.type.endswith("::Function"):
        return None
    zipped = mapping(resource.get("Code"))
    for node in (resource.get("InlineCode"), zipped.get("ZipFile") if zipped is not None else None):
        text = template.known(node) if node is not None else None
        if node is not None and text is not None and _SENDS_CORS in text.lower():
            return node
    return None
