"""943x, how long a browser keeps a preflight's answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cfncors.checks.policy_remedies import rewrite_item, set_value
from cfncors.checks.preflight_mock import mocks
from cfncors.checks.preflight_remedies import CACHED_SECONDS, keep
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt, rewritten, together
from cfncors.facts import Facts
from cfncors.facts.allow_lists import BODY_METHODS, is_preflighted
from cfncors.findings import Finding, Fix, Rule
from cfncors.gateway.expressions import decided, literal
from cfncors.gateway.model import ALLOW_ORIGIN, MAX_AGE, IntegrationResponse, Method, Model, RestApi, normal_path
from cfncors.gateway.policy import FrontDoor, Item, Policy
from cfncors.gateway.preflight import picked
from cfncors.template import Known

#: The longest that any browser keeps a preflight, in seconds: Firefox 86,400, Chromium 7,200, WebKit 600.
LONGEST_MAX_AGE: Final = 86_400
#: What each service takes, in seconds: the least, the most, and how to call it (API Gateway V2 API Reference, "Cors";
#: Lambda API Reference, "Cors"; CloudFormation Template Reference, "AWS::S3::Bucket CorsRule"; CloudFront API
#: Reference, "ResponseHeadersPolicyCorsConfig").
_RANGES: Final[dict[FrontDoor, tuple[int, int | None, str]]] = {
    "rest": (1, None, "the Serverless Framework"),
    "http": (-1, LONGEST_MAX_AGE, "an HTTP API"),
    "url": (0, LONGEST_MAX_AGE, "a function URL"),
    "s3": (0, None, "a bucket"),
    "cdn": (0, None, "a response headers policy"),
}
#: More digits than any number of seconds needs, and than Python converts.
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


def _answers(api: RestApi) -> Iterator[tuple[Method, IntegrationResponse]]:
    for method in mocks(api):
        found = map(picked, method.integration.each) if method.integration is not None else ()
        for response in {id(each): each for each in found if each is not None}.values():
            yield method, response


@rule("W9437", "preflight-max-age", "safe", doors="rest http url s3 cdn", about="advice")
def preflight_max_age(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The time to keep a preflight is not a number of seconds that the service takes or a browser keeps.

    ## Why
    The value is an integer, in seconds. In a header anything else counts as 5, or as nothing. Firefox keeps a preflight
    for at most 86,400 seconds, Chromium for 7,200, WebKit for 600; more than 86,400 has no effect anywhere. -1 switches
    the cache off.

    An HTTP API takes -1 to 86400, a function URL 0 to 86400, a bucket and a response headers policy 0 or more; they
    refuse another value when it is deployed.

    ## Example
    ```yaml
    Cors:
      MaxAge: "'10m'"        # "'600'"
    ```

    ## Fix safety
    Safe: a number that is too large becomes 86400, which every browser treats the same, and one that is too small for
    a service the least that it takes. A text that is no number has no fix.

    ## References
    - https://fetch.spec.whatwg.org/#http-access-control-max-age
    - https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
    - https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
    """
    seen: set[int] = set()
    for api in facts.model.rest_apis:
        for method, response in _answers(api):
            header = response.effective.get(MAX_AGE)
            if api.dialect == "serverless" and method.origin == "cors":
                continue  # it is made of maxAge of an event
            if header is None or id(header.node) in seen:
                continue
            seen.add(id(header.node))
            for leaf in decided(header.value):
                found = _of_header(rule, facts.model, api, leaf) if isinstance(leaf, Known) else None
                if found is not None:
                    yield found._replace(resources=(api.logical_id, method.resource))
    for policy in facts.model.policies:
        setting = policy.setting("max-age")
        for item in setting.items if setting is not None else ():
            if id(item.node) not in seen:
                seen.add(id(item.node))
                yield from _of_item(rule, facts.model, policy, item)


