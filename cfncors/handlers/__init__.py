"""What a Lambda function's own code returns.

Use it in three steps, each of which may end in :class:`Skipped` with one line that says why:

    source = locate(template_file, handler="src/app.handler", code_uri="./", runtime="nodejs20.x", root=project)
    handler = responses(source)        # every response, and how it chooses an origin
    edits = add_headers(source, handler, {"Access-Control-Allow-Origin": "https://app.example.com"})

JavaScript, TypeScript and Python are followed through the files of the project: branches, helpers, imports, caught
errors, and the libraries that set CORS headers themselves. Of Go, Java, C# and Ruby it is only seen whether a file
writes the headers. What is not understood is said to be unknown (``Handler.complete``, ``Response.is_open``), never
guessed. Nothing outside of ``root`` is read; size and work per function are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cfncors.handlers.model import (
    METHODS,
    Asked,
    FileEdit,
    Framework,
    Handler,
    Header,
    Methods,
    OriginChoice,
    Place,
    Response,
    Skipped,
    Source,
)

if TYPE_CHECKING:
    from cfncors.handlers.edits import NewValue
    from cfncors.handlers.files import Files


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
    """The file and function that a template's values name; see :func:`cfncors.handlers.sources.locate`."""
    from cfncors.handlers import sources

    return sources.locate(template_file, handler, code_uri, runtime, inline, root, build, texts)


def responses(
    source: Source, texts: Mapping[str, str] | None = None, asked: Asked | None = None, files: Files | None = None
) -> Handler | Skipped:
    """Every response that a function may return, to any request or to the one that is ``asked``.

    ``texts`` stand in for files on disk, by absolute path. A function that is followed more than once is parsed once,
    where the same ``files`` are given, which then replace ``texts``.
    """
    from cfncors.handlers.model import FULL
    from cfncors.handlers.syntax import NotRead

    try:
        if source.language in FULL:
            from cfncors.handlers.following import follow

            return follow(source, texts, asked, files)
        from cfncors.handlers.others import look

        return look(source)
    except NotRead as error:
        return Skipped(str(error))


def add_headers(
    source: Source, handler: Handler, headers: Mapping[str, NewValue], chosen: Iterable[Response] | None = None
) -> tuple[FileEdit, ...]:
    """Edits that add headers to the responses that lack them; see :func:`cfncors.handlers.edits.add_headers`."""
    from cfncors.handlers import edits

    return edits.add_headers(source, handler, headers, chosen)


def written_values(source: Source, path: str, text: str, name: str, value: str) -> tuple[Place, ...]:
    """Where a file that a function was followed through writes a header's value; see
    :func:`cfncors.handlers.written.values`."""
    import os

    from cfncors.handlers import written
    from cfncors.handlers.files import LANGUAGES

    language = source.language if path == source.path else LANGUAGES.get(os.path.splitext(path)[1], "")
    return written.values(text, language, path, name, value)


__all__ = [
    "METHODS",
    "Asked",
    "FileEdit",
    "Framework",
    "Handler",
    "Header",
    "Methods",
    "OriginChoice",
    "Place",
    "Response",
    "Skipped",
    "Source",
    "add_headers",
    "locate",
    "responses",
    "written_values",
]
