"""The cache behaviors of CloudFront distributions: what they pass, forward and keep, and what stands behind them.

Amazon CloudFront Developer Guide, "Distribution settings reference", "Control the cache key with a policy" and "Control
origin requests with a policy".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.gateway.bucket import BUCKET, bucket
from cfncors.gateway.cdn_origins import NOWHERE, Origin, Origins, identity, named_resource
from cfncors.gateway.cdn_paths import STAGE, routes, taking, viewer_path
from cfncors.gateway.demands import BY_CLOUDFRONT
from cfncors.gateway.managed_policies import (
    CACHE_POLICIES,
    CORS_REQUEST_HEADERS,
    ORIGIN_REQUEST_POLICIES,
    RESPONSE_HEADERS_POLICIES,
    CachePolicy,
    OriginRequestPolicy,
)
from cfncors.gateway.model import AttachedPolicy, Behavior, Distribution, Door, Method
from cfncors.gateway.parameters import mapping
from cfncors.gateway.policy import CDN_NAMES, Policy, Role, Setting, made
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import Entry
from cfncors.template import Absent, Known, Resource, Template, intrinsic

_READING: Final = frozenset(("GET", "HEAD"))


class _Reach(NamedTuple):
    """Which request headers reach the origin and are in the key (``None``: not known), and whether answers are kept."""

    forwarded: frozenset[str] | None
    keyed: frozenset[str] | None
    everything: bool
    caches: bool


_UNKNOWN: Final = _Reach(None, None, False, True)


class Builder:
    """What the distributions of a template have in common."""

    def __init__(self, template: Template, doors: Iterable[Door], policies: Iterable[AttachedPolicy]) -> None:
        self.template = template
        self.doors: dict[str, Door] = {r.logical_id: bucket(template, r) for r in template.of_type(BUCKET)}
        self.doors |= {door.logical_id: door for door in doors}
        self.policies = tuple(policies)
        self.origins = Origins(template, self.doors)

    def distribution(self, resource: Resource) -> Distribution:
        sides = self.template.branches(resource.get("DistributionConfig"))
        config = mapping(sides[0]) if len(sides) == 1 else None
        if config is None or intrinsic(config) is not None:
            return Distribution(resource.logical_id, resource.key, resource, (), (), False, resource.properties)
        listed, complete = self._listed(config)
        origins = self.origins.of(config)
        default = config.entry("DefaultCacheBehavior")
        nodes = [(item, None) for item in listed]
        sides = self.template.branches(default.value) if default is not None else []
        nodes += [(side, default.key) for side in sides if default is not None]  # type: ignore[misc]
        complete = complete and len(sides) == 1 and all(intrinsic(n) is None for n, _ in nodes)
        behaviors = tuple(
            self._behavior(resource, node, key, origins)
            for node, key in nodes
            if isinstance(node, Mapping) and intrinsic(node) is None
        )
        found = Distribution(resource.logical_id, resource.key, resource, (), behaviors, complete, resource.properties)
        found = found._replace(error_pages=self._error_pages(config))
        return found._replace(methods=tuple(self._methods(found)))

    def _listed(self, config: Mapping) -> tuple[list[Node], bool]:
        """The cache behaviors in their order, and whether these are all."""
        entry = config.entry("CacheBehaviors")
        sides = self.template.branches(entry.value) if entry is not None else []
        sides = [side for side in sides if not (isinstance(side, Scalar) and side.is_null)]
        if not sides:
            return [], True
        if len(sides) > 1 or not isinstance(sides[0], Sequence) or sides[0].tag is not None:
            return [], False
        branched = [self.template.branches(item) for item in sides[0].items]
        nodes = [side for each in branched for side in each]
        return nodes, all(len(each) <= 1 for each in branched) and all(isinstance(node, Mapping) for node in nodes)

    def _error_pages(self, config: Mapping) -> frozenset[int]:
        """Statuses in whose place CloudFront sends another page (Developer Guide, "Create a custom error page")."""
        listed = config.get("CustomErrorResponses")
        found = set()
        for item in listed.items if isinstance(listed, Sequence) else []:
            for side in self.template.branches(item):
                node = mapping(side)
                code = self.template.known(node.get("ErrorCode")) if node is not None else None
                if node is not None and code is not None and code.isdecimal() and "ResponsePagePath" in node:
                    found.add(int(code))
        return frozenset(found)

    # -- behaviors ----------------------------------------------------------------------------------------------------

    def _behavior(self, resource: Resource, node: Mapping, key: Scalar | None, origins: dict[str, Origin]) -> Behavior:
        pattern = node.entry("PathPattern")
        text = "*" if key is not None else (self.template.known(pattern.value) if pattern is not None else None)
        target = identity(self.template, node.get("TargetOriginId"))
        origin = origins.get(target or "", NOWHERE)
        allowed = node.entry("AllowedMethods")
        reach = self._reach(node)
        policies, opaque = self._attached(resource, node)
        return Behavior(
            text or "",
            key or (pattern.key if pattern is not None else resource.key),
            node,
            origin.door if text is not None else None,
            origin.path or "" if origin.door is None or origin.path is not None else STAGE,
            self._methods_of(node, "AllowedMethods"),
            self._methods_of(node, "CachedMethods"),
            allowed,
            reach.forwarded,
            reach.keyed,
            reach.everything,
            reach.caches,
            policies,
            opaque,
            any(map(self._is_associated, map(node.get, ("FunctionAssociations", "LambdaFunctionAssociations")))),
            origin.added,
            origin.signs,
            origin.failover,
        )

    def _is_associated(self, listed: Node | None) -> bool:
        """Whether code may run at the edge: not with an empty list."""
        sides = [s for s in self.template.branches(listed) if not (isinstance(s, Scalar) and s.is_null)]
        return any(not isinstance(side, Sequence) or side.tag is not None or side.items for side in sides)

    def _methods_of(self, node: Mapping, name: str) -> frozenset[str] | None:
        entry = node.entry(name)
        found = _words(self.template, entry.value) if entry is not None else ()
        if found == ():
            return _READING
        return None if found is None else frozenset(found)

    def _reach(self, node: Mapping) -> _Reach:
        """Developer Guide, "Control the cache key with a policy", "Control origin requests with a policy"."""
        forwarded = mapping(node.get("ForwardedValues"))
        if "CachePolicyId" not in node:
            return self._legacy(node, forwarded) if forwarded is not None else _UNKNOWN
        cached = self._cache_policy(node)
        asked = self._origin_request_policy(node)
        if cached is None:
            return _UNKNOWN._replace(everything=asked is not None and asked.everything)
        if asked is None:
            return _Reach(None, cached.keyed, False, cached.caches)
        both = None if cached.keyed is None or asked.forwarded is None else cached.keyed | asked.forwarded
        return _Reach(both, cached.keyed, asked.everything, cached.caches)

    def _legacy(self, node: Mapping, values: Mapping) -> _Reach:
        """Legacy cache settings: what is listed is in the key too, ``*`` keeps nothing. Origin is forwarded without
        being listed (Developer Guide, "Request and response behavior for custom origins", "HTTP request headers and
        CloudFront behavior"; a miss and a hit recorded in awslabs/speke-reference-server#37)."""
        entry = values.entry("Headers")
        found = _words(self.template, entry.value) if entry is not None else ()
        if found is None:
            return _UNKNOWN
        keyed = frozenset(name.lower() for name in found)
        everything = "*" in keyed
        return _Reach(keyed | CORS_REQUEST_HEADERS, keyed, everything, not everything and _keeps(self.template, node))

    def _cache_policy(self, node: Mapping) -> CachePolicy | None:
        named = self._named(node, "CachePolicyId", "AWS::CloudFront::CachePolicy")
        if isinstance(named, str):
            return CACHE_POLICIES.get(named)
        config = mapping(named.get("CachePolicyConfig")) if named is not None else None
        inner = mapping(config.get("ParametersInCacheKeyAndForwardedToOrigin")) if config is not None else None
        if config is None or inner is None:
            return None
        headers = mapping(inner.get("HeadersConfig"))
        kind, listed = _behavior_of(self.template, headers, "HeaderBehavior")
        keyed = frozenset[str]() if kind == "none" else listed if kind == "whitelist" else None
        return CachePolicy(keyed, _keeps(self.template, config))

    def _origin_request_policy(self, node: Mapping) -> OriginRequestPolicy | None:
        if "OriginRequestPolicyId" not in node:
            return OriginRequestPolicy(frozenset(), False)
        named = self._named(node, "OriginRequestPolicyId", "AWS::CloudFront::OriginRequestPolicy")
        if isinstance(named, str):
            return ORIGIN_REQUEST_POLICIES.get(named)
        config = mapping(named.get("OriginRequestPolicyConfig")) if named is not None else None
        headers = mapping(config.get("HeadersConfig")) if config is not None else None
        kind, listed = _behavior_of(self.template, headers, "HeaderBehavior")
        if kind in ("allViewer", "allViewerAndWhitelistCloudFront"):
            return OriginRequestPolicy(CORS_REQUEST_HEADERS, True)
        if kind == "allExcept" and listed is not None:
            asked = CORS_REQUEST_HEADERS | {"authorization"}
            return OriginRequestPolicy(asked - listed, not asked & listed)
        if kind == "none":
            return OriginRequestPolicy(frozenset(), False)
        return OriginRequestPolicy(listed, False) if kind == "whitelist" and listed is not None else None

    def _attached(self, resource: Resource, node: Mapping) -> tuple[tuple[AttachedPolicy, ...], bool]:
        """The CORS that a response headers policy may add, and whether one may that cannot be seen."""
        entry = node.entry("ResponseHeadersPolicyId")
        if entry is None:
            return (), False
        found: list[AttachedPolicy] = []
        opaque = False
        for side in self.template.branches(entry.value):
            named = named_resource(self.template, side, "AWS::CloudFront::ResponseHeadersPolicy")
            if isinstance(named, Resource):
                opaque = opaque or self._is_hidden(named.get("ResponseHeadersPolicyConfig"))
                found += [each for each in self.policies if each.policy.owner == named.logical_id]
            elif named in RESPONSE_HEADERS_POLICIES:
                found += _managed(resource, entry, named or "")
            else:
                opaque = opaque or not (isinstance(side, Scalar) and side.is_null)
        return tuple(found), opaque

    def _is_hidden(self, config: Node | None) -> bool:
        """Whether a response headers policy may do more to CORS headers than its ``CorsConfig`` says: it cannot be
        seen, or sets or removes them by name (Developer Guide, "Understand response headers policies")."""
        if not isinstance(config, Mapping) or intrinsic(config) is not None:
            return True
        for name in ("CustomHeadersConfig", "RemoveHeadersConfig"):
            for section in map(mapping, self.template.branches(config.get(name))):
                listed = section.get("Items") if section is not None else None
                for node in map(mapping, listed.items if isinstance(listed, Sequence) else ()):
                    header = self.template.known(node.get("Header")) if node is not None else None
                    if header is not None and header.lower().startswith("access-control-"):
                        return True
        return False

    def _named(self, node: Mapping, name: str, kind: str) -> Resource | str | None:
        sides = self.template.branches(node.get(name))
        return named_resource(self.template, sides[0], kind) if len(sides) == 1 else None

    # -- routes -------------------------------------------------------------------------------------------------------

    def _methods(self, distribution: Distribution) -> Iterator[Method]:
        """The routes of the front doors behind the behaviors, by the paths that viewers ask for."""
        seen: set[tuple[str, str]] = set()
        for behavior in distribution.behaviors:
            door = self.doors.get(behavior.origin or "")
            for method in routes(door, behavior) if door is not None else ():
                path = viewer_path(door, behavior, method.path) if door is not None else None
                if path is None or (path, method.verb) in seen or taking(distribution, path) is not behavior:
                    continue
                seen.add((path, method.verb))
                signed = behavior.signs and method.authorization.kind == "iam"
                asked = method._replace(path=path)
                yield asked._replace(authorization=BY_CLOUDFRONT) if signed else asked


def _managed(resource: Resource, entry: Entry, identity: str) -> Iterator[AttachedPolicy]:
    found = RESPONSE_HEADERS_POLICIES.get(identity)
    if found is None:
        return
    settings: dict[Role, Setting] = {"origins": made("origins", entry.key, "*")}
    if found.methods:
        settings["methods"] = made("methods", entry.key, *found.methods)
    if found.expose:
        settings["expose"] = made("expose", entry.key, *found.expose)
    name = resource.logical_id
    what = f"the managed policy {found.name}"
    written = Policy("cdn", name, name, what, entry.key, entry.value, None, settings, CDN_NAMES)
    yield AttachedPolicy(written, False, found.name)


def _words(template: Template, node: Node) -> tuple[str, ...] | None:
    """The texts of a list; empty when it is absent, ``None`` when one of them is not known."""
    sides = template.branches(node)
    if not sides or (isinstance(node, Scalar) and node.is_null):
        return ()
    values = template.values(sides[0]) if len(sides) == 1 else None
    if values is None or not all(isinstance(value, Known | Absent) for value in values):
        return None
    return tuple(value.text for value in values if isinstance(value, Known))


def _behavior_of(template: Template, node: Mapping | None, name: str) -> tuple[str | None, frozenset[str] | None]:
    """A ``HeadersConfig``: what it does, and the names (lower case) that it lists."""
    if node is None:
        return None, None
    entry = node.entry("Headers")
    listed = _words(template, entry.value) if entry is not None else ()
    names = None if listed is None else frozenset(each.lower() for each in listed)
    return template.known(node.get(name)), names


def _keeps(template: Template, node: Mapping) -> bool:
    """Whether answers are kept that do not say so themselves: not with a maximum, or a default and minimum, of 0
    seconds (Developer Guide, "Manage how long content stays in the cache (expiration)"). The default is a day."""
    least, usual, most = (template.known(node.get(name)) for name in ("MinTTL", "DefaultTTL", "MaxTTL"))
    if any(name in node and template.known(node.get(name)) is None for name in ("MinTTL", "DefaultTTL", "MaxTTL")):
        return False
    return most != "0" and not (usual == "0" and least in (None, "0"))
