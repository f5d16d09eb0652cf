"""What an S3 bucket answers to a request for an object.

Amazon S3 User Guide, "Elements of a CORS configuration" and "Testing CORS"; the answers themselves are those that
LocalStack's tests ``test_s3_cors`` recorded against AWS.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from cfncors.gateway.answer import SUCCESS, Answer, Confidence, Sent, request_headers
from cfncors.gateway.model import Bucket, Method, Model
from cfncors.gateway.policy import Policy, Role, allows

if TYPE_CHECKING:
    from cfncors.browser import Request

_VARY: Final = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
#: Amazon S3 API Reference, "DeleteObject" and "POST Object" (``success_action_status``).
_STATUS: Final = {"DELETE": 204, "POST": 204}
_ON_ERRORS: Final = "whether S3 sends CORS headers with an error is not documented"


def respond(model: Model, bucket: Bucket, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a request for an object. ``outcome`` is :data:`SUCCESS` or the status of an error (``403``).

    S3 never turns a request away because of its origin: it leaves the headers out, and the browser does the rest.
    """
    answer = _answer(bucket, request, outcome)
    return answer._replace(node=bucket.policies[0].key if bucket.policies else bucket.key)


def _answer(bucket: Bucket, request: Request, outcome: str) -> Answer:
    headers = request_headers(request)
    preflight = request.method == "OPTIONS"
    if not headers["origin"]:
        return _refused(400, "Origin request header needed") if preflight else _plain(request, outcome)
    if not bucket.policies and bucket.complete:
        return _refused(403, "CORS is not enabled for this bucket") if preflight else _plain(request, outcome)
    rule = _first(bucket, request.method, headers)
    if isinstance(rule, str):
        return Answer(None, "S3", rule, confidence="observed", open=rule)
    if rule is None:
        return _refused(403, "no rule matches this request") if preflight else _plain(request, outcome)
    if preflight:
        return Answer(200, "S3", "from the bucket's CORS rule", _sent(rule, headers), "observed")
    return _plain(request, outcome, _sent(rule, headers))


def _refused(status: int, why: str) -> Answer:
    return Answer(status, "S3", f"from S3: {why}", confidence="observed")


def _plain(request: Request, outcome: str, headers: tuple[Sent, ...] = ()) -> Answer:
    """What S3 answers by itself, with the headers of the rule that matches, if one does."""
    if outcome == SUCCESS:
        return Answer(_STATUS.get(request.method, 200), "S3", "from S3", headers, "observed")
    confidence: Confidence = "inferred" if headers else "observed"
    return Answer(int(outcome), "S3", "from S3", headers, confidence, doubts=(_ON_ERRORS,) if headers else ())


# -- the rule that answers --------------------------------------------------------------------------------------------


def _first(bucket: Bucket, verb: str, headers: dict[str, str]) -> Policy | str | None:
    """The first rule that matches; why that is not known, or ``None``. Access-Control-Request-Method counts even on
    a GET."""
    asked = headers.get("access-control-request-method") or verb
    names = [name.strip() for name in headers.get("access-control-request-headers", "").split(",") if name.strip()]
    for rule in bucket.policies:
        matched = _matches(rule, headers["origin"], asked, names)
        if matched is None:
            return f"whether a rule of {rule.what} matches is not known"
        if matched:
            return rule
    return None if bucket.complete else f"the rules of {bucket.logical_id} are not all known"


def _matches(rule: Policy, origin: str, verb: str, names: list[str]) -> bool | None:
    found = {
        allows(rule, "origins", lambda pattern: _fits(pattern, origin, ".+")),
        allows(rule, "methods", lambda method: method == verb),
        *(allows(rule, "headers", lambda pattern, name=name: _names(pattern, name)) for name in names),  # type: ignore[misc]
    }
    return False if False in found else None if None in found else True


def _names(pattern: str, name: str) -> bool:
    return _fits(pattern.lower(), name.lower(), ".*")


def _fits(pattern: str, text: str, wildcard: str) -> bool:
    """Whether a pattern with ``*`` covers all of a text. In an origin ``*`` stands for at least one character
    (LocalStack's recorded tests of partial origins); alone it is any origin."""
    return pattern == "*" or _compiled(pattern, wildcard).fullmatch(text) is not None


@cache
def _compiled(pattern: str, wildcard: str) -> re.Pattern[str]:
    return re.compile(wildcard.join(map(re.escape, pattern.split("*"))))


def _sent(rule: Policy, headers: dict[str, str]) -> tuple[Sent, ...]:
    """The headers of a rule. One for any origin allows no credentials, every other one does."""
    origins = rule.setting("origins")
    node = origins.node if origins is not None else None
    anybody = allows(rule, "origins", lambda pattern: pattern == "*")
    if anybody is None:
        why = "whether the rule is for any origin is not known"
        sent = [Sent("Access-Control-Allow-Origin", None, why, node=node)]
    elif anybody:
        sent = [Sent("Access-Control-Allow-Origin", "*", node=node)]
    else:
        sent = [
            Sent("Access-Control-Allow-Origin", headers["origin"], node=node),
            Sent("Access-Control-Allow-Credentials", "true"),
        ]
    sent += _listed(rule, "methods", "Access-Control-Allow-Methods")
    asked = headers.get("access-control-request-headers")
    if asked:
        sent.append(Sent("Access-Control-Allow-Headers", ", ".join(n.strip().lower() for n in asked.split(","))))
    sent += _listed(rule, "expose", "Access-Control-Expose-Headers")
    sent += _listed(rule, "max-age", "Access-Control-Max-Age")
    return (*sent, Sent("Vary", _VARY))


def _listed(rule: Policy, role: Role, name: str) -> list[Sent]:
    setting = rule.setting(role)
    if setting is None:
        return []
    sides = list(setting.alternatives())
    if len(sides) != 1 or sides[0] is None or any(len(item.known) != 1 for item in setting.items):
        return [Sent(name, None, "its value is not known", node=setting.node)]
    return [Sent(name, ", ".join(sides[0]), node=setting.node)] if sides[0] else []


# -- outcomes ---------------------------------------------------------------------------------------------------------


def successes(model: Model, bucket: Bucket, method: Method) -> tuple[str, ...]:
    """What a request for an object comes to when all goes well."""
    return (SUCCESS,)


def client_errors(model: Model, bucket: Bucket, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """No leave to read or write it, and no such object (API Reference, "Error responses")."""
    return ("403", "404") if method.verb in ("GET", "HEAD") else ("403",)


def server_errors(model: Model, bucket: Bucket, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """Slow Down (API Reference, "Error responses")."""
    return ("503",)
