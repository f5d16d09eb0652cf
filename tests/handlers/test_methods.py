"""What code answers to one method: as it is predicted, and as node and Python answer it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from cfncors.handlers import METHODS, Asked, Handler, responses
from tests.handlers import running
from tests.handlers.cases import Case, case

#: The event of each format for a request of a page: payload 1.0 (REST APIs), 2.0 (HTTP APIs, function URLs).
_PATH: Final = "/notes"
_PAGE: Final = {"Origin": "https://app.example.com", "Host": "api.example.com"}


def _event(method: str, payload: int) -> dict[str, Any]:
    headers = _PAGE if method == "OPTIONS" else {**_PAGE, "Authorization": "Bearer t"}
    body = None if method in ("OPTIONS", "GET", "HEAD") else "{}"
    if payload == 1:
        context = {"httpMethod": method, "resourcePath": _PATH}
        return {"httpMethod": method, "resource": _PATH, "headers": headers, "body": body, "requestContext": context}
    lower = {name.lower(): value for name, value in headers.items()}
    context_2 = {"http": {"method": method, "path": _PATH}, "routeKey": f"ANY {_PATH}"}
    event = {"routeKey": f"ANY {_PATH}", "rawPath": _PATH, "headers": lower, "requestContext": context_2}
    return event if body is None else {**event, "body": body}


class Code(NamedTuple):
    """A handler. ``answers`` are the statuses that are predicted for each method; ``"?"`` for a method of which it has
    to stay unknown what comes; ``rest`` those for the methods that are not named."""

    language: str
    text: str
    answers: dict[str, set[int] | str]
    rest: set[int] | str
    payload: int = 1

    def predicted(self, method: str) -> set[int] | str:
        return self.answers.get(method, self.rest)


def js(body: str, answers: dict[str, set[int] | str], rest: set[int] | str, before: str = "", payload: int = 1) -> Code:
    """A handler of JavaScript, whose ``answer(status)`` makes a response."""
    helper = "const answer = (statusCode) => ({ statusCode, headers: {}, body: '' });\n"
    return Code(
        "javascript", f"{helper}{before}\nexports.handler = async (event) => {{\n{body}\n}};\n", answers, rest, payload
    )


def py(body: str, answers: dict[str, set[int] | str], rest: set[int] | str, before: str = "", payload: int = 1) -> Code:
    """The same of Python."""
    helper = 'def answer(status):\n    return {"statusCode": status, "headers": {}, "body": ""}\n\n\n'
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return Code("python", f"{helper}{before}\ndef lambda_handler(event, context):\n{lines}", answers, rest, payload)


UNKNOWN: Final[dict[str, Code]] = {
    "js-a-list-from-outside": js(
        "if (!process.env.STAGE.split(',').includes(event.httpMethod)) return answer(405);\nreturn answer(200);",
        {},
        {200, 405},
    ),
    "js-a-route-is-looked-up-too": js(
        "if (event.path === process.env.ROUTE && event.httpMethod === 'OPTIONS') return answer(204);\n"
        "return answer(404);",
        {"OPTIONS": {204, 404}},
        {404},
    ),
    "js-a-table-of-a-library": js(
        "const route = routes[event.httpMethod];\nreturn route ? route(event) : answer(405);",
        {},
        "?",
        "const { routes } = require('@acme/routes');",
    ),
    "js-a-pattern-that-is-not-read": js(
        "return /^(?!O)[A-Z]+$/.test(event.httpMethod) ? answer(200) : answer(405);", {}, {200, 405}
    ),
    "js-a-random-answer": js("return Math.random() > 2 ? answer(204) : answer(405);", {}, {204, 405}),
    "js-a-loop-over-an-open-list": js(
        "for (const each of process.env.STAGE.split(',')) if (each === event.httpMethod) return answer(200);\n"
        "return answer(405);",
        {},
        {200, 405},
    ),
    "py-a-list-from-outside": py(
        'if event["httpMethod"] not in os.environ["STAGE"].split(","):\n    return answer(405)\nreturn answer(200)',
        {},
        {200, 405},
        "import os\n\n",
    ),
    "py-a-list-that-grows": py(
        'methods = ["GET"]\nif os.environ.get("MORE"):\n    methods.append("OPTIONS")\n'
        'return answer(200 if event["httpMethod"] in methods else 405)',
        {},
        {200, 405},
        "import os\n\n",
    ),
    "py-a-pattern-of-mappings": py(
        'match event:\n    case {"httpMethod": "GET"}:\n        return answer(200)\n    case _:\n'
        "        return answer(405)",
        {},
        {200, 405},
    ),
    "py-a-header-that-a-preflight-may-have": py(
        'if "x-forwarded-for" not in event["headers"]:\n    return answer(400)\nreturn answer(204)', {}, {204, 400}
    ),
}  # fmt: skip

_GET_ONLY: Final[dict[str, set[int] | str]] = {"GET": {200}}
_GET_HEAD: Final[dict[str, set[int] | str]] = {"GET": {200}, "HEAD": {200}}
_BY_METHOD: Final[dict[str, set[int] | str]] = {"GET": {200}, "PUT": {204}}

JAVASCRIPT: Final[dict[str, Code]] = {
    "not-another": js("if (event.httpMethod !== 'GET') return answer(405);\nreturn answer(200);", _GET_ONLY, {405}),
    "loosely": js("if (event.httpMethod != 'GET') return answer(405);\nreturn answer(200);", _GET_ONLY, {405}),
    "else": js("if (event.httpMethod === 'GET') return answer(200);\nelse return answer(405);", _GET_ONLY, {405}),
    "ternary": js("return { statusCode: event.httpMethod === 'GET' ? 200 : 405, body: '' };", _GET_ONLY, {405}),
    "status-variable": js(
        "let status = 405;\nif (event.httpMethod === 'GET') status = 200;\nreturn answer(status);", _GET_ONLY, {405}
    ),
    "chain": js(
        "const m = event.httpMethod;\nif (m === 'GET') return answer(200);\nelse if (m === 'PUT') return answer(204);\n"
        "return answer(405);",
        _BY_METHOD,
        {405},
    ),
    "either": js(
        "const m = event.httpMethod;\nif (m === 'GET' || m === 'HEAD') return answer(200);\nreturn answer(405);",
        _GET_HEAD,
        {405},
    ),
    "neither": js(
        "const m = event.httpMethod;\nif (m !== 'GET' && m !== 'HEAD') return answer(405);\nreturn answer(200);",
        _GET_HEAD,
        {405},
    ),
    "a-test-kept": js(
        "const isRead = event.httpMethod === 'GET' || event.httpMethod === 'HEAD';\n"
        "if (!isRead) return answer(405);\nreturn answer(200);",
        _GET_HEAD,
        {405},
    ),
    "includes": js("return ['GET', 'HEAD'].includes(event.httpMethod) ? answer(200) : answer(405);", _GET_HEAD, {405}),
    "includes-of-a-constant": js(
        "if (!ALLOWED.includes(event.httpMethod)) return answer(405);\nreturn answer(200);",
        _GET_HEAD,
        {405},
        "const ALLOWED = Object.freeze(['GET', 'HEAD']);",
    ),
    "includes-in-a-text": js(
        "if (!'GET,HEAD'.includes(event.httpMethod)) return answer(405);\nreturn answer(200);", _GET_HEAD, {405}
    ),
    "index-of": js(
        "if (['GET', 'HEAD'].indexOf(event.httpMethod) === -1) return answer(405);\nreturn answer(200);",
        _GET_HEAD,
        {405},
    ),
    "index-below-zero": js(
        "if (['GET', 'HEAD'].indexOf(event.httpMethod) < 0) return answer(405);\nreturn answer(200);", _GET_HEAD, {405}
    ),
    "index-of-the-first": js(
        "return ['GET', 'PUT'].indexOf(event.httpMethod) === 0 ? answer(200) : answer(405);", _GET_ONLY, {405}
    ),
    "set": js(
        "if (!ALLOWED.has(event.httpMethod)) return answer(405);\nreturn answer(200);",
        _GET_HEAD,
        {405},
        "const ALLOWED = new Set(['GET', 'HEAD']);",
    ),
    "some": js(
        "return ['GET'].some((each) => each === event.httpMethod) ? answer(200) : answer(405);", _GET_ONLY, {405}
    ),
    "switch": js(
        "switch (event.httpMethod) {\ncase 'GET': return answer(200);\ncase 'PUT': return answer(204);\n"
        "default: return answer(405);\n}",
        _BY_METHOD,
        {405},
    ),
    "switch-that-falls-through": js(
        "let status;\nswitch (event.httpMethod) {\ncase 'GET':\ncase 'HEAD': status = 200; break;\n"
        "default: status = 405;\n}\nreturn answer(status);",
        _GET_HEAD,
        {405},
    ),
    "switch-with-the-default-first": js(
        "switch (event.httpMethod) {\ndefault: return answer(405);\ncase 'GET': return answer(200);\n}",
        _GET_ONLY,
        {405},
    ),
    "switch-on-true": js(
        "switch (true) {\ncase event.httpMethod === 'GET': return answer(200);\ndefault: return answer(405);\n}",
        _GET_ONLY,
        {405},
    ),
    "table": js(
        "const found = routes[event.httpMethod];\nif (!found) return answer(405);\nreturn found(event);",
        _BY_METHOD,
        {405},
        "const routes = { GET: () => answer(200), PUT: async () => answer(204) };",
    ),
    "table-or": js(
        "return (routes[event.httpMethod] || (() => answer(405)))(event);",
        _BY_METHOD,
        {405},
        "const routes = { GET: () => answer(200), PUT: () => answer(204) };",
    ),
    "table-with-options": js(
        "return (routes[event.httpMethod] ?? routes.none)(event);",
        {"GET": {200}, "OPTIONS": {204}},
        {405},
        "const routes = { GET: () => answer(200), OPTIONS: () => answer(204), none: () => answer(405) };",
    ),
    "table-of-methods-and-paths": js(
        "const found = routes[`${event.httpMethod} ${event.path}`];\nreturn found ? found(event) : answer(405);",
        {"OPTIONS": {405}, "PUT": {405}, "GET": {200, 405}},
        {405},
        "const routes = { 'GET /notes': () => answer(200), 'GET /': () => answer(200) };",
    ),
    "in-a-table": js(
        "if (!(event.httpMethod in routes)) return answer(405);\nreturn routes[event.httpMethod](event);",
        _GET_ONLY,
        {405},
        "const routes = { GET: () => answer(200) };",
    ),
    "keys-of-a-table": js(
        "if (!Object.keys(routes).includes(event.httpMethod)) return answer(405);\nreturn routes[event.httpMethod]();",
        _GET_ONLY,
        {405},
        "const routes = { GET: () => answer(200) };",
    ),
    "list-of-routes": js(
        "const found = routes.find((each) => each.method === event.httpMethod);\n"
        "return found ? found.run(event) : answer(405);",
        _BY_METHOD,
        {405},
        "const routes = [{ method: 'GET', run: () => answer(200) }, { method: 'PUT', run: () => answer(204) }];",
    ),
    "loop-over-routes": js(
        "for (const each of routes) if (each.method === event.httpMethod) return each.run(event);\nreturn answer(405);",
        _BY_METHOD,
        {405},
        "const routes = [{ method: 'GET', run: () => answer(200) }, { method: 'PUT', run: () => answer(204) }];",
    ),
    "pattern": js("return /^(GET|HEAD)$/.test(event.httpMethod) ? answer(200) : answer(405);", _GET_HEAD, {405}),
    "lower-case": js(
        "const m = event.httpMethod.toLowerCase();\nif (m !== 'get') return answer(405);\nreturn answer(200);",
        _GET_ONLY,
        {405},
    ),
    "in-vain": js("if (event.httpMethod === 'options') return answer(204);\nreturn answer(405);", {}, {405}),
    "destructured": js(
        "const { httpMethod: asked = 'GET', headers } = event;\nif (asked !== 'GET') return answer(405);\n"
        "return answer(headers ? 200 : 500);",
        {"GET": {200, 500}},
        {405},
    ),
    "destructured-deeply": js(
        "const { requestContext: { http: { method } } } = event;\nreturn answer(method === 'GET' ? 200 : 405);",
        _GET_ONLY,
        {405},
        payload=2,
    ),
    "of-either-format": js(
        "const m = event.requestContext?.http?.method || event.httpMethod || 'GET';\n"
        "return answer(m === 'GET' ? 200 : 405);",
        _GET_ONLY,
        {405},
        payload=2,
    ),
    "none": js("if (!event.httpMethod) return answer(400);\nreturn answer(200);", {}, {200}),
    "nested": js(
        "return guard(event, () => answer(200));",
        _GET_ONLY,
        {405},
        "const isGet = (event) => methodOf(event) === 'GET';\n"
        "function methodOf(event) { return event.requestContext.httpMethod; }\n"
        "const guard = (event, next) => { if (!isGet(event)) { return answer(405); } return next(); };",
    ),
    "class": js(
        "return new Router(event).run();",
        {"GET": {200}, "PUT": {405}},
        {405},
        "class Router {\n  constructor(event) { this.method = event.httpMethod; }\n"
        "  run() { return this.method === 'GET' ? answer(200) : answer(405); }\n}",
    ),
    "early-return": js(
        "if (event.httpMethod === 'OPTIONS') return answer(204);\nif (event.httpMethod !== 'GET') return answer(405);\n"
        "return answer(200);",
        {"OPTIONS": {204}, "GET": {200}},
        {405},
    ),
    "token-before-options": js(
        "if (!event.headers.Authorization) return answer(401);\n"
        "if (event.httpMethod === 'OPTIONS') return answer(204);\nreturn answer(200);",
        {"OPTIONS": {401}},
        {200, 401},
    ),
    "body-before-options": js(
        "if (!event.body) return answer(400);\nreturn answer(204);", {"OPTIONS": {400}}, {204, 400}
    ),
    "route-key": js(
        "switch (event.routeKey) {\ncase 'ANY /notes': return answer(200);\ndefault: return answer(404);\n}",
        {},
        {200},
        payload=2,
    ),
    "resource": js(
        "if (event.resource === '/notes' && event.httpMethod === 'GET') return answer(200);\nreturn answer(404);",
        _GET_ONLY,
        {404},
    ),
}

PYTHON: Final[dict[str, Code]] = {
    "not-another": py('if event["httpMethod"] != "GET":\n    return answer(405)\nreturn answer(200)', _GET_ONLY, {405}),
    "chain": py(
        'if event["httpMethod"] == "GET":\n    return answer(200)\nelif event["httpMethod"] == "PUT":\n'
        "    return answer(204)\nelse:\n    return answer(405)",
        _BY_METHOD,
        {405},
    ),
    "not-in-a-tuple": py(
        'if event["requestContext"]["httpMethod"] not in ("GET", "HEAD"):\n    return answer(405)\nreturn answer(200)',
        _GET_HEAD,
        {405},
    ),
    "in-a-list": py('return answer(200 if event["httpMethod"] in ["GET", "HEAD"] else 405)', _GET_HEAD, {405}),
    "in-a-set": py('return answer(200 if event.get("httpMethod") in {"GET", "HEAD"} else 405)', _GET_HEAD, {405}),
    "in-a-constant": py(
        'if event["httpMethod"] not in ALLOWED:\n    return answer(405)\nreturn answer(200)',
        _GET_HEAD,
        {405},
        'ALLOWED = frozenset(("GET", "HEAD"))\n\n',
    ),
    "in-a-text": py('return answer(200 if event["httpMethod"] in "GET,HEAD" else 405)', _GET_HEAD, {405}),
    "match": py(
        'match event["httpMethod"]:\n    case "GET" | "HEAD":\n        return answer(200)\n    case _:\n'
        "        return answer(405)",
        _GET_HEAD,
        {405},
    ),
    "match-of-http-api": py(
        'match event["requestContext"]["http"]["method"].lower():\n    case "get":\n        return answer(200)\n'
        '    case "put":\n        return answer(204)\nreturn answer(405)',
        _BY_METHOD,
        {405},
        payload=2,
    ),
    "table-get": py(
        'found = ROUTES.get(event["httpMethod"])\nif not found:\n    return answer(405)\nreturn found(event)',
        _BY_METHOD,
        {405},
        'ROUTES = {"GET": lambda event: answer(200), "PUT": lambda event: answer(204)}\n\n',
    ),
    "table-get-with-default": py(
        'return ROUTES.get(event["httpMethod"], refuse)(event)',
        _GET_ONLY,
        {405},
        'def read(event):\n    return answer(200)\n\n\ndef refuse(event):\n    return answer(405)\n\n\n'
        'ROUTES = {"GET": read}\n\n',
    ),
    "table-caught": py(
        'try:\n    found = ROUTES[event["httpMethod"]]\nexcept KeyError:\n    return answer(405)\nreturn found(event)',
        {"OPTIONS": {405}, "PUT": {405}, "GET": {200, 405}},
        {405},
        'ROUTES = {"GET": lambda event: answer(200)}\n\n',
    ),
    "in-a-table": py(
        'method = event["httpMethod"]\nif method in ROUTES:\n    return ROUTES[method](event)\nreturn answer(405)',
        _GET_ONLY,
        {405},
        'ROUTES = {"GET": lambda event: answer(200)}\n\n',
    ),
    "keys-of-a-table": py(
        'if event["httpMethod"] not in ROUTES.keys():\n    return answer(405)\nreturn answer(200)',
        _GET_ONLY,
        {405},
        'ROUTES = {"GET": None}\n\n',
    ),
    "methods-and-paths": py(
        'found = ROUTES.get(f"{event[\'httpMethod\']} {event.get(\'path\')}")\n'
        "return found(event) if found else answer(404)",
        {"OPTIONS": {404}, "PUT": {404}, "GET": {200, 404}},
        {404},
        'ROUTES = {"GET /notes": lambda event: answer(200)}\n\n',
    ),
    "upper-case": py(
        'method = (event.get("httpMethod") or "GET").upper()\nreturn answer(200 if method == "GET" else 405)',
        _GET_ONLY,
        {405},
    ),
    "with-a-default": py(
        'method = event.get("httpMethod", "GET")\nif method == "GET":\n    return answer(200)\nreturn answer(405)',
        _GET_ONLY,
        {405},
    ),
    "starts-with": py('return answer(204 if event["httpMethod"].startswith("P") else 405)', {
        "PUT": {204}, "POST": {204}, "PATCH": {204},
    }, {405}),
    "none": py(
        'method = event.get("httpMethod")\nif method is None:\n    return answer(400)\nreturn answer(200)', {}, {200}
    ),
    "token-is-none": py(
        'token = event["headers"].get("Authorization")\nif token is None:\n    return answer(401)\nreturn answer(200)',
        {"OPTIONS": {401}},
        {200, 401},
    ),
    "token-with-default": py(
        'token = event["headers"].get("Authorization", "")\nif not token:\n    return answer(401)\nreturn answer(200)',
        {"OPTIONS": {401}},
        {200, 401},
    ),
    "nested": py(
        "return Controller(event).run()",
        _GET_ONLY,
        {405},
        "class Controller:\n    def __init__(self, event):\n"
        '        self.method = event["requestContext"]["http"]["method"]\n\n'
        "    def is_read(self):\n        return self.method in READS\n\n"
        "    def run(self):\n        if not self.is_read():\n            return answer(405)\n"
        "        return answer(200)\n\n\nREADS = [\"GET\"]\n\n",
        payload=2,
    ),
    "route-key-taken-apart": py(
        'verb, path = event["routeKey"].split(" ")\nreturn answer(200 if path == "/notes" else 404)',
        {},
        {200},
        payload=2,
    ),
}  # fmt: skip
ALL: Final = {
    **UNKNOWN,
    **{f"js-{name}": code for name, code in JAVASCRIPT.items()},
    **{f"py-{name}": code for name, code in PYTHON.items()},
}


def _case(code: Code, name: str, folder: Path) -> Case:
    main = folder / name / ("main.py" if code.language == "python" else "main.js")
    main.parent.mkdir(parents=True)
    main.write_text(code.text, encoding="utf-8")
    events = tuple(_event(method, code.payload) for method in METHODS)
    return case(code.language, main)._replace(name=name, events=events)


def _followed(each: Case, method: str) -> Handler:
    found = responses(each.source(), asked=Asked(method, _PATH, f"ANY {_PATH}"))
    assert isinstance(found, Handler), found
    return found


@pytest.mark.parametrize("name", ALL)
def test_what_a_method_gets(name: str, tmp_path: Path) -> None:
    code = ALL[name]
    each = _case(code, name, tmp_path)
    for method in METHODS:
        handler = _followed(each, method)
        found = {status for response in handler.responses for status in response.statuses}
        wanted = code.predicted(method)
        assert (found if handler.complete else "?") == wanted, (method, handler.reasons)
        assert all(response.methods.has(method) for response in handler.responses)


@pytest.mark.parametrize("language", ["javascript", "python"])
def test_what_a_method_really_gets(language: str, tmp_path: Path) -> None:
    """What is predicted for certain comes back; of several statuses one does."""
    if language != "python":
        running.needs_node()
    chosen = {name: code for name, code in ALL.items() if code.language == language}
    made = [_case(code, name, tmp_path / "made") for name, code in chosen.items() if "@acme" not in code.text]
    results = running.run_all(made, tmp_path / "run")
    compared = 0
    for each in made:
        for method, result in zip(METHODS, results[each.name], strict=True):
            predicted = chosen[each.name].predicted(method)
            assert not isinstance(predicted, str)
            assert result["statusCode"] in predicted, (each.name, method)
            compared += 1
    assert compared > 150


GENERAL: Final = {
    "js-not-another": {200: {"GET"}, 405: set(METHODS) - {"GET"}},
    "js-includes": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "js-index-of": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "js-set": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "js-switch": {200: {"GET"}, 204: {"PUT"}, 405: set(METHODS) - {"GET", "PUT"}},
    "js-pattern": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "js-early-return": {200: {"GET"}, 204: {"OPTIONS"}, 405: set(METHODS) - {"GET", "OPTIONS"}},
    "py-not-in-a-tuple": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "py-match": {200: {"GET", "HEAD"}, 405: set(METHODS) - {"GET", "HEAD"}},
    "py-a-list-from-outside": {200: set(METHODS), 405: set(METHODS)},
}


@pytest.mark.parametrize("name", GENERAL)
def test_a_response_knows_the_methods_that_come_to_it(name: str, tmp_path: Path) -> None:
    """Also where no single request is followed: for the rules, which look at a function once."""
    found = _case(ALL[name], name, tmp_path).handler()
    assert {
        response.status: {method for method in METHODS if response.methods.has(method)} for response in found.responses
    } == GENERAL[name]


def test_code_that_looks_at_no_method_is_followed_once(tmp_path: Path) -> None:
    plain = _case(js("return answer(200);", {}, {200}), "plain", tmp_path).handler()
    assert (plain.asks, plain.named) == (frozenset(), ())
    asking = _case(ALL["js-chain"], "asking", tmp_path).handler()
    assert (asking.asks, asking.named) == (frozenset(("method",)), ("GET", "PUT"))
    route = _case(ALL["js-resource"], "route", tmp_path).handler()
    assert route.asks == {"method", "route"}
