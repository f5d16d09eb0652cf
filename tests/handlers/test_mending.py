"""Headers are added where they are missing, in the style of the file, and a mended handler really sends them."""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path

import pytest

from cfncors.errors import CannotEdit
from cfncors.handlers import Handler, Skipped, Source, add_headers, responses
from cfncors.handlers.edits import FromEnvironment, NewValue, applied
from cfncors.handlers.following import follow
from tests.handlers import running
from tests.handlers.cases import LANGUAGES, Case, cases, truth_of

ORIGIN = "access-control-allow-origin"
HEADERS: dict[str, NewValue] = {
    "Access-Control-Allow-Origin": "https://app.example.com",
    "Access-Control-Allow-Credentials": "true",
}


def _texts(each: Case, headers: dict[str, NewValue]) -> dict[str, str]:
    edits = add_headers(each.source(), each.handler(), headers)
    return {
        path: applied(Path(path).read_bytes().decode(), [edit for edit in edits if edit.path == path])
        for path in {edit.path for edit in edits}
    }


def _lacking(each: Case) -> bool:
    handler = each.handler()
    return handler.complete and any(found.sends(ORIGIN) == "never" and found.status for found in handler.responses)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("from_environment", [False, True], ids=["literal", "environment"])
def test_a_mended_handler_returns_the_headers(language: str, from_environment: bool, tmp_path: Path) -> None:
    if language != "python":
        running.needs_node()
    headers: dict[str, NewValue] = {**HEADERS}
    origin = "https://app.example.com"
    if from_environment:
        headers["Access-Control-Allow-Origin"], origin = FromEnvironment("ALLOWED_ORIGIN"), "https://env.example.com"
    broken = [each for each in _broken(language) if each.runs]
    assert len(broken) > 10
    before = running.run_all(broken, tmp_path / "before")
    after = running.run_all(broken, tmp_path / "after", {each.name: _texts(each, headers) for each in broken})
    for each in broken:
        for old, new in zip(before[each.name], after[each.name], strict=True):
            sent = dict(truth_of(new).headers)
            had = dict(truth_of(old).headers)
            assert sent[ORIGIN] == had.get(ORIGIN, origin), each.name
            assert {**new, "headers": 0} == {**old, "headers": 0}, f"{each.name}: more than its headers has changed"


@cache
def _broken(language: str) -> tuple[Case, ...]:
    return tuple(each for each in cases(language) if _lacking(each))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_lines_with_new_headers_change_and_line_ends_stay(language: str) -> None:
    for each in _broken(language):
        assert_only_lines_with_headers_change(each)


def assert_only_lines_with_headers_change(each: Case) -> None:
    for path, text in _texts(each, HEADERS).items():
        old = Path(path).read_bytes().decode()
        ends = "\r\n" if "\r\n" in old else "\n"
        assert text.count("\n") == text.count(ends), each.name
        assert text.count("\r") == (text.count(ends) if ends == "\r\n" else 0), each.name
        kept = [line for line in old.splitlines() if line.strip() and line not in text.splitlines()]
        for line in kept:
            assert any(entry in line for entry in ("statusCode", "{")) or f"{line}," in text.splitlines(), line


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_time_there_is_nothing_to_add(language: str) -> None:
    for each in _broken(language):
        assert_nothing_is_left_to_add(each)


def assert_nothing_is_left_to_add(each: Case) -> None:
    source = each.source()
    texts = _texts(each, HEADERS)
    mended = source._replace(text=texts.pop(source.path, source.text))
    assert not [found for found in follow(mended, texts).responses if found.sends(ORIGIN) == "never"], each.name
    if not texts:
        assert add_headers(mended, follow(mended), HEADERS) == (), each.name


def _follow(text: str, language: str = "javascript", export: str = "handler") -> tuple[Source, Handler]:
    suffix = {"javascript": "js", "typescript": "ts", "python": "py"}[language]
    source = Source(f"/project/main.{suffix}", textwrap.dedent(text).lstrip("\n"), language, export, "/project")  # type: ignore[arg-type]
    found = responses(source)
    assert not isinstance(found, Skipped), found
    return source, found


def _mended(text: str, language: str = "javascript", headers: dict[str, NewValue] | None = None) -> str:
    source, handler = _follow(text, language)
    return applied(source.text, add_headers(source, handler, headers or {"Access-Control-Allow-Origin": "*"}))


def test_a_headers_object_is_extended_in_its_own_style() -> None:
    assert _mended(
        """
        exports.handler = async () => ({
            statusCode: 200,
            headers: {
                "Content-Type": "text/plain", // always
                "X-A": `b`
            },
            body: ""
        });
        """
    ) == textwrap.dedent(
        """\
        exports.handler = async () => ({
            statusCode: 200,
            headers: {
                "Content-Type": "text/plain", // always
                "X-A": `b`,
                "Access-Control-Allow-Origin": "*"
            },
            body: ""
        });
        """
    )


def test_headers_are_added_behind_the_status() -> None:
    assert _mended("exports.handler = async () => ({ statusCode: 204 });\n") == (
        "exports.handler = async () => ({ statusCode: 204, headers: { 'Access-Control-Allow-Origin': '*' } });\n"
    )


