"""How code chooses the origin that it allows."""

from __future__ import annotations

import textwrap

import pytest

from cfncors.handlers import Handler, OriginChoice, Source, responses
from tests.handlers.cases import cases


def _origins(text: str, language: str = "javascript") -> tuple[OriginChoice, ...]:
    suffix = {"javascript": "js", "python": "py"}[language]
    text = textwrap.dedent(text).lstrip("\n")
    found = responses(Source(f"/project/main.{suffix}", text, language, "handler", "/project"))  # type: ignore[arg-type]
    assert isinstance(found, Handler), found
    return found.origins


def _kinds(text: str, language: str = "javascript") -> set[tuple[str, tuple[str, ...]]]:
    return {(each.kind, each.texts) for each in _origins(text, language)}


def _script(statements: str) -> str:
    """A handler; ``SEND`` is what sends the origin back."""
    statements = statements.replace("SEND", "headers['Access-Control-Allow-Origin'] = origin;")
    return f"""
    exports.handler = async (event) => {{
      const origin = event.headers.origin;
      const headers = {{}};
      {statements}
      return {{ statusCode: 200, headers, body: '' }};
    }};
    """


CHECKED = [
    ("if (['https://a.example'].includes(origin)) SEND", "list"),
    ("if (['https://a.example'].indexOf(origin) > -1) SEND", "list"),
    ("if (new Set(['https://a.example']).has(origin)) SEND", "list"),
    ("if (origin === 'https://a.example') SEND", "list"),
    ("switch (origin) { case 'https://a.example': SEND }", "list"),
    ("if (!['https://a.example'].includes(origin)) return { statusCode: 403 }; SEND", "list"),
    ("const ok = origin && ['https://a.example'].includes(origin); if (ok) SEND", "list"),
    ("if (origin.endsWith('https://a.example')) SEND", "suffix"),
    ("if (origin.startsWith('https://a.example')) SEND", "prefix"),
    ("if (origin.includes('https://a.example')) SEND", "contains"),
    ("if (/https:\\/\\/a.example/.test(origin)) SEND", "regex"),
    ("if (origin.match(new RegExp('https://a.example'))) SEND", "regex"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "kind"), CHECKED)
def test_a_checked_origin_is_not_reflected(statements: str, kind: str) -> None:
    ((found, texts),) = _kinds(_script(statements))
    assert found == kind
    assert texts[0].replace("\\/", "/") == "https://a.example"


REFLECTED = [
    "SEND",
    "headers['Access-Control-Allow-Origin'] = `${origin}`;",
    "if (origin) SEND",
    "if (origin !== undefined) SEND",
    "if (typeof origin === 'string') SEND",
    "Object.assign(headers, { 'access-control-allow-origin': event.headers.Origin || event.headers.origin });",
    "console.log(origin); SEND",
    "if (event.body) SEND",
]


@pytest.mark.parametrize("statements", REFLECTED)
def test_an_unchecked_origin_is_reflected(statements: str) -> None:
    assert ("reflected", ()) in _kinds(_script(statements))


UNKNOWN = [
    "if (await isAllowed(origin)) SEND",
    "if (require('./elsewhere').check(event)) SEND",
    "if (!LIST.has(origin)) return { statusCode: 403 };\nSEND",
    "const found = ALLOWED.find((each) => each === origin);\nif (found) SEND",
    "headers['Access-Control-Allow-Origin'] = pick(origin);",
    "if (new URL(origin).hostname === 'a.example') SEND",
    "if (origin.split('.').slice(-2).join('.') === 'a.example') SEND",
    "if (process.env.ORIGINS.split(',').includes(origin)) SEND",
    "const [scheme] = origin.split(':');\nif (scheme === 'https') SEND",
]


@pytest.mark.parametrize("statements", UNKNOWN)
def test_an_origin_that_unknown_code_has_seen_is_not_called_reflected(statements: str) -> None:
    assert "reflected" not in {kind for kind, _ in _kinds(_script(statements))}


def test_python_patterns_say_how_they_are_anchored() -> None:
    text = """
    import re

    def handler(event, context):
        origin = event["headers"].get("origin", "")
        headers = {}
        if re.WAY(r"https://.*example.com", origin):
            headers["Access-Control-Allow-Origin"] = origin
        return {"statusCode": 200, "headers": headers, "body": ""}
    """
    assert {kind for kind, _ in _kinds(text.replace("WAY", "search"), "python")} == {"regex"}
    assert ("regex", ("https://.*example.com",)) in _kinds(text.replace("WAY", "search"), "python")
    assert ("regex", ("^https://.*example.com",)) in _kinds(text.replace("WAY", "match"), "python")
    assert ("regex", ("^https://.*example.com$",)) in _kinds(text.replace("WAY", "fullmatch"), "python")


