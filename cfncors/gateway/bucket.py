"""S3 buckets and their CORS rules.

Amazon S3 User Guide, "Elements of a CORS configuration": up to 100 rules, of which the first that matches answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.gateway.model import NO_AUTHORIZATION, Bucket, Integration, Method
from cfncors.gateway.policy import BUCKET_NAMES, Policy, policy
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import Entry
from cfncors.template import Resource, Template, intrinsic

BUCKET: Final = "AWS::S3::Bucket"
#: Every object of a bucket; a key may hold slashes.
OBJECTS: Final = "/{key+}"
#: API Reference, "CORSRule": what a rule may name.
_METHODS: Final = frozenset(("GET", "PUT", "HEAD", "POST", "DELETE"))
#: What answers is S3 itself, from what is stored.
_STORED: Final = Integration("unknown", None, None, (), None)


def buckets(template: Template) -> Iterator[Bucket]:
    """The buckets with a CORS configuration."""
    for resource in template.of_type(BUCKET):
        if _written(template, resource) is not None:
            yield bucket(template, resource)


def bucket(template: Template, resource: Resource) -> Bucket:
    """A bucket, with a CORS configuration or without. It is not complete when a rule may be there that cannot be
    seen."""
    rules: list[Policy] = []
    entry = _written(template, resource)
    complete = resource.node.get("Properties") is resource.properties
    if entry is not None:
        for node in template.branches(entry.value):
            found = list(_rules(template, resource, node))
            complete = complete and bool(found) and all(rule.complete for rule in found)
            rules += found
    methods = tuple(objects(resource, verb, rules) for verb in dict.fromkeys(_verbs(rules)))
    return Bucket(resource.logical_id, resource.key, resource, methods, tuple(rules), complete, resource.properties)


def objects(resource: Resource, verb: str, rules: list[Policy]) -> Method:
    """A method on the objects of a bucket. ``key`` is where a rule names it."""
    key: Scalar = next(iter(_naming(verb, rules)), resource.key)
    return Method(OBJECTS, verb, NO_AUTHORIZATION, False, _STORED, {}, key, key, "made", resource.logical_id)


def takes_forms(method: Method) -> bool:
    """Whether a route is the POST of a bucket, whose body is a form (API Reference, "POST Object": it must be
    ``multipart/form-data``)."""
    return method.verb == "POST" and method.integration is _STORED


def _written(template: Template, resource: Resource) -> Entry | None:
    entry = resource.entry("CorsConfiguration")
    return entry if entry is not None and _may_be_there(template, entry.value) else None


def _may_be_there(template: Template, node: Node) -> bool:
    return any(not (isinstance(side, Scalar) and side.is_null) for side in template.branches(node))


def _rules(template: Template, resource: Resource, configuration: Node) -> Iterator[Policy]:
    """Each rule; one that stands for all when they cannot be seen."""
    entry = configuration.entry("CorsRules") if isinstance(configuration, Mapping) else None
    if entry is None:
        key = resource.entry("CorsConfiguration")
        if intrinsic(configuration) is not None and key is not None:
            yield _rule(template, resource, key.key, configuration)
        return
    for node in template.branches(entry.value):
        if isinstance(node, Sequence) and node.tag is None:
            for item in node.items:
                for branch in template.branches(item):
                    yield _rule(template, resource, entry.key, branch)
        elif intrinsic(node) is not None:
            yield _rule(template, resource, entry.key, node)


def _rule(template: Template, resource: Resource, key: Scalar, node: Node) -> Policy:
    name = resource.logical_id
    return policy(template, "s3", name, name, f"CorsRules of {name}", key, node, BUCKET_NAMES)


def _verbs(rules: list[Policy]) -> Iterator[str]:
    for rule in rules:
        setting = rule.setting("methods")
        for item in setting.items if setting is not None else ():
            yield from (
                known.text
                for known in item.known
                if known.text.isalpha() and known.text.isupper() and known.text != "OPTIONS"
            )


def _naming(verb: str, rules: list[Policy]) -> Iterator[Scalar]:
    for rule in rules:
        setting = rule.setting("methods")
        for item in setting.items if setting is not None else ():
            if isinstance(item.node, Scalar) and any(known.text == verb for known in item.known):
                yield item.node