def test_a_shared_helper_is_mended_once_and_lets_its_callers_say_otherwise() -> None:
    text = _mended(
        """
        const reply = (statusCode, body, extra) => ({ statusCode, headers: { 'X-A': 'b', ...extra }, body });
        exports.handler = async (event) => (event.a ? reply(200, 'a', {}) : reply(400, 'b', {}));
        """
    )
    assert text.splitlines()[0] == (
        "const reply = (statusCode, body, extra) => "
        "({ statusCode, headers: { 'Access-Control-Allow-Origin': '*', 'X-A': 'b', ...extra }, body });"
    )
    assert text.count("Access-Control-Allow-Origin") == 1


def test_headers_that_may_be_missing_are_spread_into_new_ones() -> None:
    text = _mended(
        """
        const reply = (statusCode, headers) => ({ statusCode, headers, body: '' });
        exports.handler = async (event) => reply(200);
        """
    )
    assert "({ statusCode, headers: { 'Access-Control-Allow-Origin': '*', ...headers }, body: '' })" in text


def test_python_headers_that_may_be_missing_are_spread_into_new_ones() -> None:
    text = _mended(
        """
        def reply(status, headers=None):
            return {"statusCode": status, "headers": headers, "body": ""}


        def handler(event, context):
            return reply(200)
        """,
        "python",
    )
    assert '"headers": {"Access-Control-Allow-Origin": "*", **(headers or {})}' in text


def test_an_environment_variable_brings_its_import() -> None:
    text = _mended(
        '''
        """Notes."""

        from __future__ import annotations

        import json


        def handler(event, context):
            return {"statusCode": 200, "body": json.dumps({})}
        ''',
        "python",
        {"Access-Control-Allow-Origin": FromEnvironment("ALLOWED_ORIGIN")},
    )
    assert "from __future__ import annotations\n\nimport os\nimport json\n" in text
    assert '"headers": {"Access-Control-Allow-Origin": os.environ["ALLOWED_ORIGIN"]}' in text


def test_an_environment_variable_has_a_type_in_typescript() -> None:
    text = _mended(
        "export const handler = async (): Promise<object> => ({ statusCode: 200, body: '' });\n",
        "typescript",
        {"Access-Control-Allow-Origin": FromEnvironment("ALLOWED_ORIGIN")},
    )
    assert "'Access-Control-Allow-Origin': process.env.ALLOWED_ORIGIN!" in text


def test_credentials_are_not_added_to_a_response_that_allows_every_origin() -> None:
    text = _mended(
        """
        exports.handler = async (event) => event.a
          ? { statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: '' }
          : { statusCode: 400, body: '' };
        """,
        headers=HEADERS,
    )
    assert "{ 'Access-Control-Allow-Origin': '*' }" in text
    assert text.count("Credentials") == 1


def test_chosen_responses_only() -> None:
    source, handler = _follow(
        """
        exports.handler = async (event) => {
          if (event.httpMethod === 'OPTIONS') return { statusCode: 204 };
          return { statusCode: 200, body: '' };
        };
        """
    )
    chosen = [each for each in handler.responses if not each.preflight]
    (edit,) = add_headers(source, handler, {"Access-Control-Allow-Origin": "*"}, chosen)
    assert source.text[: edit.start].endswith("statusCode: 200")


def test_a_response_that_is_written_as_no_literal_is_not_touched() -> None:
    source, handler = _follow(
        """
        def handler(event, context):
            return dict(statusCode=200, body="")
        """,
        "python",
    )
    with pytest.raises(CannotEdit, match="line 2: the response is not written as a literal"):
        add_headers(source, handler, {"Access-Control-Allow-Origin": "*"})


def test_headers_that_are_replaced_later_are_not_mended_in_vain() -> None:
    source, handler = _follow(
        """
        exports.handler = async () => {
          const response = { statusCode: 200, headers: { 'X-A': 'b' }, body: '' };
          response.headers = Object.assign(Object.create(null), {});
          return response;
        };
        """
    )
    try:
        edits = add_headers(source, handler, {"Access-Control-Allow-Origin": "*"})
    except CannotEdit:
        return
    mended = source._replace(text=applied(source.text, edits))
    again = responses(mended)
    assert isinstance(again, Handler)
    assert not [each for each in again.responses if each.sends(ORIGIN) == "never"]


def test_other_languages_are_not_edited() -> None:
    source = Source("/project/main.go", "package main\n", "go", "main", "/project")
    with pytest.raises(CannotEdit, match="code in go is not edited"):
        add_headers(source, Handler((), False, (), (), None, ()), HEADERS)


REUSED = [
    # a response without headers gets the constant, one with others has it spread in front
    ("return { statusCode: 400, body: '' };", "return { statusCode: 400, headers: cors, body: '' };"),
    (
        "return { statusCode: 400, headers: { 'X-A': 'b' }, body: '' };",
        "return { statusCode: 400, headers: { ...cors, 'X-A': 'b' }, body: '' };",
    ),
    (
        "return { statusCode: 400, headers: {}, body: '' };",
        "return { statusCode: 400, headers: { ...cors }, body: '' };",
    ),
]


