"""At least as strict as the strictest CORS library: what jub0bs/cors (v1.0.2) refuses has a finding on each front door.

Each row is one of the library's errors (https://pkg.go.dev/github.com/jub0bs/cors/cfgerrors). Beside them, the values
that the web platform tests hold against Access-Control-Allow-Origin.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from cfncors.config import Settings
from cfncors.lint import check_text
from cfncors.report import FileReport

ORIGIN = "https://app.example.com"
Policy = dict[str, Any]
DOORS = ("rest", "http", "url", "s3", "cdn")


class Row(NamedTuple):
    """One of the library's errors: what is configured, and the rule that says so, which differs by front door."""

    number: int
    role: str
    value: str
    rule: str
    says: str
    credentials: bool = False
    doors: tuple[str, ...] = DOORS


#: Row 7, names that a page can never set, and row 11, what no response that a page reads has.
NEVER_SET = (
    "Accept-Charset",
    "accept-encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Connection",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Date",
    "DNT",
    "Expect",
    "Host",
    "Keep-Alive",
    "Origin",
    "Referer",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Proxy-Authorization",
    "Sec-Fetch-Site",
)
NEVER_READ = (
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Max-Age",
)
LISTS = ("http", "url", "s3", "cdn")
ROWS = [
    *(
        Row(2, "origins", value, "E9441", says)
        for value, says in [
            (f"{ORIGIN}/", f"it ends with a slash; write {ORIGIN}"),
            (f"{ORIGIN}/notes", f"it has a path; write {ORIGIN}"),
            (f"{ORIGIN}?a", f"it has a query; write {ORIGIN}"),
            (f"{ORIGIN}#a", f"it has a fragment; write {ORIGIN}"),
            ("https://me@app.example.com", f"it names a user; write {ORIGIN}"),
            ("https://app .example.com", "its host is no domain name"),
            ("https://APP.example.com", f"it is not in lower case; write {ORIGIN}"),
            ("https://app.example.com:0", "0 is no port"),
            ("https://app.example.com:65536", "65536 is no port"),
            ("https://app.example.com:08", "08 is no port"),
            ("https://app.example.com:https", "https is no port"),
            ("https://app.example.com:", "nothing is no port"),
            ("https://[::1", "its host is no IP address"),
            ("https://[fe80::1%eth0]", "its host is no IP address"),
            (f"https://{'a.' * 126}example", "longer than a domain name can be"),
            (f"{'a' * 65}://app.example.com", "its scheme is none"),
        ]
    ),
    Row(
        2,
        "origins",
        "app.example.com",
        "E9441",
        f"it has no scheme; write {ORIGIN}",
        doors=("rest", "http", "url", "s3"),
    ),
    *(
        Row(2, "origins", value, "E9441", "*", doors=doors)
        for value, doors in [
            ("https://app.*.example.com", ("rest", "http", "url", "cdn")),
            ("https://*.*.example.com", DOORS),
            ("https://*.example.com", ("rest", "http", "url")),
        ]
    ),
    *(
        Row(3, "origins", value, "E9441", says)
        for value, says in [
            ("file:///app.html", "browsers send null for pages of file:"),
            ("https://app.example.com:443", f"leave the default port 443 out; write {ORIGIN}"),
            ("http://localhost:80", "leave the default port 80 out; write http://localhost"),
            ("https://127.1", "in another form; write https://127.0.0.1"),
            ("https://[0:0::1]", "in another form; write https://[::1]"),
            ("https://[::ffff:127.0.0.1]", "an IPv4 address in disguise"),
            ("https://bücher.example", "in Punycode; write https://xn--bcher-kva.example"),
            ("https://xn--a.example", "no valid Punycode"),
        ]
    ),
    Row(3, "origins", "null", "W9445", "every site"),
    Row(4, "methods", "GET;PUT", "E9451", "no name of a method"),
    Row(4, "methods", "", "E9451", "an empty text", doors=LISTS),
    *(Row(5, "methods", method, "E9452", "browsers let no page use it") for method in ("CONNECT", "TRACE", "track")),
    Row(6, "headers", "X-Tenant:", "E9451", "no name of a header"),
    Row(6, "headers", "", "E9451", "an empty text", doors=LISTS),
    *(Row(7, "headers", name, "W9453", "no page can set it") for name in NEVER_SET),
    *(
        Row(8, "headers", f"Access-Control-{name}", "W9454", "a server answers it")
        for name in ("Allow-Origin", "Allow-Credentials", "Allow-Methods", "Allow-Headers", "Max-Age", "Expose-Headers")
    ),
    Row(9, "expose", "X Total", "E9451", "no name of a header", doors=("rest",)),
    Row(9, "expose", "X-Total:", "E9451", "no name of a header"),
    *(Row(10, "expose", name, "W9454", "no page can read it") for name in ("Set-Cookie", "set-cookie2")),
    *(Row(11, "expose", name, "W9454", "no page can read it") for name in NEVER_READ),
    Row(12, "max-age", "86401", "W9437", "86401"),
    Row(13, "origins", "*", "E9443", "from any origin", True, ("rest", "http", "url")),
    Row(13, "origins", "*", "E9475", "from any origin", True, ("cdn",)),
    Row(14, "origins", "http://app.example.com", "W9444", f"write {ORIGIN}", True),
    Row(15, "origins", "https://*.com", "W9447", "ends with .com", True, ("s3", "cdn")),
    Row(15, "origins", "https://*.github.io", "W9447", "ends with .github.io", True, ("s3", "cdn")),
    Row(16, "expose", "*", "W9456", "exposes nothing", True, ("rest", "http", "url", "cdn")),
    Row(16, "expose", "*", "E9451", "by their names only", True, ("s3",)),
]
CASES = [(row, door) for row in ROWS for door in row.doors]