def _of_header(rule: Rule, model: Model, api: RestApi, leaf: Known) -> Finding | None:
    problem = _max_age_problem(leaf.text)
    if problem is None:
        return None
    fix, why = None, None
    if (literal(leaf.text.strip()) or leaf.text).strip().isdecimal():
        capped = f"'{LONGEST_MAX_AGE}'"
        fix, why = attempt(
            f"cap it at {LONGEST_MAX_AGE}",
            "safe",
            lambda: rewritten(model.template.document, leaf.node, lambda _: capped),
        )
    return Finding(rule, f"Access-Control-Max-Age of {api.logical_id} {problem}", leaf.node, fix, why)


def _max_age_problem(text: str) -> str | None:
    inner = literal(text.strip())
    value = (text if inner is None else inner).strip()
    if value.startswith(("context.", "stageVariables.", "integration.")):
        return None
    if not value.removeprefix("-").isdecimal() or not value.isascii():
        return f"is {value or 'empty'}, which is no number of seconds"
    if value.isdecimal() and (not _NUMBER.fullmatch(value) or int(value) > LONGEST_MAX_AGE):
        return f"is {value}; no browser keeps a preflight longer than {LONGEST_MAX_AGE} seconds"
    if value.startswith("-") and value.strip("-0") not in ("", "1"):
        return f"is {value}; -1 switches the cache off, less means nothing"
    return None


def _of_item(rule: Rule, model: Model, policy: Policy, item: Item) -> Iterator[Finding]:
    """One finding for a written value; that it has REST's inner quotes is said by E9412."""
    for leaf in item.known:
        text = leaf.text.strip()
        problem = None if _is_another_matter(text) else _range_problem(policy.door, text)
        if problem is None:
            continue
        assumed = f" with the default of {', '.join(sorted(leaf.assumes))}" if leaf.assumes else ""
        assumed = f" with {leaf.chosen}" if leaf.when else assumed
        message = f"{policy.name('max-age')} of {policy.what} is {text or 'empty'}{assumed}{problem}"
        fix, why = _into_range(model, policy, item, text)
        yield Finding(rule, message, item.node, fix, why, None, (policy.owner, policy.resource))
        return


def _is_another_matter(text: str) -> bool:
    return text[:1] in ("'", '"')


def _range_problem(door: FrontDoor, text: str) -> str | None:
    least, most, service = _RANGES[door]
    if _NUMBER.fullmatch(text) is None:
        return ", which is no number of seconds"
    if int(text) < least or (most is not None and int(text) > most):
        taken = f"{least} or more seconds" if most is None else f"{least} to {most} seconds"
        return f"; {service} takes {taken}"
    if int(text) > LONGEST_MAX_AGE:
        return f"; no browser keeps a preflight longer than {LONGEST_MAX_AGE} seconds"
    return None


def _into_range(model: Model, policy: Policy, item: Item, text: str) -> tuple[Fix | None, str | None]:
    if _NUMBER.fullmatch(text) is None:
        return None, None
    value = max(_RANGES[policy.door][0], min(int(text), LONGEST_MAX_AGE))
    title = f"cap it at {value}" if int(text) > value else f"write {value}"
    return attempt(title, "safe", lambda: rewrite_item(model.template.document, item, value))


