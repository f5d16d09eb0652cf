"""From an asset of the CDK, the copy of a function's code in the cloud assembly, to the source that it was made of.

A folder that is packed as it is (``Code.fromAsset``, ``PythonFunction``) holds the files of a folder of the project; a
bundle (``NodejsFunction``) says in its source map, or in esbuild's comments between the modules, what it was made of,
the entry last (AWS CDK API Reference, "aws-lambda-nodejs"; ECMA-426, "Source map format": ``sources``).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

#: The line that esbuild writes above each module of a bundle that is not minified.
_MODULE: Final = re.compile(r"^// (\S.*\.[cm]?[jt]sx?)$", re.MULTILINE)
_SCRIPTS: Final = (".js", ".mjs", ".cjs")
_SUFFIXES: Final = (*_SCRIPTS, ".py")
#: Folders that hold no source of a project.
_NO_SOURCE: Final = frozenset(("node_modules", "cdk.out", "__pycache__", "site-packages"))
#: How many folders are looked through for the source of an asset, and the bytes of a bundle and of its map.
_MOST_FOLDERS: Final = 3000
_MOST_BYTES: Final = 4_000_000


#: Folders by the name and size of a file in them.
Sources: TypeAlias = dict[tuple[str, int], list[str]]


class Origin(NamedTuple):
    """The source of an asset: the folder, absolute, and the handler as it is named from there."""

    folder: str
    handler: str


def origin(asset: str, handler: str, bundled: bool, root: str, project: Sources) -> Origin | None:
    """Where the handler of the asset in a folder was written; ``None`` when that is not certain. ``bundled`` says that
    the app made it; ``project`` are its files that may be the source."""
    copy = next((path for path in _files(asset, handler) if os.path.isfile(path)), None)
    text = None if copy is None else _read(copy)
    if copy is None or text is None:
        return None
    entry = _entry(copy, text, root) if bundled and copy.endswith(_SCRIPTS) else None
    if entry is not None:
        stem, export = os.path.splitext(os.path.basename(entry))[0], handler.rpartition(".")[2]
        return Origin(os.path.dirname(entry), f"{stem}.{export}") if "." not in stem else None
    inside, name = os.path.split(os.path.relpath(copy, asset))
    folders = project.get((name, os.path.getsize(copy)), [])
    found = [folder for folder in folders if _is_copied(os.path.join(folder, name), text, root)]
    outer = {above for folder in found if (above := _above(folder, inside)) is not None}
    return _as_written(outer.pop(), handler) if len(outer) == 1 else None


def _above(folder: str, inside: str) -> str | None:
    """The folder in which ``inside`` is a folder; ``None`` when it is not the last part of that."""
    if not inside:
        return folder
    outer = folder.removesuffix(os.sep + inside)
    return outer if outer != folder else None


def _as_written(folder: str, handler: str) -> Origin:
    """The same with the folder of a compiler's output in the handler, so that its source is looked for beside that."""
    from cfncors.handlers.sources import COMPILED

    above, name = os.path.split(folder)
    return Origin(above, f"{name}/{handler}") if name in COMPILED else Origin(folder, handler)


def _files(asset: str, handler: str) -> Iterator[str]:
    """The files that may hold a handler; see :func:`cfncors.handlers.sources.locate`."""
    folder, _, name = handler.rpartition("/")
    for extension in _SCRIPTS:
        yield os.path.join(asset, folder, name.partition(".")[0] + extension)
    yield os.path.join(asset, *handler.rpartition(".")[0].replace(".", "/").split("/")) + ".py"


def _entry(copy: str, text: str, root: str) -> str | None:
    """The entry of a bundle, where it is in the project: named from the bundle's folder, or from one above it."""
    named = _mapped(copy) or [match[1] for match in _MODULE.finditer(text)]
    if not named:
        return None
    here = os.path.dirname(copy)
    while os.path.dirname(here) != here:
        path = os.path.normpath(os.path.join(here, named[-1]))
        if _is_source(path, root):
            return path
        if here == root:
            break
        here = os.path.dirname(here)
    return None


def _mapped(copy: str) -> list[str]:
    text = _read(f"{copy}.map")
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return []
    sources = found.get("sources") if isinstance(found, dict) else None
    return [name for name in sources if isinstance(name, str) and "\0" not in name] if isinstance(sources, list) else []


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError:
        return None
    return data.decode("utf-8", "replace") if len(data) <= _MOST_BYTES else None


def _is_copied(path: str, text: str, root: str) -> bool:
    return _read(path) == text and _is_source(path, root)


def _is_source(path: str, root: str) -> bool:
    from cfncors.handlers.files import is_within

    if not os.path.isfile(path) or not is_within(path, root):
        return False
    return _NO_SOURCE.isdisjoint(os.path.relpath(path, root).split(os.sep))


def sources(root: str) -> Sources:
    """The files of a project that may be the source of an asset, by name and size; the folders nearest first."""
    found: dict[tuple[str, int], list[str]] = {}
    waiting = [root]
    for folder in waiting:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            files = [(entry.name, entry.stat().st_size) for entry in entries if entry.name.endswith(_SUFFIXES)]
        except OSError:
            continue
        for name, size in files:
            found.setdefault((name, size), []).append(folder)
        inner = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and _may_hold(entry.name)]
        waiting += inner[: max(0, _MOST_FOLDERS - len(waiting))]
    return found


def _may_hold(name: str) -> bool:
    return not name.startswith(".") and name not in _NO_SOURCE