def policy(row: Row) -> Policy:
    """A policy with the row's value beside a right one, or in its place where there can be one only."""
    right: Policy = {"origins": [ORIGIN], "methods": ["GET"], "headers": ["Content-Type"], "expose": ["ETag"]}
    right["max-age"] = 600
    right["credentials"] = row.credentials
    if row.role == "max-age":
        right["max-age"] = int(row.value)
    else:
        right[row.role] = [*right[row.role], row.value]
    return right


def rest(given: Policy) -> dict[str, Any]:
    literals = {
        "Allow-Origin": given["origins"][-1],
        "Allow-Methods": ",".join(given["methods"]),
        "Allow-Headers": ",".join(given["headers"]),
        "Max-Age": str(given["max-age"]),
        **({"Allow-Credentials": "true"} if given["credentials"] else {}),
    }
    headers = {f"method.response.header.Access-Control-{name}": f"'{text}'" for name, text in literals.items()}
    sent: dict[str, str] = {name: literals[name] for name in ("Allow-Origin", "Allow-Credentials") if name in literals}
    sent["Expose-Headers"] = ",".join(given["expose"])
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": headers}],
    }
    return {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "notes"}},
        "Preflight": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "HttpMethod": "OPTIONS",
                "AuthorizationType": "NONE",
                "Integration": mock,
                "MethodResponses": [{"StatusCode": "200", "ResponseParameters": dict.fromkeys(headers, True)}],
            },
        },
        "Errors": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResponseType": "DEFAULT_4XX",
                "ResponseParameters": {
                    f"gatewayresponse.header.Access-Control-{name}": f"'{text}'" for name, text in sent.items()
                },
            },
        },
    }


def listed(given: Policy) -> dict[str, Any]:
    return {
        "AllowOrigins": given["origins"],
        "AllowMethods": given["methods"],
        "AllowHeaders": given["headers"],
        "ExposeHeaders": given["expose"],
        "MaxAge": given["max-age"],
        "AllowCredentials": given["credentials"],
    }


def http(given: Policy) -> dict[str, Any]:
    properties = {"Name": "notes", "ProtocolType": "HTTP", "CorsConfiguration": listed(given)}
    return {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}}


def url(given: Policy) -> dict[str, Any]:
    properties = {"TargetFunctionArn": "notes", "AuthType": "NONE", "Cors": listed(given)}
    return {"Url": {"Type": "AWS::Lambda::Url", "Properties": properties}}


def s3(given: Policy) -> dict[str, Any]:
    rule = {
        "AllowedOrigins": given["origins"],
        "AllowedMethods": given["methods"],
        "AllowedHeaders": given["headers"],
        "ExposedHeaders": given["expose"],
        "MaxAge": given["max-age"],
    }
    return {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"CorsConfiguration": {"CorsRules": [rule]}}}}


