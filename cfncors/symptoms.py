"""From a pasted console message to the rules that find its cause.

The messages are those of Chromium (``cors_error_string.cc``), Firefox (MDN, "CORS errors"), WebKit
(``CrossOriginAccessControl.cpp``), API Gateway's deployment, its errors ("Gateway response types") and its execution
log (alma-cdk/openapix#37, aws/chalice#1310). Each entry says what the message means and which rules speak of a cause in
the template, most likely first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Symptom(NamedTuple):
    """What a message says. ``pattern`` is matched without regard to case, quotes and line breaks."""

    name: str
    pattern: str
    meaning: str
    rules: tuple[str, ...]


class Match(NamedTuple):
    """A symptom that a message shows, with what it names: a header, a method, a status."""

    symptom: Symptom
    named: dict[str, str]


#: In this order: what says more stands before what says less.
SYMPTOMS: Final = (
    Symptom(
        "several-origins",
        r"contains multiple values|cannot contain more than one origin|multiple cors header",
        "Access-Control-Allow-Origin holds more than one value: a list in one header, or the header twice, from the"
        " function and from its front door.",
        ("E9442", "E9464", "E9480"),
    ),
    Symptom(
        "wildcard-with-credentials",
        r"must not be the wildcard|credential is not supported if the cors header|cannot use wildcard in",
        "The request carries credentials, and * does not answer it.",
        ("E9443", "W9424", "E9475", "E9480"),
    ),
    Symptom(
        "policy-wildcard",
        r"cannot contain \* when allowcredentials is true",
        "CloudFront refuses a response headers policy with credentials and * among its headers.",
        ("E9475",),
    ),
    Symptom(
        "credentials-not-allowed",
        r"access-control-allow-credentials",
        "The request carries credentials, and the response does not say Access-Control-Allow-Credentials: true.",
        ("E9416", "E9421", "W9424", "E9461", "E9462", "E9480"),
    ),
    Symptom(
        "unreadable-list",
        r"cannot parse access-control-allow-(?:methods|headers)|invalid token (?P<token>\S+) in cors header",
        "A list in the answer to the preflight holds what is no name of a method or header, so the browser reads none"
        " of it.",
        ("E9451",),
    ),
    Symptom(
        "header-not-allowed",
        r"request header field (?P<header>[\w-]+) is not allowed|missing token (?P<token>[\w-]+) in cors header"
        r" access-control-allow-headers|access-control-allow-headers",
        "The preflight does not list a header that the page sends.",
        ("E9434", "W9439", "E9418", "E9412", "W9455", "W9456", "E9480", "W9481"),
    ),
    Symptom(
        "method-not-allowed",
        r"method (?P<method>[\w-]+) is not allowed by|did not find method|access-control-allow-methods",
        "The preflight does not list the method that the page uses.",
        ("E9433", "W9457", "W9456", "E9452", "E9480", "W9481"),
    ),
    Symptom(
        "preflight-not-ok",
        r"does not have http ok status|preflight response is not successful|preflight channel did not succeed",
        "The preflight is answered with an error: OPTIONS meets an authorizer or an API key, nothing answers it, or the"
        " MOCK behind it fails.",
        ("E9432", "E9431", "E9435", "E9436", "E9473", "W9430", "E9480", "W9481"),
    ),
    Symptom(
        "preflight-redirected",
        r"redirect is not allowed for a preflight|external redirect not allowed",
        "The preflight is redirected, often from http to https or to a login page; a template shows it only where an"
        " integration or code answers so.",
        ("E9480",),
    ),
    Symptom(
        "other-origin",
        r"not equal to the supplied origin|contains the invalid value|does not match",
        "The response allows another origin than the page's. Compare them letter by letter: scheme, port, no slash at"
        " the end.",
        ("W9424", "E9442", "E9441", "E9480"),
    ),
    Symptom(
        "preflight-without-origin",
        r"response to preflight request doesnt pass access control check: no access-control-allow-origin",
        "The answer to the preflight has no Access-Control-Allow-Origin. Usually no OPTIONS method answers it, or it is"
        " an error of API Gateway's own.",
        ("E9431", "E9432", "E9435", "E9436", "E9426", "E9414", "E9441", "E9473", "W9430", "E9480", "W9481"),
    ),
    Symptom(
        "no-origin",
        r"no access-control-allow-origin header is present|header access-control-allow-origin missing"
        r"|is not allowed by access-control-allow-origin|due to access control checks",
        "The response has no Access-Control-Allow-Origin. With status 401, 403, 429, 502 or 504 it is most likely API"
        " Gateway's own error; with another status the function or the integration has to send the header.",
        (
            "E9421",
            "E9462",
            "W9463",
            "E9423",
            "E9426",
            "E9461",
            "W9422",
            "E9466",
            "E9410",
            "E9412",
            "E9419",
            "E9441",
            "W9428",
            "W9429",
            "E9480",
        ),
    ),
    Symptom(
        "no-such-route",
        r"missing authentication token",
        "API Gateway has no such route or method, or the request is not signed. To OPTIONS it says so where no OPTIONS"
        " method answers, or where none is deployed yet.",
        ("E9431", "E9426", "E9432", "E9421"),
    ),
    Symptom(
        "mock-failed",
        r"statuscode\b.* should be an integer|unable to parse statuscode|unable to transform request",
        "The MOCK behind OPTIONS fails: its request template yields no status, or the request is taken for binary.",
        ("E9436", "E9435"),
    ),
    Symptom(
        "undeclared-header",
        r"invalid mapping expression parameter specified",
        "An integration response maps a header that its method response does not declare.",
        ("E9414",),
    ),
    Symptom(
        "mapping-refused",
        r"invalid mapping expression specified",
        "API Gateway refuses a header's value: a static text without inner single quotes, or a source that it cannot"
        " copy from there.",
        ("E9411", "E9413", "E9414"),
    ),
    Symptom(
        "method-refused",
        r"\bmethod (?P<method>\S+) is not supported|unsupported http method in cors config",
        "A list of methods holds one that the service does not take: OPTIONS for a function URL or a bucket, ANY, or a"
        " text with quotes or commas.",
        ("E9417", "E9412", "E9418"),
    ),
    Symptom(
        "configuration-refused",
        r"invalid value for cors property",
        "SAM finds something else than a mapping in the CorsConfiguration of an HTTP API.",
        ("E9412",),
    ),
    Symptom(
        "credentials-refused",
        r"allow-credentials is not supported if|can not be true when alloworigin",
        "SAM and HTTP APIs refuse credentials together with any origin.",
        ("E9443",),
    ),
    Symptom(
        "bucket-wildcard",
        r"can not have more than one wildcard|support wildcard for exposeheader",
        "A bucket takes one * in an origin or an allowed header, and none in an exposed one.",
        ("E9441", "E9451"),
    ),
    Symptom(
        "forbidden-method",
        r"(?P<method>\w+) http method is unsupported",
        "The page uses CONNECT, TRACE or TRACK, which browsers never send.",
        ("E9452",),
    ),
    Symptom(
        "unknown-type",
        r"at responsetype failed to satisfy|invalid gateway response parameter",
        "A gateway response has a type or a parameter that API Gateway does not know.",
        ("E9415",),
    ),
)

_QUOTES: Final = str.maketrans("", "", "'\"‘’“”`´")


def recognised(message: str) -> Iterator[Match]:
    """The symptoms that a pasted message shows, the most telling first; none when it is no such message."""
    text = " ".join(message.translate(_QUOTES).split())
    for symptom in SYMPTOMS:
        found = re.search(symptom.pattern, text, re.IGNORECASE)
        if found is not None:
            yield Match(symptom, {key: value for key, value in found.groupdict().items() if value})


def looks_like_message(text: str) -> bool:
    """Whether a word on the command line is a message rather than a rule's id or name."""
    return len(text.split()) > 2
