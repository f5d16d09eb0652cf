"""A pasted console message leads to the rules that find its cause."""

from __future__ import annotations

import pytest

from cfncors.browser import console
from cfncors.checks import CHECKS
from cfncors.cli import main
from cfncors.symptoms import SYMPTOMS, recognised

CHROMIUM = {
    console.blocked(console.missing_allow_origin()): "no-origin",
    console.blocked(console.missing_allow_origin(preflight=True)): "preflight-without-origin",
    console.blocked(console.not_ok_status()): "preflight-not-ok",
    console.blocked(console.several_origins("https://a.example, https://b.example")): "several-origins",
    console.blocked(console.other_origin("https://b.example")): "other-origin",
    console.blocked(console.wildcard_with_credentials()): "wildcard-with-credentials",
    console.blocked(console.no_credentials()): "credentials-not-allowed",
    console.blocked(console.method_not_allowed("PUT")): "method-not-allowed",
    console.blocked(console.header_not_allowed("authorization")): "header-not-allowed",
}
_FIREFOX = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
    "https://api.example.com/notes. (Reason: {}). Status code: 403."
)
FIREFOX = {
    "CORS header ‘Access-Control-Allow-Origin’ missing": "no-origin",
    "CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://b.example’": "other-origin",
    "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’": "wildcard-with-credentials",
    "Did not find method in CORS header ‘Access-Control-Allow-Methods’": "method-not-allowed",
    "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’": "credentials-not-allowed",
    "CORS preflight channel did not succeed": "preflight-not-ok",
    "missing token ‘authorization’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel": (
        "header-not-allowed"
    ),
    "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed": "several-origins",
}
SAFARI = {
    "Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 401": "no-origin",
    "Fetch API cannot load https://api.example.com/ due to access control checks.": "no-origin",
    "Preflight response is not successful. Status code: 401": "preflight-not-ok",
    "Request header field Authorization is not allowed by Access-Control-Allow-Headers.": "header-not-allowed",
    "Method PUT is not allowed by Access-Control-Allow-Methods.": "method-not-allowed",
    "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.": "wildcard-with-credentials",
    'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".': "credentials-not-allowed",
    "Access-Control-Allow-Origin cannot contain more than one origin.": "several-origins",
}
DEPLOYMENT = {
    "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression "
    "specified: GET,POST]": "mapping-refused",
    "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression "
    "parameter specified: method.response.header.X]": "undeclared-header",
    "Method ANY is not supported (Service: AmazonApiGatewayV2; Status Code: 400)": "method-refused",
    "Found unsupported HTTP method in CORS config. Unsupported method is PATCH": "method-refused",
    "The parameter Access-Control-Allow-Headers cannot contain * when allowCredentials is true.": "policy-wildcard",
    "Resource with id [Api] is invalid. Invalid value for 'Cors' property.": "configuration-refused",
}
GATEWAY = {
    '{"message":"Missing Authentication Token"}': "no-such-route",
    "Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined "
    "in the request template.": "mock-failed",
    "Execution failed due to configuration error: Unable to transform request": "mock-failed",
}
MESSAGES = GATEWAY | CHROMIUM | {_FIREFOX.format(k): v for k, v in FIREFOX.items()} | SAFARI | DEPLOYMENT


@pytest.mark.parametrize(("message", "name"), MESSAGES.items(), ids=lambda text: text[-48:])
def test_message_is_recognised(message: str, name: str) -> None:
    assert next(recognised(message)).symptom.name == name


def test_what_is_named_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", console.blocked(console.header_not_allowed("authorization"))]) == 0
    out = capsys.readouterr().out
    assert out.startswith("header not allowed (authorization)")
    assert "E9434" in out
    assert "cfncors check --select E9434,W9439,E9418,E9412" in out


def test_line_breaks_of_a_terminal_do_not_matter() -> None:
    message = console.blocked(console.not_ok_status()).replace(" ", "\n")
    assert next(recognised(message)).symptom.name == "preflight-not-ok"


def test_other_text_is_refused_with_a_way_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "the page does not load today"]) == 2
    assert "paste the whole line" in capsys.readouterr().err


def test_every_rule_named_exists() -> None:
    assert {rule_id for symptom in SYMPTOMS for rule_id in symptom.rules} <= set(CHECKS)


@pytest.mark.parametrize("rule_id", [rule_id for rule_id in CHECKS if rule_id[0] == "E" and rule_id != "E9490"])
def test_every_error_has_a_symptom(rule_id: str) -> None:
    assert any(rule_id in symptom.rules for symptom in SYMPTOMS)