@pytest.mark.parametrize(("before", "after"), REUSED)
def test_a_constant_that_other_responses_send_is_used_again(before: str, after: str) -> None:
    handler = """
        const cors = { 'Access-Control-Allow-Origin': '*', Vary: 'Origin' };
        exports.handler = async (event) => {
          if (!event.body) RETURN
          return { statusCode: 200, headers: cors, body: '' };
        };
        """
    mended = _mended(handler.replace("RETURN", before))
    assert mended == textwrap.dedent(handler.replace("RETURN", after)).lstrip("\n")


def test_a_constant_named_headers_is_given_as_it_is() -> None:
    mended = _mended(
        """
        export const handler = async (event: Event) => {
          const headers = { "Access-Control-Allow-Origin": "*", "Content-Type": "text/plain" } as const;
          try {
            return { statusCode: 200, headers, body: await read() };
          } catch {
            return {
              statusCode: 500,
              body: "",
            };
          }
        };
        """,
        "typescript",
    )
    assert '      statusCode: 500,\n      headers,\n      body: "",\n' in mended


def test_a_constant_of_python_is_used_again() -> None:
    mended = _mended(
        """
        CORS = {"Access-Control-Allow-Origin": "*"}


        def handler(event, context):
            if event.get("a"):
                return {"statusCode": 400, "body": ""}
            if event.get("b"):
                return {"statusCode": 404, "headers": {"X-A": "b"}, "body": ""}
            return {"statusCode": 200, "headers": CORS, "body": ""}
        """,
        "python",
    )
    assert 'return {"statusCode": 400, "headers": CORS, "body": ""}' in mended
    assert 'return {"statusCode": 404, "headers": {**CORS, "X-A": "b"}, "body": ""}' in mended


NOT_REUSED = {
    "it is not seen from there": """
        async function handler(event) {
          const cors = HEADERS;
          return event.a ? { statusCode: 200, headers: cors } : bad();
        }
        function bad() { return { statusCode: 400 }; }
        """,
    "it is not there yet": """
        const bad = { statusCode: 400 };
        const cors = HEADERS;
        async function handler(event) { return event.a ? { statusCode: 200, headers: cors } : bad; }
        """,
    "another value of that name is nearer": """
        const cors = HEADERS;
        const bad = (cors) => ({ statusCode: 400 });
        async function handler(event) { return event.a ? { statusCode: 200, headers: cors } : bad({}); }
        """,
    "it has other headers too": """
        const cors = { 'Cache-Control': 'max-age=60', 'Access-Control-Allow-Origin': '*' };
        async function handler(event) {
          if (event.a) return { statusCode: 200, headers: cors };
          return { statusCode: 400, headers: { 'Cache-Control': 'no-store' } };
        }
        """,
    "it sends another origin": """
        const cors = { 'Access-Control-Allow-Origin': 'https://app.example.com' };
        async function handler(event) { return event.a ? { statusCode: 200, headers: cors } : { statusCode: 400 }; }
        """,
}


@pytest.mark.parametrize("text", NOT_REUSED.values(), ids=list(NOT_REUSED))
def test_a_constant_that_does_not_do_is_not_used(text: str) -> None:
    text = text.replace("HEADERS", "{ 'Access-Control-Allow-Origin': '*' }") + "exports.handler = handler;"
    mended = _mended(text)
    assert mended.count("'Access-Control-Allow-Origin': '*'") == text.count("'Access-Control-Allow-Origin': '*'") + 1
    assert mended.count("cors") == text.count("cors")


def test_headers_that_several_responses_spread_are_mended_once() -> None:
    mended = _mended(
        """
        const base = { 'X-A': 'b' };
        exports.handler = async (event) => event.a
          ? { statusCode: 200, headers: { ...base, 'X-B': 'c' } }
          : { statusCode: 400, headers: { ...base } };
        """
    )
    assert "const base = { 'X-A': 'b', 'Access-Control-Allow-Origin': '*' };" in mended
    assert mended.count("Access-Control-Allow-Origin") == 1


def test_a_helper_that_is_given_headers_is_mended_itself() -> None:
    mended = _mended(
        """
        const reply = (statusCode, headers) => ({ statusCode, headers });
        exports.handler = async (event) => (event.a ? reply(200, { 'X-A': 'b' }) : reply(404));
        """
    )
    assert "({ statusCode, headers: { 'Access-Control-Allow-Origin': '*', ...headers } })" in mended
    assert "reply(200, { 'X-A': 'b' }) : reply(404)" in mended


def test_an_object_that_is_spread_twice_at_every_step_is_followed() -> None:
    """Sixty steps: what is remembered of each must not double."""
    steps = "".join(f"const h{i} = {{ ...h{i - 1}, ...h{i - 1}, x{i}: 'y' }};\n" for i in range(1, 60))
    text = f"const h0 = {{ a: 'b' }};\n{steps}exports.handler = async () => ({{ statusCode: 200, headers: h59 }});\n"
    assert _mended(text).count("Access-Control-Allow-Origin") == 1
