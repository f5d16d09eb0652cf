"""Programs made at random, in both languages: whatever one of them returns for any event was found in its code."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from cfncors.errors import CannotEdit
from cfncors.handlers import Handler, Source, add_headers, responses
from cfncors.handlers.edits import applied
from tests.handlers import running
from tests.handlers.cases import says, truth_of
from tests.shared import seed as salted

FLAGS = ("a", "b", "c")
EVENTS = [dict(zip(FLAGS, values, strict=True)) for values in itertools.product((0, 1), repeat=len(FLAGS))]
NAMES = ("Access-Control-Allow-Origin", "Vary", "X-Other")
VALUES = ("*", "Origin", "https://a.example.com")


class _Writer:
    """Writes the same random program in Python and in JavaScript."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.lines: list[tuple[int, str, str]] = []
        self.depth = 1

    def both(self, python: str, script: str | None = None) -> None:
        self.lines.append((self.depth, python, script if script is not None else python + ";"))

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def test(self) -> tuple[str, str]:
        flag = self.pick(*FLAGS)
        kind = self.random.randrange(5)
        if kind == 0:
            return f'not event["{flag}"]', f"!event.{flag}"
        if kind == 1:
            return f'event["{flag}"] == 1', f"event.{flag} === 1"
        if kind == 2:
            other = self.pick(*FLAGS)
            return f'event["{flag}"] and event["{other}"]', f"event.{flag} && event.{other}"
        if kind == 3:
            return "status == 200", "status === 200"
        return f'event["{flag}"]', f"event.{flag}"

    def headers(self) -> tuple[str, str]:
        name, value = self.pick(*NAMES), self.pick(*VALUES)
        kind = self.random.randrange(6)
        if kind == 0:
            return "{}", "{}"
        if kind == 1:
            return f'{{**headers, "{name}": "{value}"}}', f'{{ ...headers, "{name}": "{value}" }}'
        if kind == 2:
            return f'{{"{name}": "{value}", **SHARED}}', f'{{ "{name}": "{value}", ...SHARED }}'
        if kind == 3:
            test = self.test()
            return (
                f'(headers if {test[0]} else {{"{name}": "{value}"}})',
                f'({test[1]} ? headers : {{ "{name}": "{value}" }})',
            )
        if kind == 4:
            return "make(headers)", "make(headers)"
        return "dict(SHARED)", "Object.assign({}, SHARED)"

    def block(self, size: int) -> None:
        self.depth += 1
        for _ in range(self.random.randint(1, 2)):
            self.statement(size - 1)
        self.depth -= 1

    def branch(self, size: int) -> None:
        python, script = self.test()
        self.both(f"if {python}:", f"if ({script}) {{")
        self.block(size)
        if self.random.random() < 0.5:
            self.both("else:", "} else {")
            self.block(size)
        self.close()

    def close(self) -> None:
        self.lines.append((self.depth, "", "}"))

    def attempt(self, size: int) -> None:
        self.both("try:", "try {")
        self.block(size)
        self.depth += 1
        flag = self.pick(*FLAGS)
        self.both(f'fail(event["{flag}"])', f"fail(event.{flag});")
        self.depth -= 1
        self.block(size)
        self.both("except Exception:", "} catch (error) {")
        self.block(size)
        self.close()

    def loop(self, size: int) -> None:
        kind = self.random.randrange(2)
        if kind == 0:
            self.both('for flag in [event["a"], event["b"]]:', "for (const flag of [event.a, event.b]) {")
        else:
            self.both("for flag in event.values():", "for (const flag of Object.values(event)) {")
        self.block(size)
        self.depth += 1
        self.both("if flag:", "if (flag) {")
        self.depth += 1
        self.both(self.pick("break", "continue"))
        self.depth -= 1
        self.close()
        self.block(size)
        self.depth -= 1
        self.close()

    def statement(self, size: int) -> None:
        name, value = self.pick(*NAMES), self.pick(*VALUES)
        kind = self.random.randrange(13 if size > 0 else 8)
        if kind == 0:
            self.both(f'headers["{name}"] = "{value}"')
        elif kind == 1:
            python, script = self.headers()
            self.both(f"headers = {python}", f"headers = {script};")
        elif kind == 2:
            self.both(f"status = {self.pick('200', '201', '400', '500')}")
        elif kind == 3:
            self.both(f'headers.pop("{name}", None)', f'delete headers["{name}"];')
        elif kind == 4:
            self.both("note(headers)")
        elif kind == 5:
            self.both(f'headers.update({{"{name}": "{value}"}})', f'Object.assign(headers, {{ "{name}": "{value}" }});')
        elif kind == 6 and self.random.random() < 0.5:
            self.give()
        elif kind == 7:
            self.both('response["headers"] = headers', "response.headers = headers;")
        elif kind in (8, 9):
            self.branch(size)
        elif kind == 10:
            self.attempt(size)
        elif kind == 11:
            self.loop(size)
        else:
            self.both("headers = dict(headers)", "headers = { ...headers };")

    def give(self) -> None:
        kind = self.random.randrange(4)
        python, script = self.headers()
        if kind == 0:
            self.both(
                f'return {{"statusCode": status, "headers": {python}}}',
                f"return {{ statusCode: status, headers: {script} }};",
            )
        elif kind == 1:
            self.both(f"return reply(status, {python})", f"return reply(status, {script});")
        elif kind == 2:
            self.both("return reply(404)")
        else:
            self.both("return response")

    def program(self) -> tuple[str, str]:
        for _ in range(self.random.randint(2, 6)):
            self.statement(3)
        self.give()
        python = "".join(f"{'    ' * depth}{line}\n" for depth, line, _ in self.lines if line)
        script = "".join(f"{'  ' * depth}{line}\n" for depth, _, line in self.lines if line)
        return _PYTHON + python, _SCRIPT + script + "};\n"


