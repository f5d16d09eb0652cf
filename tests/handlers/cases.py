"""Handlers that people write, with what really comes back from them.

A fixture is a file, or a folder with its ``main`` file. Comments say what it is:

    // event: {"httpMethod": "GET"}    one call; ``$result`` is what AWS clients answer, ``$fail`` makes them throw
    // truth: 200 {"vary": "Origin"}   a response that comes back: status and headers that matter to CORS
    // expect: unknown                 it cannot be known from the code
    // run: no                         it needs a library; the truth is that library's documentation
    // export: lambdaHandler           the function's name, where it is not ``handler``
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from cfncors.handlers import Handler, Response, Skipped, Source, locate, responses

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "handlers"
LANGUAGES = ("javascript", "typescript", "python")
RUNTIMES = {"javascript": "nodejs22.x", "typescript": "nodejs22.x", "python": "python3.13"}
_LINE = re.compile(r"^\s*(?://|#) (event|truth|expect|run|export): (.*?)\r?$", re.MULTILINE)


class Truth(NamedTuple):
    """A response as it comes back: its status (``None``: not said) and its CORS headers, names in lower case."""

    status: int | None
    headers: tuple[tuple[str, str], ...]


class Case(NamedTuple):
    """One fixture."""

    language: str
    name: str
    main: Path
    text: str
    events: tuple[Any, ...]
    truths: frozenset[Truth]
    is_unknown: bool
    runs: bool
    export: str

    @property
    def folder(self) -> Path:
        """Where it stands; a case in a folder owns it."""
        return self.main.parent

    @property
    def is_folder(self) -> bool:
        """Whether it has more files than one."""
        return self.main.stem == "main"

    def source(self) -> Source:
        """The case as the program finds it."""
        root = self.folder
        found = locate(
            str(root / "template.yaml"), f"{self.main.stem}.{self.export}", None, RUNTIMES[self.language], None, root
        )
        assert isinstance(found, Source), found
        return found

    def handler(self) -> Handler:
        """What the program says of it."""
        found = responses(self.source())
        assert not isinstance(found, Skipped), found
        return found


def cases(language: str) -> list[Case]:
    """All fixtures of a language."""
    folder = FIXTURES / language
    files = [path for path in folder.iterdir() if path.is_file()]
    files += [next(path.glob("main.*")) for path in folder.iterdir() if path.is_dir()]
    return [case(language, path) for path in sorted(files)]


def case(language: str, path: Path) -> Case:
    """One fixture, read."""
    text = path.read_bytes().decode()
    marks: dict[str, list[str]] = {}
    for key, value in _LINE.findall(text):
        marks.setdefault(key, []).append(value.strip())
    return Case(
        language,
        path.parent.name if path.stem == "main" else path.stem,
        path,
        text,
        tuple(map(json.loads, marks.get("event", ["{}"]))),
        frozenset(map(_truth, marks.get("truth", []))),
        marks.get("expect") == ["unknown"],
        marks.get("run") != ["no"],
        marks.get("export", ["lambda_handler" if language == "python" else "handler"])[0],
    )


def _truth(line: str) -> Truth:
    status, _, headers = line.partition(" ")
    return Truth(None if status == "-" else int(status), tuple(sorted(json.loads(headers or "{}").items())))


def truth_of(result: object) -> Truth:
    """What matters of a value that really came back."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return Truth(None, ())
    found: dict[str, str] = {}
    for name, value in (result.get("headers") or {}).items():
        found[name.lower()] = _text(value)
    for name, values in (result.get("multiValueHeaders") or {}).items():
        found[name.lower()] = ", ".join(map(_text, values))
    kept = {name: value for name, value in found.items() if name == "vary" or name.startswith("access-control-")}
    return Truth(int(result["statusCode"]), tuple(sorted(kept.items())))


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def says(response: Response, truth: Truth) -> bool:
    """Whether a response that was found may be one that came back."""
    if "unknown" not in response.statuses and truth.status not in response.statuses:
        return False
    headers = dict(truth.headers)
    for name, value in headers.items():
        sent = response.sends(name)
        known = response.headers.get(name)
        if sent == "never" or (known is not None and None not in known.values and value not in known.values):
            return False
    return all(name in headers for name, header in response.headers.items() if header.always and _matters(name))


def _matters(name: str) -> bool:
    return name == "vary" or name.startswith("access-control-")


def verdict(each: Case, handler: Handler) -> str:
    """``recognised``, ``unknown`` or ``wrong``, with what is wrong."""
    missed = [truth for truth in each.truths if not any(says(found, truth) for found in handler.responses)]
    if missed and handler.complete:
        return f"wrong: comes back and was not found: {missed}"
    invented = [found for found in handler.responses if not any(says(found, truth) for truth in each.truths)]
    if invented:
        return f"wrong: was found and does not come back: {invented}"
    certain = handler.complete and not any(
        found.is_open and "access-control-allow-origin" not in found.headers for found in handler.responses
    )
    return "recognised" if certain else "unknown"
