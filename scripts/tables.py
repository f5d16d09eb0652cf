"""The tables of the documentation: which rule speaks of which front door, and what others find.

``scripts.docs`` writes them; the tests compare them with the code and with the fixtures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from cfncors.findings import Rule
from scripts.golden import Case, cases

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / "fixtures" / "peers"

DOORS: Final = {
    "rest": "REST API",
    "http": "HTTP API",
    "url": "function URL",
    "s3": "bucket",
    "cdn": "CloudFront",
}
#: Why a rule says nothing of a front door on which somebody may look for it.
WHY_NOT: Final = {
    ("E9411", "http"): "its lists take no quotes: E9412",
    ("E9431", "url"): "the service answers every preflight of a function URL with `Cors`",
    ("E9432", "url"): "the service answers the preflight before it asks for a signature",
    ("E9433", "url"): "a function takes any method; the template does not say which",
    ("E9433", "s3"): "a bucket serves the methods that its rules name",
    ("E9434", "s3"): "nothing in a template says how objects are signed",
    ("E9443", "s3"): "a bucket never allows credentials together with `*`",
    ("E9443", "cdn"): "E9475 speaks of all of `*` there",
    ("E9421", "http"): "an HTTP API has no gateway responses; `CorsConfiguration` covers its own errors",
    ("W9448", "s3"): "a bucket sends `Vary` itself; W9474 speaks of what CloudFront keeps",
    ("W9455", "url"): "whether its `*` is sent as it is, is not documented",
    ("W9455", "s3"): "a bucket sends back the names that are asked for",
    ("W9455", "cdn"): "a policy does not say what the origin behind it demands: E9434 does",
    ("W9456", "s3"): "a bucket sends back the names that are asked for",
}


def door_of(case: Case) -> str:
    """The front door that a fixture is about: the first word of its variant, or REST, which has no word there."""
    word = case.variant.partition("-")[0]
    return word if word in DOORS else "rest"


def front_doors(rules: list[Rule]) -> str:
    """Rule × front door, each cell a failing fixture."""
    lines = [
        "# Which rule speaks of which front door",
        "",
        "A browser can call five front doors of AWS directly. Each ● leads to a template that the rule speaks of;",
        "beside it lie templates that it passes. A – is a front door that cannot have the fault, or where a template",
        "does not decide it: the notes below the table say which.",
        "",
        f"| rule | name | {' | '.join(DOORS.values())} |",
        f"|---|---|{'---|' * len(DOORS)}",
    ]
    by_format = sorted(cases(), key=lambda case: (case.format == "yaml", case.path.name))
    failing = {(case.rule, door_of(case)): case for case in by_format if case.kind == "fail"}
    for rule in rules:
        if rule.doors:
            cells = [_cell(rule, door, failing.get((rule.id, door))) for door in DOORS]
            lines.append(f"| [{rule.id}](rules/{rule.id}.md) | {rule.name} | {' | '.join(cells)} |")
    lines += ["", "## Notes", ""]
    lines += [
        f"- {rule_id}, {DOORS[door]}: {reason}." for (rule_id, door), reason in sorted(WHY_NOT.items(), key=_number)
    ]
    return "\n".join(lines) + "\n"


def _number(note: tuple[tuple[str, str], str]) -> tuple[str, int]:
    (rule_id, door), _ = note
    return rule_id[1:], list(DOORS).index(door)


def _cell(rule: Rule, door: str, case: Case | None) -> str:
    if door not in rule.doors:
        return "–"
    return f"[●](../fixtures/rules/{case.path.name})" if case is not None else "?"


class Row(NamedTuple):
    """What a peer finds: our rule for it, and a template of that class."""

    peer: str
    finds: str
    rule: str
    fixture: str


PEER_ROWS: Final = (
    Row("cfn-lint", "E3030: a method that a bucket does not know", "E9417", "cfn-lint-bucket-patch"),
    Row("cfn-lint", "W3660: a `GatewayResponse` beside `Body`", "E9426", "cfn-lint-mixed-definitions"),
    Row("Checkov", "CKV2_AWS_75: a function URL for any origin and any method", "I9449", "checkov-open-function-url"),
    Row("KICS, Datadog", "3609d27c: a bucket for any origin", "W9472", "kics-bucket-any-origin"),
    Row("KICS, Datadog", "3609d27c: a `*` in an origin", "I9449", "kics-bucket-any-subdomain"),
    Row("KICS, Datadog", "3609d27c: any request header", "I9449", "kics-bucket-any-header"),
    Row("KICS, Datadog", "3609d27c: all five methods", "I9449", "kics-bucket-all-methods"),
    Row("Prowler, Steampipe", "a function URL for any origin", "I9449", "prowler-function-url"),
    Row("Terrascan", "AC_AWS_0441: an HTTP API for any origin", "I9449", "terrascan-http-api"),
    Row("Semgrep", "all-origins-allowed: a bucket for any origin", "I9449", "kics-bucket-any-origin"),
    Row("Semgrep, SonarQube S5122", "the request decides which origin is allowed", "W9446", "semgrep-request-origin"),
    Row("Semgrep", "cors-regex-wildcard: a dot that matches anything", "W9446", "corscanner-unescaped-dot"),
    Row("AWS CDK", "`allowCredentials` with `*`", "E9443", "cdk-wildcard-with-credentials"),
    Row("SAM's translator", "`AllowCredentials` with `'*'`", "E9443", "sam-wildcard-with-credentials"),
    Row("CORScanner, Corsy, CORStest, nuclei", "reflected origin", "W9446", "corscanner-reflected-origin"),
    Row("CORScanner, Corsy", "prefix match, post-domain wildcard", "W9446", "corscanner-prefix"),
    Row("CORScanner, Corsy", "suffix match, pre-domain wildcard", "W9446", "corscanner-suffix"),
    Row("CORScanner", "substring match", "W9446", "corscanner-include"),
    Row("CORScanner, Corsy", "dot not escaped", "W9446", "corscanner-unescaped-dot"),
    Row("CORScanner, Corsy, CORStest, nuclei", "`null` trusted", "W9445", "corscanner-null"),
    Row("CORScanner, CORStest", "any subdomain trusted", "I9449", "kics-bucket-any-subdomain"),
    Row("CORScanner, Corsy, CORStest", "HTTPS trusts HTTP", "W9444", "corscanner-http-origin"),
    Row("CORScanner, Corsy, CORStest", "third parties, playgrounds", "W9440", "corscanner-third-party"),
    Row("Corsy, CORStest", "invalid value: several origins in one header", "E9442", "corstest-several-origins"),
    Row("CORScanner", "in code: a sign behind the host", "W9446", "corscanner-special-characters"),
    Row("CORScanner, Corsy, CORStest", "in code: `null` trusted", "W9445", "corscanner-null-in-code"),
    Row("CORScanner", "in code: third parties, playgrounds", "W9440", "corscanner-playground-in-code"),
    Row("CORScanner, CORStest", "in code: any subdomain trusted", "I9449", "corscanner-subdomain-in-code"),
    Row("SonarQube S5122, Semgrep", "in code: any origin", "I9449", "sonarqube-any-origin-in-code"),
    Row("Corsy, CORStest", "in code: several origins in one header", "E9442", "corstest-several-origins-in-code"),
)

#: jub0bs/cors, ``cfgerrors``: number in its list -> what it rejects, our rules.
JUB0BS: Final = (
    ("no origin at all", "E9441"),
    ("an origin that is none: path, slash, scheme, case, port, `*` where none belongs", "E9441"),
    ("`null`, `file:`, the default port written out, an IP address not as browsers write it", "W9445, E9441"),
    ("a method that is no token", "E9451"),
    ("CONNECT, TRACE, TRACK", "E9452"),
    ("a request header that is no token", "E9451"),
    ("a request header that no page can set", "W9453"),
    ("a response header among the request headers", "W9454"),
    ("an exposed header that is no token", "E9451"),
    ("`Set-Cookie` exposed", "W9454"),
    ("a request header among the exposed ones", "W9454"),
    ("a Max-Age out of bounds", "W9437"),
    ("any origin with credentials", "E9443"),
    ("an insecure origin with credentials", "W9444"),
    ("all subdomains of a public suffix with credentials", "W9447"),
    ("any exposed header with credentials", "W9456"),
)


def peers() -> str:
    """What others find, and our rules for it."""
    lines = [
        "# What others find",
        "",
        "Linters and scanners look at parts of CORS. Each row is a class that one of them reports, the rule that finds",
        "it here, and a template of that class. I9449 is off unless it is named, since `*` is often meant:",
        "`cfncors check --select I9449`.",
        "",
        "| tool | finds | rule | template |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.peer} | {row.finds} | {_linked(row.rule)} | {_templates(row)} |" for row in PEER_ROWS]
    lines += [
        "",
        "## jub0bs/cors",
        "",
        "The strictest library for CORS in a server refuses sixteen kinds of configurations. The rules are at least as",
        "strict, on each front door that can carry the fault (`tests/test_strictness.py`).",
        "",
        "| # | refuses | rule |",
        "|---|---|---|",
    ]
    lines += [f"| {number} | {what} | {_linked(rules)} |" for number, (what, rules) in enumerate(JUB0BS, 1)]
    return "\n".join(lines) + "\n"


def _linked(rules: str) -> str:
    return ", ".join(f"[{rule}](rules/{rule}.md)" for rule in rules.split(", "))


def _templates(row: Row) -> str:
    return f"[{row.fixture}](../fixtures/peers/{row.fixture}.yaml)"