def cdn(given: Policy) -> dict[str, Any]:
    cors = {
        "AccessControlAllowOrigins": {"Items": given["origins"]},
        "AccessControlAllowMethods": {"Items": given["methods"]},
        "AccessControlAllowHeaders": {"Items": given["headers"]},
        "AccessControlExposeHeaders": {"Items": given["expose"]},
        "AccessControlMaxAgeSec": given["max-age"],
        "AccessControlAllowCredentials": given["credentials"],
        "OriginOverride": True,
    }
    properties = {"ResponseHeadersPolicyConfig": {"Name": "cors", "CorsConfig": cors}}
    return {"Headers": {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": properties}}


TEMPLATES = {"rest": rest, "http": http, "url": url, "s3": s3, "cdn": cdn}


def check(door: str, given: Policy) -> FileReport:
    document = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": TEMPLATES[door](given)}
    return check_text(json.dumps(document, indent=2, ensure_ascii=False), "t.json", Settings())


def identity(case: tuple[Row, str]) -> str:
    row, door = case
    return f"{row.number}-{door}-{row.role}-{row.value[:24]}"


@pytest.mark.parametrize("case", CASES, ids=identity)
def test_what_the_library_refuses_is_found(case: tuple[Row, str]) -> None:
    row, door = case
    report = check(door, policy(row))
    assert not report.internal
    found = [placed for placed in report.placed if placed.finding.rule.id == row.rule]
    assert found, [(placed.finding.rule.id, placed.finding.message) for placed in report.placed]
    message = found[0].finding.message
    assert row.says in message
    assert row.value in message or row.value == "*" or not row.value
    assert report.document is not None
    place = report.document.text[found[0].start.offset : found[0].end.offset]
    assert row.value in place, "it is placed on the value"


def test_every_row_is_there() -> None:
    assert {row.number for row in ROWS} | {1} == set(range(1, 17))


@pytest.mark.parametrize("door", LISTS)
@pytest.mark.parametrize("origins", [[], None])
def test_no_origin_at_all(door: str, origins: list[str] | None) -> None:
    """Row 1. A REST API without the header has the rules about missing headers."""
    given = policy(Row(1, "methods", "HEAD", "E9441", ""))
    given["origins"] = origins
    text = json.dumps({"Resources": TEMPLATES[door](given)}).replace('"Items": null', '"Quantity": 0')
    report = check_text(text, "t.json", Settings())
    assert not report.internal
    assert [
        p.finding.message for p in report.placed if p.finding.rule.id == "E9441" and "no origin" in p.finding.message
    ]


@pytest.mark.parametrize("door", DOORS)
def test_the_policy_around_is_right(door: str) -> None:
    given = policy(Row(0, "methods", "HEAD", "", ""))
    report = check(door, given)
    spoken = [p.finding.message for p in report.placed if p.finding.rule.id[1:4] in ("944", "945")]
    assert spoken == []


#: https://github.com/web-platform-tests/wpt/blob/master/cors/origin.htm; what is another page's origin, or a list
#: (E9442), is left out.
WPT_FAIL = [
    *(f"{ORIGIN}/", "https://app.example.com:443", f"//{ORIGIN}", "https:/app.example.com", f"{ORIGIN}?", f"{ORIGIN}#"),
    *(
        f"{ORIGIN}%23",
        "HTTPS://app.example.com",
        f"HTTPS:{ORIGIN}",
        "-",
        "**",
        '"*"',
        "*.example.com",
        "app.example.com",
    ),
    *(f"{ORIGIN}/index.html", "'https://app.example.com'", "null app.example.com/", "https://App.example.com"),
]
WPT_PASS = ["*", " *  ", "\t*", ORIGIN, f" {ORIGIN}", f"\t{ORIGIN} \t"]


def origin_findings(value: str) -> list[str]:
    given = policy(Row(0, "origins", value, "", ""))
    return [p.finding.rule.id for p in check("rest", given).placed if p.finding.rule.id in ("E9441", "E9442", "E9413")]


@pytest.mark.parametrize("value", WPT_FAIL)
def test_values_that_no_browser_takes(value: str) -> None:
    assert origin_findings(value)


@pytest.mark.parametrize("value", WPT_PASS)
def test_values_that_every_browser_takes(value: str) -> None:
    assert origin_findings(value) == []