@rule("I9438", "preflight-never-cached", "unsafe", doors="rest http url s3 cdn", about="advice")
def preflight_never_cached(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The preflight says no time to keep it, so browsers ask again after 5 seconds.

    ## Why
    Without Access-Control-Max-Age a preflight is kept for 5 seconds: nearly every request costs two round trips, and
    API Gateway bills both. A function URL says 0 by itself, so that every request does. Chromium keeps one for up to
    7,200 seconds, Firefox for 86,400, WebKit for 600.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://app.example.com'"
      MaxAge: "'600'"       # what is missing
    ```

    ## Fix safety
    Unsafe: a change of the allowed methods, headers or origins reaches a browser only when its copy has aged out. The
    fix says 600 seconds, which every browser keeps.

    ## References
    - https://fetch.spec.whatwg.org/#http-access-control-max-age
    - https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
    """
    for api in facts.model.rest_apis:
        yield from _of_mocks(rule, facts.model, api)
    # The sides of an Fn::If stand under one key, and so do the front doors that take it from Globals.
    keyed: dict[int, list[Policy]] = {}
    for policy in _preflighted(facts.model):
        if policy.setting("max-age") is None and policy.complete:
            keyed.setdefault(id(policy.key), []).append(policy)
    for policies in keyed.values():
        policy = policies[0]
        often = "every time" if policy.door == "url" else "again after 5 seconds"
        message = f"{policy.what} has no {policy.name('max-age')}: browsers ask {often}"
        fix, why = attempt(
            _KEEP,
            "unsafe",
            lambda policies=policies: _all_kept(facts.model, policies),  # type: ignore[misc]
        )
        yield Finding(rule, message, policy.key, fix, why, None, (policy.owner, policy.resource))


def _all_kept(model: Model, policies: Iterable[Policy]) -> Edits:
    return together(*(_kept(model, policy) for policy in {id(each.node): each for each in policies}.values()))


def _kept(model: Model, policy: Policy) -> Edits:
    if model.template.service is not None:
        from cfncors.checks.serverless_remedies import write_in_policy

        return write_in_policy(model, policy, "max-age", CACHED_SECONDS)
    return set_value(model.template.document, policy, "max-age", CACHED_SECONDS)


_KEEP: Final = f"let browsers keep it for {CACHED_SECONDS} seconds"


def _of_mocks(rule: Rule, model: Model, api: RestApi) -> Iterator[Finding]:
    seen: set[int] = set()
    asked = {normal_path(m.path) for m in api.methods if is_preflighted(m) or m.verb in BODY_METHODS}
    for method, response in _answers(api):
        if MAX_AGE in response.effective or MAX_AGE in response.overrides or id(method.key) in seen:
            continue
        if normal_path(method.path) not in asked or ALLOW_ORIGIN not in response.effective:
            continue
        seen.add(id(method.key))
        owner = f"the preflight of {api.logical_id}" if method.origin == "cors" else f"OPTIONS {method.path}"
        message = f"{owner} has no Access-Control-Max-Age: browsers ask again after 5 seconds"
        fix, why = attempt(
            _KEEP,
            "unsafe",
            lambda method=method, response=response: keep(  # type: ignore[misc]
                model, api, method, response
            ),
        )
        yield Finding(rule, message, method.key, fix, why, None, (api.logical_id, method.resource))


def _preflighted(model: Model) -> Iterator[Policy]:
    """The configurations that a preflight is answered from: one of its routes is preflighted, or it says so itself by
    a method or a header that it allows. A response headers policy leaves the time to its origin when it does not
    replace what that says."""
    for door in model.doors:
        if door.front_door in ("http", "url", "s3"):
            is_asked = door.front_door != "s3" and _are_preflighted(door.methods)
            yield from (policy for policy in door.policies if is_asked or _names_preflighted(policy))
    for attached in model.header_policies:
        if attached.override is True and _names_preflighted(attached.policy):
            yield attached.policy


def _are_preflighted(methods: Iterable[Method]) -> bool:
    return any(is_preflighted(m) or m.verb in BODY_METHODS for m in methods if not m.is_options)


def _names_preflighted(policy: Policy) -> bool:
    methods = {text.strip() for text in policy.texts("methods") or ()}
    # A POST to a bucket is a form, which needs no preflight; elsewhere it is JSON, which does.
    unasked = ("POST",) if policy.door in ("s3", "cdn") else ()
    if methods.difference(("GET", "HEAD", "OPTIONS", "*", "ALL", "ANY", *unasked)):
        return True
    return any(text.strip() not in ("*", "") for text in policy.texts("headers") or ())