def test_the_place_of_a_check_is_the_check() -> None:
    text = _script("if (origin.endsWith('example.com')) SEND")
    (found,) = _origins(text)
    body = textwrap.dedent(text).lstrip("\n")
    assert body[found.place.start : found.place.end] == "origin.endsWith('example.com')"


@pytest.mark.parametrize(
    ("extra", "vary"),
    [("", False), ("headers['Vary'] = 'Origin';", True), ("headers.vary = 'Accept-Encoding, origin';", True),
     ("headers.Vary = 'Accept';", False), ("if (event.a) headers.Vary = 'Origin';", None),
     ("Object.assign(headers, other());", None)],
)  # fmt: skip
def test_whether_the_response_varies(extra: str, vary: bool | None) -> None:
    statements = f"{extra}\nif (LIST.includes(origin)) SEND"
    assert {each.vary for each in _origins(_script(statements))} == {vary}


def test_credentials_are_seen() -> None:
    (found,) = next(each for each in cases("javascript") if each.name == "reflected").handler().origins
    assert (found.kind, found.credentials, found.vary) == ("reflected", True, False)


def test_a_library_that_reflects() -> None:
    handler = next(each for each in cases("typescript") if each.name == "express-reflecting").handler()
    assert [(each.kind, each.credentials, each.vary) for each in handler.origins] == [("reflected", True, True)]


EITHER = [
    ("if (origin === 'https://a.example' || origin.endsWith('.b.example')) SEND",
     {("list", ("https://a.example",)), ("suffix", (".b.example",))}),
    ("const ok = origin.endsWith('.b.example') || origin === 'https://a.example'; if (ok) SEND",
     {("list", ("https://a.example",)), ("suffix", (".b.example",))}),
    ("if (!origin || origin.endsWith('.b.example')) SEND", {("suffix", (".b.example",))}),
    ("if (origin === '' || /^https:..a/.test(origin)) SEND", {("regex", ("^https:..a",))}),
    ("if ([/a$/, 'https://a.example'].some((x) => (x instanceof RegExp ? x.test(origin) : x === origin))) SEND",
     {("list", ("https://a.example",)), ("regex", ("a$",))}),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "kinds"), EITHER)
def test_one_of_several_checks_is_enough(statements: str, kinds: set[tuple[str, tuple[str, ...]]]) -> None:
    found = _origins(_script(statements))
    assert {(each.kind, each.texts) for each in found} >= kinds
    assert {each.kind for each in found} <= {kind for kind, _ in kinds} | {"unknown"}
    assert all(each.also == () for each in found if each.kind != "unknown")


def test_checks_that_are_both_passed_are_kept_together() -> None:
    statements = "if ((origin.endsWith('.a') || origin.endsWith('.b')) && origin.startsWith('https://')) SEND"
    assert {(each.texts, each.also) for each in _origins(_script(statements))} == {
        ((".a",), (("prefix", ("https://",)),)),
        ((".b",), (("prefix", ("https://",)),)),
        (("https://",), (("suffix", (".a",)),)),
        (("https://",), (("suffix", (".b",)),)),
    }


STAGED = [
    "if (process.env.STAGE === 'dev') SEND",
    "if (process.env.STAGE !== 'prod') SEND",
    "if (['dev', 'test'].includes(process.env.STAGE)) SEND",
    "const isLocal = Boolean(process.env.IS_OFFLINE); if (process.env.IS_OFFLINE) SEND",
    "if (process.env.STAGE === 'prod') return { statusCode: 200, body: '' }; SEND",
    "headers['Access-Control-Allow-Origin'] = process.env.STAGE === 'prod' ? 'https://a.example' : origin;",
    "headers['Access-Control-Allow-Origin'] = process.env.ALLOWED_ORIGIN || event.headers.origin;",
]


@pytest.mark.parametrize("statements", STAGED)
def test_what_only_some_deployments_send_back_is_unknown(statements: str) -> None:
    assert "reflected" not in {kind for kind, _ in _kinds(_script(statements))}


@pytest.mark.parametrize(
    "statements",
    [
        "if (!process.env.TABLE) throw new Error('TABLE'); SEND",
        "if (process.env.DEBUG === '1') console.log(event); SEND",
        "const table = process.env.TABLE || 'notes'; SEND",
    ],
)
def test_what_every_deployment_sends_back_is_reflected(statements: str) -> None:
    assert _kinds(_script(statements)) == {("reflected", ())}
