"""CloudFront: a response headers policy on each behavior, and preflights that reach the origin.

Amazon CloudFront Developer Guide: "Add or remove HTTP headers in CloudFront responses with a policy"; the policy adds
headers to the preflight's answer too, but the origin has to give that answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.checks.remedies import Edits, expression, free_id, together
from cfncors.enable.asked import Asked
from cfncors.enable.changes import Change
from cfncors.enable.in_lists import in_line, kept
from cfncors.enable.wanted import Wanted, in_lists, methods, written
from cfncors.errors import CannotEdit
from cfncors.gateway.cdn_paths import taking
from cfncors.gateway.managed_policies import CORS_REQUEST_HEADERS, FORWARD_TO_API, FORWARD_TO_BUCKET
from cfncors.gateway.model import Behavior, Distribution, Door, Model, normal_path
from cfncors.gateway.policy import CDN_NAMES
from cfncors.source import Node, Scalar
from cfncors.source.edit import put, replace
from cfncors.source.emit import Data
from cfncors.template import Resource
from cfncors.template.intrinsics import ref

_ATTACHED: Final = "ResponseHeadersPolicyId"
_POLICY: Final = "AWS::CloudFront::ResponseHeadersPolicy"
#: Managed policies whose whole content is CORS for any page; others bring security headers along, which must stay.
_MANAGED_CORS: Final = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": "SimpleCORS",
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": "CORS-With-Preflight",
}
#: The three lists that AllowedMethods may hold (CloudFront API reference, "AllowedMethods").
_WITH_OPTIONS: Final = ("GET", "HEAD", "OPTIONS")
_ALL: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def plan(model: Model, door: Door, wish: Asked) -> Iterator[Change]:
    """What a distribution lacks."""
    assert isinstance(door, Distribution)
    wish = kept(door.policies, wish)
    wanted = _wanted(door, wish)
    if not door.behaviors:
        raise CannotEdit("its behaviors are not written out in this file")
    bare: list[Behavior] = []
    for behavior in door.behaviors:
        own = _own_policy(model, behavior)
        if own is None:
            bare.append(behavior)
        else:
            yield from _policy(model, own, wanted, wish)
        yield from _methods(model, door, behavior, wish)
        yield from _forwarding(model, behavior)
    if bare:
        yield _attached(model, door, bare, wanted)


def _wanted(door: Distribution, wish: Asked) -> Wanted:
    """The wish, for the methods that the behaviors let pass."""
    passing = {verb for behavior in door.behaviors for verb in behavior.allowed or _ALL} | set(wish.methods)
    passing.update(verb for behavior in door.behaviors for verb in _served(door, behavior))
    served = methods(door.methods, wish) if door.methods or wish.methods else ["GET", "HEAD"]
    wanted = in_lists("cdn", door.methods, wish._replace(methods=tuple(served)))
    wanted["methods"] = [verb for verb in served if verb in passing] or ["GET", "HEAD"]
    wanted.setdefault("headers", ["Content-Type"])  # the list is required and may not be empty
    return wanted


def _own_policy(model: Model, behavior: Behavior) -> Resource | None:
    """The response headers policy of this template that is attached; ``None`` without one, or with one that is
    nothing but CORS for any page. Raises :class:`CannotEdit` for another."""
    node = behavior.node.get(_ATTACHED)
    if node is None or (isinstance(node, Scalar) and (node.is_null or node.text in _MANAGED_CORS)):
        return None
    name = ref(node) or _attribute_of(node)
    resource = model.template.resources.get(name or "")
    if resource is None or resource.type != _POLICY:
        raise CannotEdit(
            f"the behavior {behavior.pattern} has a response headers policy that is not in this template; add the CORS "
            "to that policy, or detach it"
        )
    return resource


def _attribute_of(node: Node) -> str | None:
    """The resource of ``GetAtt Policy.Id``."""
    from cfncors.template.intrinsics import call, scalar_text

    found = call(node, "Fn::GetAtt")
    if isinstance(found, Scalar):
        return found.text.partition(".")[0]
    items = getattr(found, "items", None)
    return scalar_text(items[0]) if isinstance(items, list) and items else None


def _policy(model: Model, resource: Resource, wanted: Wanted, wish: Asked) -> Iterator[Change]:
    """What a policy of this template lacks."""
    written_here = [each.policy for each in model.header_policies if each.policy.resource == resource.logical_id]
    for policy in written_here:
        yield from in_line(model, policy, wanted, wish)
    if not written_here:
        path = ("Properties", "ResponseHeadersPolicyConfig", "CorsConfig")
        edits = put(model.template.document, resource.node, path, _cors_config(wanted))
        yield Change(f"CorsConfig of {resource.logical_id}", edits)


def _cors_config(wanted: Wanted) -> dict[str, Data]:
    return {"AccessControlAllowCredentials": False, **written(wanted, CDN_NAMES), "OriginOverride": True}


def _attached(model: Model, door: Distribution, bare: list[Behavior], wanted: Wanted) -> Change:
    """A policy of its own for the distribution, on every behavior without one."""
    document = model.template.document
    resources = model.template.section("Resources")
    if resources is None:
        raise CannotEdit("the template has no Resources section")
    name = free_id(model.template, f"{door.logical_id}Cors")
    made: dict[str, Data] = {"Type": _POLICY}
    condition = door.resource.node.get("Condition")
    if isinstance(condition, Scalar):
        made["Condition"] = condition.text
    made["Properties"] = {
        "ResponseHeadersPolicyConfig": {
            "Name": expression(document, "Fn::Sub", f"${{AWS::StackName}}-{name}"),
            "CorsConfig": _cors_config(wanted),
        }
    }
    added = put(document, resources, (name,), made, after=door.logical_id)
    reference = expression(document, "Ref", name)
    attached: list[Edits] = []
    for behavior in bare:
        given = behavior.node.entry(_ATTACHED)
        if given is None:
            attached.append(put(document, behavior.node, (_ATTACHED,), reference))
        else:
            attached.append(replace(document, given.value, reference))
    was = [b for b in bare if isinstance(b.node.get(_ATTACHED), Scalar)]
    patterns = ", ".join(behavior.pattern for behavior in bare)
    instead = f" in the place of {_MANAGED_CORS.get(_text(was[0]), 'none')}" if was else ""
    what = f"{name}, a response headers policy on the behavior {patterns}{instead}"
    # The distribution may end where the policy begins: what belongs into it comes first.
    return Change(what, together(*attached, added), replaces=bool(was))


def _text(behavior: Behavior) -> str:
    node = behavior.node.get(_ATTACHED)
    return node.text if isinstance(node, Scalar) else ""


def _served(door: Distribution, behavior: Behavior) -> set[str]:
    """The methods that the routes behind a behavior serve by name."""
    routes = (method for method in door.methods if method.verb not in ("ANY", "OPTIONS"))
    return {method.verb for method in routes if taking(door, normal_path(method.path)) is behavior}


def _methods(model: Model, door: Distribution, behavior: Behavior, wish: Asked) -> Iterator[Change]:
    """``AllowedMethods`` with OPTIONS and what the routes behind serve, as narrow as CloudFront has it."""
    allowed = behavior.allowed
    if allowed is None:
        raise CannotEdit(f"AllowedMethods of the behavior {behavior.pattern} is known only at deployment")
    wanted = {"OPTIONS", *wish.methods, *_served(door, behavior)}
    if wanted <= allowed:
        return
    narrow = allowed | wanted <= set(_WITH_OPTIONS)
    listed: list[Data] = list(_WITH_OPTIONS if narrow else _ALL)
    what = f"AllowedMethods of the behavior {behavior.pattern} with {', '.join(sorted(wanted - allowed))}"
    entry = behavior.allowed_entry
    document = model.template.document
    if entry is None:
        yield Change(what, put(document, behavior.node, ("AllowedMethods",), listed))
    else:
        yield Change(what, replace(document, entry.value, listed))


def _forwarding(model: Model, behavior: Behavior) -> Iterator[Change]:
    """What the origin needs to answer a preflight, where it certainly does not reach it."""
    node = behavior.node
    if behavior.origin is None or behavior.forwarded is None or behavior.forwards_all:
        return
    settled = any(name in node for name in ("ForwardedValues", "OriginRequestPolicyId"))
    if behavior.forwarded >= CORS_REQUEST_HEADERS or settled or "CachePolicyId" not in node:
        return
    behind = next((each for each in model.doors if each.logical_id == behavior.origin), None)
    bucket = behind.front_door == "s3" if behind is not None else _is_bucket(model, behavior.origin)
    managed = FORWARD_TO_BUCKET if bucket else FORWARD_TO_API
    name = "CORS-S3Origin" if bucket else "AllViewerExceptHostHeader"
    edits = put(model.template.document, node, ("OriginRequestPolicyId",), managed, after="CachePolicyId")
    yield Change(f"OriginRequestPolicyId of the behavior {behavior.pattern}: {name}", edits)


def _is_bucket(model: Model, logical_id: str) -> bool:
    resource = model.template.resources.get(logical_id)
    return resource is not None and resource.type == "AWS::S3::Bucket"
