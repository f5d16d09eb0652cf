"""947x, storage and CDN: buckets that pages write to, and CloudFront in front of what answers CORS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.browser.faults import Fault
from cfncors.checks.explanations import NO_ALLOW_ORIGIN, REFUSED, answers, anything, preflight
from cfncors.checks.policy_remedies import list_items
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt, together
from cfncors.errors import CannotEdit
from cfncors.findings import PROMISED, Finding, Rule, Says
from cfncors.gateway.across import front_door_of, has_cors, is_called_across
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import (
    Behavior,
    Bucket,
    Distribution,
    Door,
    Method,
    Model,
)
from cfncors.gateway.policy import Item, Policy
from cfncors.source import Node, Sequence
from cfncors.source.edit import append, put
from cfncors.template import Known

if TYPE_CHECKING:
    from cfncors.facts import Facts

_WRITING: Final = ("PUT", "POST", "DELETE")
#: Headers that a reading request has without a preflight, or that it has no use for (Fetch, "CORS-safelisted
#: request-header").
_UNASKED: Final = frozenset(("accept", "accept-language", "content-language", "content-type", "range"))
#: What CloudFront passes beside GET and HEAD when it passes all (API Reference, "AllowedMethods").
_OTHERS: Final = ("OPTIONS", "PUT", "PATCH", "POST", "DELETE")
#: What CloudFront said when such a policy was deployed (aws/aws-cdk#35308).
_REFUSED: Final = (
    "Invalid request provided: AWS::CloudFront::ResponseHeadersPolicy: The parameter Access-Control-Allow-Headers "
    "cannot contain * when allowCredentials is true."
)


def _named(policy: Policy, *methods: str) -> list[Item]:
    """The entries of a rule's methods that are certainly one of these."""
    setting = policy.setting("methods")
    items = setting.items if setting is not None else ()
    return [item for item in items if isinstance(item.value, Known) and item.value.text in methods]


def _certain(items: list[Item]) -> str:
    return " and ".join(dict.fromkeys(item.value.text for item in items if isinstance(item.value, Known)))


# -- buckets ----------------------------------------------------------------------------------------------------------


