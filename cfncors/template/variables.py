"""Variables of the Serverless Framework: ``${self:custom.origin}``, ``${opt:stage, 'dev'}``, ``${file(cors.yml):api}``.

The grammar is that of the framework's own parser (``serverless`` 3 and ``osls``,
``lib/configuration/variables/parse.js``): a type in lower case, then parameters in brackets or an address behind a
colon, then fallbacks. What does not begin like that, ``${AWS::Region}``, belongs to CloudFormation and stays.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeAlias, Union

_TYPE: Final = re.compile(r"([a-z][a-zA-Z0-9]*)\s*([:(])")
_LITERAL: Final = re.compile(r"(true|false|null|[-+]?[0-9][0-9a-zA-Z.]*)\s*(?=[,}])")
_ESCAPED: Final = re.compile(r"(\\+)\$\{")
_KEY: Final = re.compile(r"[\w-]+")
_DEEPEST: Final = 50


class Literal(NamedTuple):
    """A fallback that is written out. ``None`` is ``null``; a text knows that it was quoted."""

    text: str | None
    quoted: bool = False


class Source(NamedTuple):
    """Where a value comes from: ``file(cors.yml):api`` has the type, one parameter and an address."""

    type: str
    parameters: tuple[Text, ...] = ()
    address: Text | None = None


class Variable(NamedTuple):
    """One ``${…}``: its sources in the order in which they are asked."""

    sources: tuple[Source | Literal, ...]


#: A text with variables in it.
Text: TypeAlias = tuple[Union[str, Variable], ...]


class SyntaxFault(Exception):
    """A variable that the framework refuses to read."""


def parse(text: str) -> Text:
    """The pieces of a text. Raises :class:`SyntaxFault`."""
    return _Reader(text).pieces("")[0]


def varies(variable: Variable) -> bool:
    """Whether other variables choose what this one leads to: ``${self:custom.${sls:stage}}``."""
    return any(
        isinstance(piece, Variable)
        for source in variable.sources
        if isinstance(source, Source)
        for text in (*source.parameters, source.address or ())
        for piece in text
    )


def below(variable: Variable, path: tuple[str, ...]) -> str | None:
    """The variable for what stands at a path of keys in the mapping that another one leads to:
    ``${self:custom.${sls:stage}.origin}``. ``None`` where there is no way to write it: addresses are the framework's
    for ``self`` and ``file`` alone, and their keys have no dots."""
    if not all(_KEY.fullmatch(key) for key in path):
        return None
    sources: list[Source | Literal] = []
    for source in variable.sources:
        if isinstance(source, Literal) or source.type not in ("self", "file"):
            return None
        before = (*source.address, ".") if source.address else ()
        sources.append(source._replace(address=(*before, ".".join(path))))
    return _written(Variable(tuple(sources)))


def _written(piece: str | Variable) -> str:
    if isinstance(piece, str):
        return piece
    return f"${{{', '.join(map(_written_source, piece.sources))}}}"


def _written_source(source: Source | Literal) -> str:
    if isinstance(source, Literal):
        text = "null" if source.text is None else source.text
        return f"'{text}'" if source.quoted else text
    parameters = ", ".join("".join(map(_written, text)) for text in source.parameters)
    brackets = f"({parameters})" if source.parameters else ""
    colon = ":" if source.address is not None or not brackets else ""
    return f"{source.type}{brackets}{colon}{''.join(map(_written, source.address or ()))}"


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0

    def pieces(self, until: str, at: int = 0) -> tuple[Text, int]:
        """The pieces up to one of the characters ``until``, and where it stands."""
        found: list[str | Variable] = []
        plain = ""
        while at < len(self.text) and self.text[at] not in until:
            escaped = _ESCAPED.match(self.text, at)
            if escaped:
                slashes = len(escaped[1])
                plain += "\\" * (slashes // 2) + "${" * (slashes % 2)
                at = escaped.end() - (0 if slashes % 2 else 2)
                if slashes % 2:
                    continue
            opened = _TYPE.match(self.text, at + 2) if self.text.startswith("${", at) else None
            if opened is None or self.text.startswith("::", opened.end() - 1):
                plain += self.text[at]
                at += 1
                continue
            if plain:
                found.append(plain)
                plain = ""
            variable, at = self.variable(at + 2)
            found.append(variable)
        if plain:
            found.append(plain)
        return tuple(found), at

    def variable(self, at: int) -> tuple[Variable, int]:
        """A variable whose sources begin at ``at``, and the place behind its bracket."""
        sources: list[Source | Literal] = []
        self.depth += 1
        if self.depth > _DEEPEST:
            raise SyntaxFault("variables are nested too deeply")
        while True:
            source, at = self.source(self.blank(at))
            sources.append(source)
            at = self.blank(at)
            if self.char(at) == "}":
                self.depth -= 1
                return Variable(tuple(sources)), at + 1
            if self.char(at) != ",":
                raise SyntaxFault(f"{self.text!r} is no variable that the framework reads")
            at += 1

    def source(self, at: int) -> tuple[Source | Literal, int]:
        if self.char(at) in ("'", '"'):
            text, at = self.quoted(at)
            return Literal(text, quoted=True), at
        literal = _LITERAL.match(self.text, at)
        if literal:
            return Literal(None if literal[1] == "null" else literal[1]), literal.end()
        opened = _TYPE.match(self.text, at)
        if opened is None:
            raise SyntaxFault(f"{self.text!r} has a fallback without quotes")
        parameters: tuple[Text, ...] = ()
        at = opened.end()
        if opened[2] == "(":
            parameters, at = self.parameters(at)
            at = self.blank(at)
            if self.char(at) != ":":
                return Source(opened[1], parameters), at
            at += 1
        address, at = self.address(self.blank(at))
        return Source(opened[1], parameters, address), at

    def address(self, at: int) -> tuple[Text | None, int]:
        if self.char(at) in ("'", '"'):
            text, at = self.quoted(at)
            return (text,), at
        pieces, at = self.pieces(",}", at)
        return _stripped(pieces) or None, at

    def parameters(self, at: int) -> tuple[tuple[Text, ...], int]:
        found: list[Text] = []
        while True:
            at = self.blank(at)
            if self.char(at) in ("'", '"'):
                text, at = self.quoted(at)
                pieces: Text = (text,)
                at = self.blank(at)
            else:
                pieces, at = self.pieces(",)}", at)
                pieces = _stripped(pieces)
            found.append(pieces)
            if self.char(at) == ")":
                return tuple(found), at + 1
            if self.char(at) != ",":
                raise SyntaxFault(f"{self.text!r} has a bracket that is not closed")
            at += 1

    def quoted(self, at: int) -> tuple[str, int]:
        mark = self.char(at)
        end = at + 1
        while self.char(end) != mark:
            end += 2 if mark == '"' and self.char(end) == "\\" else 1
        body = self.text[at + 1 : end]
        return (re.sub(r"\\(.)", r"\1", body) if mark == '"' else body), end + 1

    def blank(self, at: int) -> int:
        while at < len(self.text) and self.text[at] == " ":
            at += 1
        return at

    def char(self, at: int) -> str:
        if at >= len(self.text):
            raise SyntaxFault(f"{self.text!r} has a variable that is not closed")
        return self.text[at]


def _stripped(pieces: Text) -> Text:
    """Without blanks at both ends, and without what is then empty."""
    trimmed = list(pieces)
    if trimmed and isinstance(trimmed[0], str):
        trimmed[0] = trimmed[0].lstrip()
    if trimmed and isinstance(trimmed[-1], str):
        trimmed[-1] = trimmed[-1].rstrip()
    return tuple(piece for piece in trimmed if piece != "")
