"""What a user may set: for one run, for a project, for some files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from cfncors.errors import UsageError

_KEYS: Final = ("select", "ignore", "per-file-ignores", "origin", "credentials", "root")


class Settings(NamedTuple):
    """The choices of one run.

    ``origin`` is a serialised origin (``https://app.example.com``) for fixes that find none in the template;
    ``credentials`` says whether pages call with cookies, ``None`` to leave that to the template. ``select`` and
    ``ignore`` are rule ids or their beginnings (``E942``); an empty ``select`` means all. ``per_file_ignores`` are
    patterns of file names with the ids that are off there, relative to ``folder``. Functions' code outside of ``root``
    is not read; ``None`` stands for the repository around a template.
    """

    origin: str | None = None
    credentials: bool | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    folder: str = "."
    root: str | None = None

    def wants(self, rule_id: str) -> bool:
        """Whether a rule is on: selected (the longest match wins over a shorter ignore) and not ignored."""
        if not self.select and not self.ignore:
            return True
        chosen = max((len(p) for p in self.select if rule_id.startswith(p)), default=0 if not self.select else -1)
        ignored = max((len(p) for p in self.ignore if rule_id.startswith(p)), default=-1)
        return chosen >= 0 and chosen >= ignored if ignored > 0 else chosen >= 0

    def ignored_in(self, name: str) -> tuple[str, ...]:
        """Beginnings of the ids that are off in one file."""
        return tuple(i for pattern, ids in self.per_file_ignores if _matches(name, pattern, self.folder) for i in ids)


def _matches(name: str, pattern: str, folder: str) -> bool:
    from fnmatch import fnmatch

    absolute = os.path.abspath(name)
    names = (os.path.relpath(absolute, folder), os.path.basename(name), absolute)
    return any(fnmatch(each.replace(os.sep, "/"), pattern) for each in names)


def load(start: str, rules: Iterable[tuple[str, str]]) -> Settings:
    """The settings of the nearest ``.cfncors.toml``, or ``pyproject.toml`` with ``[tool.cfncors]``, from ``start`` up.

    ``rules`` are the known ids with their names. Raises :class:`UsageError` naming the file and the key.
    """
    folder = os.path.abspath(start)
    while True:
        for name in (".cfncors.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            table = _table(path, whole=name == ".cfncors.toml")
            if table is not None:
                return _settings(table, path, list(rules))
        parent = os.path.dirname(folder)
        if parent == folder:
            return Settings()
        folder = parent


def _table(path: str, whole: bool) -> dict[str, Any] | None:
    """Our table in a file, ``None`` when there is no such file or no such table in it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if not whole and b"tool.cfncors" not in data:
        return None  # without reading the TOML, which takes as long as checking a template
    import tomllib

    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: not TOML: {error}") from None
    inner = document.get("tool", {})
    table = inner.get("cfncors") if isinstance(inner, dict) else None
    if table is None:
        table = document if whole else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.cfncors is not a table; write [tool.cfncors]")
    return table


def _settings(table: dict[str, Any], path: str, rules: list[tuple[str, str]]) -> Settings:
    for key in table:
        if key not in _KEYS:
            raise UsageError(f"{path}: unknown key {key!r}; known are {', '.join(_KEYS)}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise UsageError(f'{path}: per-file-ignores is a table: "tests/*" = ["E942"]')
    credentials = table.get("credentials")
    if "credentials" in table and not isinstance(credentials, bool):
        raise UsageError(f"{path}: credentials is true or false, without quotes")
    try:
        return Settings(
            origin=origin(table["origin"], "origin") if "origin" in table else None,
            credentials=credentials,
            select=rule_ids(_strings(table.get("select", []), "select"), rules),
            ignore=rule_ids(_strings(table.get("ignore", []), "ignore"), rules),
            per_file_ignores=tuple((glob, rule_ids(_strings(ids, glob), rules)) for glob, ids in per_file.items()),
            folder=os.path.dirname(path),
            root=_folder(table["root"], os.path.dirname(path)) if "root" in table else None,
        )
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _folder(value: object, base: str) -> str:
    """A folder that a file names, relative to its own."""
    path = os.path.normpath(os.path.join(base, value)) if isinstance(value, str) else ""
    if not os.path.isdir(path):
        raise UsageError(f"root is the name of a folder, not {value!r}")
    return path


def _strings(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{key} is a list of rules: ["E9421", "W944"]')
    return value


def rule_ids(words: Iterable[str], rules: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Ids, or beginnings of ids, for what a user wrote: those, or names. Raises :class:`UsageError` for another."""
    known = list(rules)
    return tuple(_rule_id(word, known) for word in words)


def _rule_id(word: str, rules: list[tuple[str, str]]) -> str:
    for rule_id, name in rules:
        if word == name:
            return rule_id
        if word and rule_id.startswith(word.upper()):
            return word.upper()
    raise UsageError(f"no rule begins with {word!r}; `cfncors explain` lists them")


def origin(text: object, option: str = "--origin") -> str:
    """A serialised origin, as browsers send it. Raises :class:`UsageError` saying what to write instead."""
    if not isinstance(text, str):
        raise UsageError(f'{option} is text: "https://app.example.com"')
    if text == "*":
        raise UsageError(f"{option} is one origin; '*' is what a fix uses without it")
    from cfncors.browser.serialised import FORM, problem

    found = problem(text)
    if found is None:
        return text
    raise UsageError(f"{option} {text!r} is not an origin as browsers send it; write {found.write or FORM}")