@rule("I9471", "s3-etag-hidden", "safe", doors="s3", about="advice")
def s3_etag_hidden(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A bucket lets pages upload, but hides the ETag that a multipart upload has to read.

    ## Why
    A multipart upload is finished with a list of its parts, each sent with PUT, and each with the `ETag` that S3
    answered. A page may read only the response headers that `ExposedHeaders` names: without it, SDKs stop after the
    last part with a missing ETag.

    ## Example
    ```yaml
    CorsRules:
      - AllowedOrigins: [https://app.example.com]
        AllowedMethods: [PUT]
        ExposedHeaders: [ETag]        # what is missing
    ```

    ## Fix safety
    Safe: `ETag` is added to `ExposedHeaders`. It tells a page that has just uploaded a part no more than it knows.

    ## References
    - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    - https://fetch.spec.whatwg.org/#http-access-control-expose-headers
    """
    for bucket in facts.model.buckets:
        for policy in bucket.policies:
            parts, uploading = _named(policy, "PUT"), _named(policy, "PUT", "POST")
            exposed = policy.texts("expose")
            if not parts or exposed is None or {"etag", "*"} & {name.strip().lower() for name in exposed}:
                continue
            setting = policy.setting("expose")
            place: Node = setting.key if setting is not None else uploading[0].node
            message = (
                f"{policy.what} allow {_certain(uploading)} and hide ETag, which multipart uploads read: "
                "list it in ExposedHeaders"
            )
            fix, why = attempt(
                "expose ETag",
                "safe",
                lambda policy=policy: list_items(facts.template.document, policy, "expose", ["ETag"]),  # type: ignore[misc]
            )
            yield Finding(rule, message, place, fix, why, None, (bucket.logical_id,))


@rule("W9472", "s3-any-site-writes", doors="s3", about="security")
def s3_any_site_writes(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A bucket lets the pages of any site write or delete.

    ## Why
    `*` names every site. Whoever gets hold of a presigned URL or of temporary credentials (in a link, a log,
    a script of another site) can use them from a page anywhere. Only the pages that upload have to be named; reading
    can stay open in a rule of its own.

    ## Example
    ```yaml
    CorsRules:
      - AllowedOrigins: ['*']         # https://app.example.com
        AllowedMethods: [GET, PUT]
    ```

    ## Fix safety
    No fix: which pages upload is not in the template.

    ## References
    - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    for bucket in facts.model.buckets:
        for policy in bucket.policies:
            setting = policy.setting("origins")
            writing = _named(policy, *_WRITING)
            items = setting.items if setting is not None else ()
            wide = [i for i in items if isinstance(i.value, Known) and i.value.text == "*"]
            if not writing or not wide:
                continue
            assumed = sorted({name for item in wide if isinstance(item.value, Known) for name in item.value.assumes})
            star = f"*, the default of {', '.join(assumed)}" if assumed else "*"
            message = (
                f"{policy.what} let pages of any site ({star}) {_certain(writing)}: name the pages that write, as in "
                "https://app.example.com"
            )
            yield Finding(rule, message, wide[0].node, resources=(bucket.logical_id,))


# -- what reaches the origin ------------------------------------------------------------------------------------------


@rule(
    "E9473",
    "cdn-options-refused",
    "safe",
    doors="cdn",
    explains=(
        preflight(*REFUSED, by="door edge"),
        answers(NO_ALLOW_ORIGIN, by="edge"),
    ),
)
def cdn_options_refused(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A cache behavior refuses OPTIONS, and what is behind it is called with preflights.

    ## Why
    A cache behavior passes GET and HEAD unless `AllowedMethods` says more; everything else CloudFront answers itself
    with 403, without CORS headers. So the preflight fails before it reaches the API, however well that answers it. A
    response headers policy does not answer preflights either: it adds headers to what the origin sends.

    ## Example
    ```yaml
    DefaultCacheBehavior:
      TargetOriginId: api
      AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]     # what is missing
    ```

    ## Fix safety
    Safe: `GET, HEAD, OPTIONS`, or all seven methods where the routes behind need more. CloudFront takes no other sets.

    ## References
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-403-invalid-method.html
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    for distribution in facts.model.distributions:
        for behavior in distribution.behaviors:
            if behavior.allowed is None or "OPTIONS" in behavior.allowed or behavior.edge:
                continue
            door = front_door_of(facts.model, behavior)
            asked = _asked_first(facts.model, distribution, behavior, door)
            what = ", ".join(asked[:2]) if asked else _policy_asked_first(behavior, door)
            if not what:
                continue
            wanted = _wanted(behavior, asked)
            if behavior.failover and not {"POST", "PUT"}.isdisjoint(wanted):
                continue  # an origin group takes reading alone, so that these routes are not asked for through it
            message = (
                f"{called(behavior, distribution)} refuses OPTIONS with 403, the preflight of {what}: "
                f"let AllowedMethods be {', '.join(wanted)}"
            )
            entry = behavior.allowed_entry
            place = entry.key if entry is not None else behavior.key
            says = PROMISED
            fix, why = attempt(
                "allow OPTIONS",
                "safe",
                lambda behavior=behavior, wanted=wanted: _allow(facts.model, behavior, wanted),  # type: ignore[misc]
            )
            yield Finding(rule, message, place, fix, why, says, (distribution.logical_id,))


def called(behavior: Behavior, distribution: Distribution) -> str:
    """A behavior for messages."""
    name = "the default cache behavior" if behavior.pattern == "*" else f"the cache behavior {behavior.pattern}"
    return f"{name} of {distribution.logical_id}"


def _asked_first(model: Model, distribution: Distribution, behavior: Behavior, door: Door | None) -> list[str]:
    """The routes behind a behavior that are preflighted for certain, as ``PUT /items``."""
    if door is None or not has_cors(model, door) or not is_called_across(model, distribution):
        return []
    from cfncors.gateway.cdn_paths import taking

    found = []
    for method in distribution.methods:
        if not method.is_options and taking(distribution, method.path) is behavior:
            found += [f"{verb} {method.path}" for verb in preflighted(door, method)]
    return found


def preflighted(door: Door, method: Method) -> list[str]:
    """The verbs of a route for which browsers ask first."""
    if method.verb != "ANY":
        return [method.verb] if method.verb not in ("GET", "HEAD") or demanded_headers(method) else []
    if demanded_headers(method):
        return ["GET"]
    listed = [text for policy in door.policies for text in policy.texts("methods") or ()]
    return [verb for verb in ("PUT", "PATCH", "DELETE") if verb in listed]


def _policy_asked_first(behavior: Behavior, door: Door | None) -> str:
    """What a response headers policy allows that is preflighted."""
    if len(behavior.policies) != 1 or behavior.opaque_policy:
        return ""
    attached = behavior.policies[0]
    from cfncors.browser.safelist import is_forbidden

    headers = [name.lower() for name in attached.policy.texts("headers") or []]
    named = [name for name in headers if "*" not in name and name not in _UNASKED and not is_forbidden(name, "")]
    if named:
        return f"requests with {named[0]}, which {attached.policy.what} allows"
    if door is None or isinstance(door, Bucket | Distribution):
        return ""
    verbs = [verb for verb in attached.policy.texts("methods") or [] if verb in ("PUT", "PATCH", "DELETE")]
    return f"{verbs[0]}, which {attached.policy.what} allows" if verbs else ""


def _wanted(behavior: Behavior, asked: list[str]) -> tuple[str, ...]:
    """The smallest of CloudFront's three sets of methods that has all (API Reference, "AllowedMethods")."""
    needed = {each.partition(" ")[0] for each in asked} | set(behavior.allowed or ())
    return ("GET", "HEAD", "OPTIONS") if needed <= {"GET", "HEAD", "OPTIONS"} else ("GET", "HEAD", *_OTHERS)


def _allow(model: Model, behavior: Behavior, wanted: tuple[str, ...]) -> Edits:
    document = model.template.document
    entry = behavior.allowed_entry
    if entry is None:
        return put(document, behavior.node, ("AllowedMethods",), list(wanted))
    node = entry.value
    if not isinstance(node, Sequence) or node.tag is not None or not node.items:
        raise CannotEdit("AllowedMethods is not written out")
    missing = [verb for verb in wanted if verb not in (behavior.allowed or ())]
    return together(*(append(document, node, verb) for verb in missing))


# -- response headers policies ----------------------------------------------------------------------------------------


@rule(
    "E9475",
    "cdn-credentials-wildcard",
    doors="cdn",
    about="deployment",
    explains=(anything(Fault.WILDCARD_WITH_CREDENTIALS),),
)
def cdn_credentials_wildcard(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A response headers policy allows credentials together with `*`.

    ## Why
    For a request with credentials `*` is no wildcard: browsers refuse it as an origin, and take it for a header of this
    name elsewhere. CloudFront refuses to make a policy with `*` in `AccessControlAllowHeaders` and
    `AccessControlAllowCredentials: true`.

    ## Example
    ```yaml
    CorsConfig:
      AccessControlAllowCredentials: true
      AccessControlAllowHeaders:
        Items: ['*']                  # Authorization, Content-Type
    ```

    ## Fix safety
    No fix: which headers and origins are meant is not in the template.

    ## References
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    - https://github.com/aws/aws-cdk/pull/35308
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    for attached in facts.model.header_policies:
        if attached.policy.credentials is True:
            yield from _wildcards(rule, attached.policy)


def _wildcards(rule: Rule, policy: Policy) -> Iterator[Finding]:
    headers, origins = policy.setting("headers"), policy.setting("origins")
    for setting in (headers, origins):
        for item in setting.items if setting is not None else ():
            if not isinstance(item.value, Known):
                continue
            text, place = item.value.text, item.node
            if setting is headers and "*" in text:
                message = (
                    f"{policy.what} allows credentials and the header {text}, which CloudFront refuses: list the "
                    "headers by name"
                )
                yield Finding(rule, message, place, says=Says("deployment", _REFUSED), resources=(policy.resource,))
            elif setting is origins and text == "*":
                message = (
                    f"{policy.what} allows credentials from any origin; browsers refuse * for requests with "
                    "credentials: name the origins"
                )
                says = PROMISED
                yield Finding(rule, message, place, says=says, resources=(policy.resource,))
