"""What is found in handlers is what really comes back from them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.handlers import running
from tests.handlers.cases import LANGUAGES, Case, case, cases, truth_of, verdict

ALL = [each for language in LANGUAGES for each in cases(language)]


@pytest.mark.parametrize("each", ALL, ids=lambda each: f"{each.language}-{each.name}")
def test_a_handler_is_understood(each: Case) -> None:
    """Every response that comes back is found, and none that does not; what cannot be known is said to be unknown."""
    handler = each.handler()
    assert verdict(each, handler) == ("unknown" if each.is_unknown else "recognised"), handler.reasons


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table(language: str) -> None:
    """At least sixty handlers of each language; most are understood, none is misread."""
    table = Counter(verdict(each, each.handler()).partition(":")[0] for each in cases(language))
    assert table["wrong"] == 0
    assert table.total() >= 60
    assert table["recognised"] >= 0.85 * table.total()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_truth_is_what_the_code_returns(language: str, tmp_path: Path) -> None:
    if language != "python":
        running.needs_node()
    runnable = [each for each in cases(language) if each.runs]
    results = running.run_all(runnable, tmp_path)
    for each in runnable:
        assert not [result for result in results[each.name] if isinstance(result, dict) and "thrown" in result], (
            each.name
        )
        assert {truth_of(result) for result in results[each.name]} == each.truths, each.name


def _find(language: str, name: str) -> Case:
    return next(each for each in cases(language) if each.name == name)


def test_a_response_says_where_it_is_returned_and_where_it_is_written() -> None:
    each = _find("javascript", "helper-imported-cjs")
    success, failure = each.handler().responses
    main, helper = each.text, (each.folder / "libs" / "response-lib.js").read_text(encoding="utf-8")
    assert main[success.place.start : success.place.end] == "return success({ id: event.id });"
    assert main[failure.place.start : failure.place.end] == "return failure({ status: false });"
    assert success.literal is not None
    assert success.literal == failure.literal
    assert success.literal.path.endswith("response-lib.js")
    assert helper[success.literal.start : success.literal.end].startswith("{\n    statusCode: statusCode,")
    assert helper.splitlines()[success.literal.line - 1] == "  return {"


def test_places_count_code_points() -> None:
    each = _find("javascript", "unicode-before")
    (response,) = each.handler().responses
    assert response.headers_place is not None
    assert each.text[response.headers_place.start : response.headers_place.end] == "{ 'X-Text': 'ü' }"


def test_an_error_path_is_an_error_whatever_its_status() -> None:
    each = _find("python", "except_several")
    kinds = {response.status: response.kind for response in each.handler().responses}
    assert kinds == {200: "success", 404: "error", 400: "error", 500: "error"}
    assert [response.status for response in each.handler().successes] == [200]


def test_an_answer_to_options_is_told_from_the_others() -> None:
    preflight, other = _find("javascript", "options-answered").handler().responses
    assert (preflight.status, preflight.preflight) == (204, True)
    assert (other.status, other.preflight) == (200, False)


def test_a_response_without_a_status_code_is_not_taken_for_one_with_headers() -> None:
    (response,) = _find("python", "without_status_code").handler().responses
    assert response.status is None
    assert response.headers == {}


def test_a_header_on_some_paths_is_neither_sent_nor_missing() -> None:
    (response,) = _find("javascript", "assigned-in-branch").handler().responses
    assert response.sends("access-control-allow-origin") == "sometimes"
    assert response.sends("content-type") == "always"
    assert response.sends("vary") == "never"


def test_what_is_not_understood_is_named_with_its_line() -> None:
    handler = _find("javascript", "library-wrapper-unknown").handler()
    assert not handler.complete
    assert handler.reasons == (
        "library-wrapper-unknown.js:6: answered by @acme/lambda-wrapper, whose CORS options were not found",
    )


def test_a_framework_is_named_with_its_origins() -> None:
    framework = _find("javascript", "middy-cors").handler().framework
    assert framework is not None
    assert (framework.name, framework.origins) == ("@middy/http-cors", ("https://app.example.com",))


def test_a_header_that_is_sent_twice(tmp_path: Path) -> None:
    """API Gateway sends both values (observed on a real API); a browser refuses the response."""
    (tmp_path / "main.js").write_text(
        "exports.handler = async () => ({ statusCode: 200, headers: { 'access-control-allow-origin': '*' },\n"
        "  multiValueHeaders: { 'Access-Control-Allow-Origin': ['https://a.example.com'] }, body: '' });\n",
        encoding="utf-8",
    )
    (response,) = case("javascript", tmp_path / "main.js").handler().responses
    assert response.doubled == ("access-control-allow-origin",)


def test_who_is_refused_is_told_from_who_is_not_signed_in() -> None:
    """The 403 goes to origins that are not allowed; the 401 to those that are."""
    denied = {
        response.status: response.denied for response in _find("javascript", "refused-origin").handler().responses
    }
    assert denied == {403: True, 401: False, 200: False}


def test_a_helper_that_leaves_a_response_alone_without_an_origin() -> None:
    found = _find("javascript", "curried-cors").handler().responses
    assert {(response.status, response.sends("vary"), response.denied) for response in found} == {
        (200, "always", False),
        (200, "never", True),
        (500, "always", False),
        (500, "never", True),
    }


def test_an_answer_to_options_that_a_helper_makes() -> None:
    preflight, other = _find("javascript", "preflight-helper").handler().responses
    assert (preflight.status, preflight.preflight) == (204, True)
    assert (other.status, other.preflight) == (200, None)


def test_an_answer_to_options_in_a_table_of_routes_is_not_taken_for_another(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(
        "const routes = { GET: () => ({ statusCode: 200, body: '' }), OPTIONS: () => ({ statusCode: 204 }) };\n"
        "exports.handler = async (event) => routes[event.httpMethod](event);\n",
        encoding="utf-8",
    )
    handler = case("javascript", tmp_path / "main.js").handler()
    assert [response.status for response in handler.responses] == [200]
    assert not handler.complete


CONFIGS = [
    "{",
    "[]",
    '{"extends": "./tsconfig.json"}',
    '{"extends": ["../../outside", 7], "compilerOptions": {"paths": {"@acme/*": ["../*", 7], "x": "y"}}}',
    '{"compilerOptions": {"baseUrl": 7, "paths": {"*": ["\\u0000"], "@acme/**": ["*"]}}}',
    '{"compilerOptions": {"baseUrl": "\\u0000", "paths": []}}',
    '{"compilerOptions": []}',
    "\ufeff{}",
    '{"a": "' + "[" * 50_000 + '"}',
    "[" * 50_000,
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda text: text[:20])
def test_a_configuration_of_any_kind_is_borne(config: str, tmp_path: Path) -> None:
    """What it does not say is a library; nothing outside of the project is read."""
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "http.js").write_text("exports.ok = () => ({ statusCode: 200, body: '' });\n", encoding="utf-8")
    (project / "tsconfig.json").write_text(config, encoding="utf-8")
    (project / "main.ts").write_text(
        "import { ok } from '@acme/http';\nexport const handler = async () => ok();\n", encoding="utf-8"
    )
    handler = case("typescript", project / "main.ts").handler()
    assert handler.reasons == ("main.ts:2: answered by @acme/http, whose CORS options were not found",)