_PYTHON = """\
SHARED = {"Access-Control-Allow-Origin": "https://shared.example.com"}


def make(given):
    made = {"X-Made": "1"}
    if "Vary" in given:
        made["Vary"] = "Accept"
    return {**given, **made}


def reply(status, headers=None):
    if headers is None:
        headers = SHARED
    return {"statusCode": status, "headers": headers}


def fail(flag):
    if flag:
        raise ValueError("asked to")


def note(value):
    value["X-Noted"] = "1"


def handler(event, context):
    status = 200
    headers = {"Access-Control-Allow-Origin": "*"}
    response = {"statusCode": 202, "headers": {}}
"""
_SCRIPT = """\
const SHARED = { 'Access-Control-Allow-Origin': 'https://shared.example.com' };
const make = (given) => {
  const made = { 'X-Made': '1' };
  if ('Vary' in given) made.Vary = 'Accept';
  return { ...given, ...made };
};
function reply(status, headers) {
  if (headers === undefined) {
    headers = SHARED;
  }
  return { statusCode: status, headers };
}
const fail = (flag) => {
  if (flag) throw new Error('asked to');
};
function note(value) {
  value['X-Noted'] = '1';
}
exports.handler = async (event) => {
  let status = 200;
  let headers = { 'Access-Control-Allow-Origin': '*' };
  const response = { statusCode: 202, headers: {} };
"""


def _unfound(text: str, language: str, results: list[Any]) -> list[object]:
    found = responses(Source("/project/main", text, language, "handler", "/project"))  # type: ignore[arg-type]
    assert isinstance(found, Handler), found
    if not found.complete:
        return []
    truths = {truth_of(result) for result in results if result is not None}
    return [truth for truth in truths if not any(says(each, truth) for each in found.responses)]


def _complete(text: str, language: str) -> bool:
    found = responses(Source("/project/main", text, language, "handler", "/project"))  # type: ignore[arg-type]
    return isinstance(found, Handler) and found.complete


def _returned(text: str) -> list[Any]:
    results = []
    for event in EVENTS:
        scope: dict[str, Any] = {}
        exec(compile(text, "main.py", "exec"), scope)
        try:
            results.append(json.loads(json.dumps(scope["handler"](event, None))))
        except (ValueError, KeyError):
            results.append(None)
    return results


def test_what_a_python_program_returns_was_found() -> None:
    programs = [_Writer(salted(seed)).program()[0] for seed in range(150)]
    for text in programs:
        assert _unfound(text, "python", _returned(text)) == [], text
    assert sum(_complete(text, "python") for text in programs) > 75


def test_a_mended_program_returns_what_it_did_and_the_header() -> None:
    mended = 0
    for seed in range(150):
        text = _Writer(salted(seed)).program()[0]
        source = Source("/project/main.py", text, "python", "handler", "/project")
        found = responses(source)
        assert isinstance(found, Handler)
        with suppress(CannotEdit):
            edits = add_headers(source, found, {"Access-Control-Allow-Origin": "https://new.example.com"})
            mended += bool(edits)
            after = responses(source._replace(text=applied(text, edits)))
            assert isinstance(after, Handler)
            assert not [each for each in after.responses if each.sends("access-control-allow-origin") == "never"], text
            for old, new in zip(_returned(text), _returned(applied(text, edits)), strict=True):
                had, has = (dict((each or {}).get("headers", {})) for each in (old, new))
                assert (old or {}).get("statusCode") == (new or {}).get("statusCode")
                assert has in (had, {"Access-Control-Allow-Origin": "https://new.example.com", **had}), text
    assert mended > 20


def test_what_a_javascript_program_returns_was_found(tmp_path: Path) -> None:
    running.needs_node()
    programs = [_Writer(salted(seed)).program()[1] for seed in range(150)]
    for number, text in enumerate(programs):
        (tmp_path / f"{number}.cjs").write_text(text, encoding="utf-8")
    (tmp_path / "run.cjs").write_text(
        f"""
        (async () => {{
          const all = [];
          for (let n = 0; n < {len(programs)}; n += 1) {{
            const results = [];
            for (const event of {json.dumps(EVENTS)}) {{
              delete require.cache[require.resolve(`./${{n}}.cjs`)];
              results.push(await require(`./${{n}}.cjs`).handler(event).catch(() => null));
            }}
            all.push(results);
          }}
          process.stdout.write(JSON.stringify(all));
        }})();
        """,
        encoding="utf-8",
    )
    command = [str(running.NODE), "run.cjs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    for text, results in zip(programs, json.loads(done.stdout), strict=True):
        assert _unfound(text, "javascript", results) == [], text
    assert sum(_complete(text, "javascript") for text in programs) > 75
