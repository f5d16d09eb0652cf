"""941x, wrong dialect: values of another type than the service takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.checks.explanations import anything
from cfncors.checks.registry import rule
from cfncors.checks.remedies import attempt
from cfncors.facts import Facts
from cfncors.findings import Finding, Rule
from cfncors.gateway.model import Model
from cfncors.gateway.parameters import mapping
from cfncors.gateway.policy import S3_NAMES, Policy, Setting
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.edit import rename
from cfncors.source.nodes import Entry
from cfncors.template import Known, Resource, intrinsic

_LISTS: Final = ("origins", "methods", "headers", "expose")
#: What S3's own API and its XML call the list of rules (S3 API Reference, "CORSConfiguration").
_S3_RULES: Final = ("CORSRules", "CORSRule")


@rule("E9410", "wrong-type", "safe", doors="http url s3 cdn", about="value", explains=(anything(),))
def wrong_type(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A part of a CORS configuration is of another type than the service takes, or has the name of another dialect.

    ## Why
    A configuration is a mapping, its origins, methods and headers are lists of texts, and credentials are true or
    false. Anything else fails the deployment, or SAM's transform before it: *Property 'Cors' should be a map*,
    *AllowOrigins must be of type list*.

    The keys of a bucket's rule have other names in S3's own API and in its console, whose rules are often copied:
    `ExposeHeaders`, `MaxAgeSeconds`, `CORSRules`. CloudFormation does not know them.

    ## Example
    ```yaml
    Cors:
      - AllowOrigins: [https://app.example.com]     # a list where a mapping belongs
    ```

    ## Fix safety
    Safe: a key of S3's own API gets CloudFormation's name. A value of a wrong type has no fix: what was meant is not
    certain.

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigatewayv2-api-cors.html
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-url-cors.html
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-corsrule.html
    """
    yield from _misnamed(rule, facts.model)
    if facts.template.service is not None:  # the framework checks its own file
        return
    told: set[int] = set()
    for policy in facts.model.policies:
        for node, message in _of(facts.model, policy):
            if id(node) not in told and not node.foreign:
                told.add(id(node))
                yield Finding(rule, message, node, resources=(policy.owner, policy.resource))
    for bucket in facts.template.of_type("AWS::S3::Bucket"):
        for node, message in _of_rules(bucket):
            yield Finding(rule, message, node, resources=(bucket.logical_id,))


def _of(model: Model, policy: Policy) -> Iterator[tuple[Node, str]]:
    """What is of a wrong type in a configuration. A text in place of SAM's ``CorsConfiguration`` is E9412's."""
    node = policy.node
    is_sam = policy.door == "http" and model.template.is_sam
    is_text = isinstance(node, Scalar) and node.tag is None and not node.is_null and not is_sam
    # What an intrinsic function for AllowOrigins puts in the place of SAM's configuration is E9419's.
    if is_text or (_is_list(node) and (not is_sam or _is_written(model, policy))):
        yield node, f"{policy.what} is {_kind(node)} where a mapping belongs"
    for setting in policy.settings.values():
        name = f"{setting.name} of {policy.owner}"
        if setting.role in _LISTS:
            written = node.get(setting.name) if policy.door == "cdn" and isinstance(node, Mapping) else None
            if written is not None and (_is_list(written) or _is_text(written)):
                yield written, f"{name} is {_kind(written)} where a mapping with Items belongs"
            else:
                yield from _of_list(setting, name)
        elif setting.role == "credentials" and not is_sam:
            yield from _of_flag(setting, name)


def _misnamed(rule: Rule, model: Model) -> Iterator[Finding]:
    """The keys of buckets that have their name from S3's own API."""
    for bucket in model.template.of_type("AWS::S3::Bucket"):
        for configuration in map(mapping, model.template.branches(bucket.get("CorsConfiguration"))):
            for entry in configuration.entries if configuration is not None else ():
                if entry.key.text in _S3_RULES:
                    yield _renaming(rule, model, bucket, entry, "CorsRules")
    for found in model.buckets:
        for node in (mapping(policy.node) for policy in found.policies):
            for entry in node.entries if node is not None else ():
                name = S3_NAMES.get(entry.key.text)
                if node is not None and name is not None and name not in node:
                    yield _renaming(rule, model, found.resource, entry, name)


def _renaming(rule: Rule, model: Model, bucket: Resource, entry: Entry, name: str) -> Finding:
    message = f"{entry.key.text} of {bucket.logical_id} is the name of S3's own API; CloudFormation's is {name}"
    fix, why = attempt(f"write {name}", "safe", lambda: rename(model.template.document, entry.key, name))
    return Finding(rule, message, entry.key, fix, why, None, (bucket.logical_id,))


def _is_written(model: Model, policy: Policy) -> bool:
    """Whether the node of a policy stands under the configuration's own key."""
    apis = (api for api in model.http_apis if api.logical_id == policy.owner)
    return any(api.properties is not None and api.properties.get("CorsConfiguration") is policy.node for api in apis)


def _of_list(setting: Setting, name: str) -> Iterator[tuple[Node, str]]:
    for node in _branches(setting):
        if isinstance(node, Mapping) and intrinsic(node) is None and "Items" not in node:
            yield node, f"{name} is a mapping where a list of texts belongs"
        for item in node.items if isinstance(node, Sequence) and node.tag is None else ():
            if _is_list(item) or (isinstance(item, Mapping) and intrinsic(item) is None):
                yield item, f"an entry of {name} is {_kind(item)}, not a text"


def _branches(setting: Setting) -> Iterator[Node]:
    node = setting.node
    items = node.get("Items") if isinstance(node, Mapping) and intrinsic(node) is None else None
    yield node if items is None else items


def _of_flag(setting: Setting, name: str) -> Iterator[tuple[Node, str]]:
    for item in setting.items:
        value, node = item.value, item.node
        if not isinstance(value, Known) or not isinstance(node, Scalar) or value.node is not node:
            continue
        if value.text.strip("'\" ").lower() not in ("true", "false") and not isinstance(node.value, bool):
            yield node, f"{name} is {value.text or 'an empty text'}; write true or false"


def _of_rules(bucket: Resource) -> Iterator[tuple[Node, str]]:
    """What is above the rules of a bucket."""
    name = f"CorsConfiguration of {bucket.logical_id}"
    node = bucket.get("CorsConfiguration")
    if node is None or intrinsic(node) is not None or (isinstance(node, Scalar) and (node.is_null or node.tag)):
        return
    if not isinstance(node, Mapping):
        yield node, f"{name} is {_kind(node)} where a mapping with CorsRules belongs"
        return
    rules = node.get("CorsRules")
    if isinstance(rules, Mapping) and intrinsic(rules) is None:
        yield rules, f"CorsRules of {bucket.logical_id} is a mapping where a list of rules belongs"


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and node.tag is None and not node.is_null


def _is_list(node: Node) -> bool:
    return isinstance(node, Sequence) and node.tag is None


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, Sequence) else "a mapping" if isinstance(node, Mapping) else "a single value"
