"""From what a template says of a function to the file and the function in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cfncors.handlers.files import LANGUAGES, MAX_FILE, SCRIPTS, is_within, read_text, relative
from cfncors.handlers.model import Language, Skipped, Source
from cfncors.handlers.syntax import NotRead

#: Runtime -> language (AWS Lambda Developer Guide, "Lambda runtimes"); ``provided`` runs what Go compiles to.
_RUNTIMES: Final[dict[str, Language]] = {
    "nodejs": "javascript",
    "python": "python",
    "go": "go",
    "provided": "go",
    "java": "java",
    "dotnet": "csharp",
    "ruby": "ruby",
}
#: Folders that a compiler writes to; the source of a file in them is beside them, or in ``src``.
COMPILED: Final = ("dist", "build", "out", "lib", ".build", ".webpack", "_build")
_PACKAGED: Final = (".zip", ".jar", ".war")


def locate(
    template_file: str,
    handler: object,
    code_uri: object = None,
    runtime: object = None,
    inline: object = None,
    root: str | Path | None = None,
    build: object = None,
    texts: Mapping[str, str] | None = None,
) -> Source | Skipped:
    """The file that holds a function, and the name of the function in it.

    ``handler`` is the template's (``src/app.handler``), ``code_uri`` a folder beside the template (``CodeUri``,
    ``Code``; ``None`` for its own folder, as in serverless.yml), ``inline`` the code itself (``InlineCode``,
    ``ZipFile``), ``build`` SAM's ``Metadata`` as plain data. ``root`` is the folder that nothing is read outside of;
    without it, the template's. ``texts`` stand in for files on disk, by absolute path. Values of a wrong type are
    skipped, with the reason.
    """
    folder = os.path.dirname(os.path.abspath(template_file))
    top = os.path.abspath(str(root)) if root is not None else folder
    language = _language(runtime)
    if inline is not None:
        return _inline(template_file, handler, inline, language, top)
    if not isinstance(handler, str) or not handler.strip():
        return Skipped("the function has no Handler that can be read")
    if code_uri is not None and not isinstance(code_uri, str):
        return Skipped("the function's code is not a path in this project")
    where = code_uri or "."
    if "://" in where or where.endswith(_PACKAGED):
        return Skipped(f"the function's code is packaged: {where}")
    base = os.path.normpath(os.path.join(folder, where))
    if "\0" in base or not is_within(base, top):
        return Skipped(f"{where} lies outside of the project; --root names a folder that holds both")
    if not os.path.isdir(base):
        return Skipped(f"there is no folder {where} beside the template")
    return _found(base, handler.strip(), language, top, build, texts or {})


def _language(runtime: object) -> Language | None:
    text = runtime if isinstance(runtime, str) else ""
    return next((language for prefix, language in _RUNTIMES.items() if text.startswith(prefix)), None)


def _inline(
    template_file: str, handler: object, inline: object, language: Language | None, top: str
) -> Source | Skipped:
    if not isinstance(inline, str):
        return Skipped("the function's inline code is not a text")
    if language not in ("javascript", "python"):
        return Skipped("inline code is JavaScript or Python; the function has another Runtime, or none that is known")
    if len(inline) > MAX_FILE:
        return Skipped("the inline code is too long")
    export = handler.rpartition(".")[2] if isinstance(handler, str) and handler else "handler"
    return Source(os.path.abspath(template_file), inline, language, export, top, inline=True)


def _found(
    base: str, handler: str, language: Language | None, top: str, build: object, texts: Mapping[str, str]
) -> Source | Skipped:
    outside = None
    for path, export in _candidates(base, handler, language, build):
        if not os.path.isfile(path):
            continue
        if not is_within(path, top):
            outside = outside or path
            continue
        found = LANGUAGES[os.path.splitext(path)[1]]
        try:
            text = texts[path] if path in texts else read_text(path, top)
        except NotRead as error:
            return Skipped(str(error))
        return Source(os.path.normpath(path), text, found, export, top, (base,) if base == top else (base, top))
    if outside is not None:
        return Skipped(f"{relative(outside, top)} lies outside of the project; --root names a folder that holds both")
    return Skipped(f"no source file for the handler {handler} in {relative(base, top)}")


def _candidates(base: str, handler: str, language: Language | None, build: object) -> Iterator[tuple[str, str]]:
    """Files that may hold the handler, the likeliest first, each with the name of the function in it."""
    if language in (None, "javascript"):
        yield from _scripts(base, handler, build)
    if language in (None, "python"):
        yield from _modules(base, handler)
    if language == "ruby":
        module, _, export = handler.partition(".")
        yield os.path.join(base, f"{module}.rb"), export
    if language == "go":
        yield os.path.join(base, "main.go"), "main"
        yield os.path.join(base, f"{handler}.go"), "main"
        yield os.path.join(base, "cmd", "main.go"), "main"
    if language == "java":
        yield from _java(base, handler)
    if language == "csharp":
        yield from _csharp(base, handler)


def _scripts(base: str, handler: str, build: object) -> Iterator[tuple[str, str]]:
    """Node.js takes the file's name up to the first dot (AWS Lambda Developer Guide, "Define Lambda function handler
    in Node.js"); the rest is the exported name."""
    folder, _, name = handler.rpartition("/")
    stem, _, export = name.partition(".")
    if not export:
        return
    for entry in _entry_points(build):
        if os.path.splitext(os.path.basename(entry))[0] == stem or len(_entry_points(build)) == 1:
            yield os.path.join(base, entry), export
            for extension in SCRIPTS:
                yield os.path.join(base, entry + extension), export
    for place in _source_folders(folder):
        for extension in SCRIPTS:
            yield os.path.join(base, place, stem + extension), export


def _entry_points(build: object) -> list[str]:
    """``Metadata.BuildProperties.EntryPoints`` (AWS SAM Developer Guide, "Building Node.js Lambda functions with
    esbuild")."""
    properties = build.get("BuildProperties") if isinstance(build, Mapping) else None
    entries = properties.get("EntryPoints") if isinstance(properties, Mapping) else None
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, str) and "\0" not in entry]


def _source_folders(folder: str) -> list[str]:
    """Where the source of a file may be: for a compiled one, beside the compiler's folder."""
    first, _, rest = folder.removeprefix("./").partition("/")
    if first not in COMPILED:
        return [folder]
    return [os.path.join("src", rest), rest, folder]


def _modules(base: str, handler: str) -> Iterator[tuple[str, str]]:
    module, _, export = handler.rpartition(".")
    if not module:
        return
    path = os.path.join(base, *module.replace(".", "/").split("/"))
    yield f"{path}.py", export
    yield os.path.join(path, "__init__.py"), export


def _java(base: str, handler: str) -> Iterator[tuple[str, str]]:
    name, _, method = handler.partition("::")
    inner = os.path.join(*name.split(".")) + ".java"
    for place in (os.path.join("src", "main", "java"), "src", ""):
        yield os.path.join(base, place, inner), method or "handleRequest"


def _csharp(base: str, handler: str) -> Iterator[tuple[str, str]]:
    parts = handler.split("::")
    name = parts[1].rpartition(".")[2] if len(parts) > 1 else "Function"
    for place in ("", "src"):
        for file in (name, "Function", "Program"):
            yield os.path.join(base, place, f"{file}.cs"), parts[-1]
