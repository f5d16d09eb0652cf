"""The part of the Velocity Template Language that chooses an origin in a MOCK's response template.

What the CDK, the Serverless Framework and AWS's own examples write: ``#set``, ``#if``, ``#elseif``, ``#else``, texts,
lists, ``==``, ``!=``, ``||``, ``&&``, ``!``, ``$input.params(…)`` and a few methods of text. Anything else raises
:class:`NotUnderstood`: the answer is then unknown rather than guessed. Developer Guide, "API Gateway mapping template
and access logging variable reference", "Override your API's request and response parameters and status codes".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_OVERRIDE: Final = "context.responseOverride."
_DIRECTIVE: Final = re.compile(r"#(?:\{(set|if|elseif|else|end)\}|(set|if|elseif|else|end)\b)")
_COMMENT: Final = re.compile(r"##[^\n]*|#\*.*?\*#", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'[^']*')|(?P<name>\$!?\{?[A-Za-z][\w-]*\}?)|(?P<number>-?\d+)"""
    r"""|(?P<word>[A-Za-z][\w-]*)|(?P<sign>==|!=|\|\||&&|[().,!\[\]=]))"""
)
_REFERENCE: Final = re.compile(r"\$!?(?:\{([A-Za-z][\w-]*)\}|([A-Za-z][\w-]*))")
_NESTED: Final = re.compile(r"[+*}]\)[+*{]")
_WORDS: Final = {"eq": "==", "ne": "!=", "or": "||", "and": "&&", "not": "!"}

_CONSTANTS: Final = {"true": True, "false": False}

#: In a text: what comes from the request.
_FROM_REQUEST: Final = "\0"
#: A template that may go more ways than these is not followed.
_MOST_WAYS: Final = 64


class _Asked:
    """A text from a request that may be any."""


class _Open:
    """A truth that the request decides. On one way through a template it is the same wherever it is asked for."""

    def __init__(self, run: _Run, opposite: _Open | None = None) -> None:
        self.run = run
        self.opposite = opposite
        self.found: bool | None = None

    def decided(self) -> bool:
        """How it turns out on this way."""
        if self.found is None:
            self.found = self.run.choose() if self.opposite is None else not self.opposite.decided()
        return self.found


Data = str | bool | int | list["Data"] | _Asked | _Open


class NotUnderstood(Exception):
    """A template with something that is not read here."""


class Possible(NamedTuple):
    """What a template may set for a header or the status: ``texts`` that it may be, ``None`` for one that holds a part
    of the request. ``always`` is false where some requests go without it."""

    name: str
    texts: tuple[str | None, ...]
    always: bool


class Overrides(NamedTuple):
    """What a template sets: headers by their name in lower case (with the name as written), and the status.

    ``one_case`` says that it depends on how the request header's name is spelled, ``Origin`` or ``origin``: names of
    headers are case-sensitive in REST APIs (Developer Guide, "Important notes"), and browsers send both, by the
    version of HTTP. CDK's and Serverless's templates ask for both.
    """

    headers: dict[str, tuple[str, str]]
    status: str | None
    one_case: bool


def overrides(template: str, headers: dict[str, str]) -> Overrides:
    """What a response template sets for a request with ``headers`` (names in lower case)."""
    directives = list(_directives(_COMMENT.sub("", template)))
    lower = _Run(headers)
    titled = _Run({name.title(): value for name, value in headers.items()})
    try:
        lower.block(directives)
        titled.block(directives)
    except RecursionError:
        raise NotUnderstood("brackets in brackets without end") from None
    same = (lower.set_headers, lower.status) == (titled.set_headers, titled.status)
    # Where the spelling decides, the one that finds something is what the author saw working.
    told = lower if lower.set_headers or lower.status else titled
    return Overrides(told.set_headers, told.status, not same)


def possibilities(template: str) -> dict[str, Possible]:
    """What a response template may set for any request: headers by their name in lower case, the status under ``""``.

    Each ``#if`` that the request decides goes both ways. Raises :class:`NotUnderstood`.
    """
    directives = list(_directives(_COMMENT.sub("", template)))
    waiting: list[list[bool]] = [[]]
    ways: list[dict[str, tuple[str, str]]] = []
    while waiting:
        run = _Ways(waiting.pop())
        try:
            run.block(directives)
        except RecursionError:
            raise NotUnderstood("brackets in brackets without end") from None
        ways.append({**run.set_headers, **({"": ("", run.status)} if run.status is not None else {})})
        waiting += [[*run.taken[:at], not run.taken[at]] for at in range(run.given, len(run.taken))]
        if len(ways) + len(waiting) > _MOST_WAYS:
            raise NotUnderstood("too many ways through it")
    found: dict[str, Possible] = {}
    for key in dict.fromkeys(key for way in ways for key in way):
        here = [way[key] for way in ways if key in way]
        texts = (None if _FROM_REQUEST in text else text for _, text in here)
        found[key] = Possible(here[0][0], tuple(dict.fromkeys(texts)), len(here) == len(ways))
    return found


class _Directive(NamedTuple):
    name: str
    argument: str


def _directives(text: str) -> Iterator[_Directive]:
    """The directives of a template in order; the text between them makes the body, which no browser looks at."""
    if re.search(r"#(?:foreach|macro|parse|include|evaluate|define|stop|break)\b", text):
        raise NotUnderstood("a directive that is not read")
    for found in _DIRECTIVE.finditer(text):
        name = found[1] or found[2]
        yield _Directive(name, _argument(text, found.end()) if name in ("set", "if", "elseif") else "")


def _argument(text: str, start: int) -> str:
    """What stands in the brackets after a directive."""
    opening = re.compile(r"\s*\(").match(text, start)
    if opening is None:
        raise NotUnderstood("a directive without its brackets")
    depth, quote = 1, ""
    for index in range(opening.end(), len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return text[opening.end() : index]
    raise NotUnderstood("a bracket that is not closed")


class _Run:
    """One run of a template for one request."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers
        self.names: dict[str, Data] = {}
        self.set_headers: dict[str, tuple[str, str]] = {}
        self.status: str | None = None

    def block(self, directives: list[_Directive]) -> None:
        """Run directives; of each ``#if`` the first branch whose condition holds."""
        #: for each open #if: whether this branch runs, whether one has run, whether the surroundings run
        stack: list[tuple[bool, bool, bool]] = []
        for name, argument in directives:
            running = stack[-1][0] if stack else True
            if name == "if":
                holds = running and self.holds(argument)
                stack.append((holds, holds, running))
            elif name == "set":
                if running:
                    self.assign(argument)
            elif not stack:
                raise NotUnderstood(f"#{name} without #if")
            elif name == "end":
                stack.pop()
            else:
                _, done, outside = stack.pop()
                holds = outside and not done and (name == "else" or self.holds(argument))
                stack.append((holds, done or holds, outside))
        if stack:
            raise NotUnderstood("#if without #end")

    def holds(self, condition: str) -> bool:
        return _truth(_Parser(condition, self).whole())

    def assign(self, argument: str) -> None:
        target, mark, value = argument.partition("=")
        name = re.sub(r"^\$!?\{?|\}$", "", target.strip())
        if not mark or not name:
            raise NotUnderstood("#set without a value")
        data = _Parser(value, self).whole()
        if not name.startswith(_OVERRIDE):
            self.names[name] = data
            return
        kind, _, header = name.removeprefix(_OVERRIDE).partition(".")
        if kind == "header" and header:
            self.set_headers[header.lower()] = (header, _plain(data))
        elif kind == "status" and not header:
            self.status = _plain(data)
        else:
            raise NotUnderstood(f"${name}")

    def request_header(self, name: str) -> Data:
        return self.headers.get(name, "")

    def choose(self) -> bool:
        """How a truth turns out that the request decides; of one request nothing is open."""
        raise NotUnderstood("an open truth")


class _Ways(_Run):
    """One way through a template, for any request that goes it. ``taken`` are its choices, the first ``given`` of them
    from outside."""

    def __init__(self, choices: list[bool]) -> None:
        super().__init__({})
        self.taken = list(choices)
        self.given = len(choices)
        self.asked = 0

    def request_header(self, name: str) -> Data:  # noqa: ARG002 - any header may hold any text
        return _Asked()

    def choose(self) -> bool:
        if self.asked == len(self.taken):
            self.taken.append(True)
        self.asked += 1
        return self.taken[self.asked - 1]


class _Parser:
    """An expression, evaluated while it is read."""

    def __init__(self, text: str, run: _Run) -> None:
        self.run = run
        self.tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise NotUnderstood(text[at:])
            kind, token = found.lastgroup, found[found.lastgroup]
            self.tokens.append(("sign", _WORDS[token]) if kind == "word" and token in _WORDS else (kind, token))
            at = found.end()
        self.tokens.reverse()

    def whole(self) -> Data:
        value = self.either()
        if self.tokens:
            raise NotUnderstood(self.tokens[-1][1])
        return value

    def accept(self, *signs: str) -> str | None:
        if self.tokens and self.tokens[-1][0] == "sign" and self.tokens[-1][1] in signs:
            return self.tokens.pop()[1]
        return None

    def expect(self, sign: str) -> None:
        if self.accept(sign) is None:
            raise NotUnderstood(f"{sign} expected")

    def either(self) -> Data:
        value = self.both()
        while self.accept("||"):
            other = self.both()
            value = self.joined(value, other, deciding=True)
        return value

    def both(self) -> Data:
        value = self.compared()
        while self.accept("&&"):
            other = self.compared()
            value = self.joined(value, other, deciding=False)
        return value

    def joined(self, value: Data, other: Data, *, deciding: bool) -> Data:
        """Two truths as one, which is open when it hangs on one that is: no way is chosen before it is asked for."""
        sides = [each if isinstance(each, _Open) else _truth(each) for each in (value, other)]
        if deciding in (side for side in sides if isinstance(side, bool)):
            return deciding
        is_open = any(isinstance(side, _Open) for side in sides)
        return _Open(self.run) if is_open else not deciding

    def compared(self) -> Data:
        value = self.single()
        sign = self.accept("==", "!=")
        if sign is None:
            return value
        other = self.single()
        if isinstance(value, _Asked) or isinstance(other, _Asked):
            found = _Open(self.run)
            return found if sign == "==" else _Open(self.run, found)
        value, other = (each.decided() if isinstance(each, _Open) else each for each in (value, other))
        return (value == other) is (sign == "==")

    def single(self) -> Data:
        if self.accept("!"):
            value = self.single()
            return _Open(self.run, value) if isinstance(value, _Open) else not _truth(value)
        if self.accept("("):
            value = self.either()
            self.expect(")")
            return value
        if self.accept("["):
            return self.items("]")
        return self.calls()

    def items(self, end: str) -> list[Data]:
        values: list[Data] = []
        while not self.accept(end):
            if values:
                self.expect(",")
            values.append(self.either())
        return values

    def calls(self) -> Data:
        if not self.tokens:
            raise NotUnderstood("an expression expected")
        kind, token = self.tokens.pop()
        if kind == "text":
            return self.text(token)
        if kind == "number":
            return int(token)
        if kind == "word" and token in _CONSTANTS:
            return _CONSTANTS[token]
        if kind != "name":
            raise NotUnderstood(token)
        name = token.strip("$!{}")
        if name == "input":
            return self.methods(self.input())
        if name not in self.run.names:
            raise NotUnderstood(token)
        return self.methods(self.run.names[name])

    def text(self, token: str) -> Data:
        """A text; in double quotes references are replaced."""
        inner = token[1:-1]
        if token[0] == "'":
            return inner

        def replaced(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name not in self.run.names:
                raise NotUnderstood(found[0])
            return _plain(self.run.names[name])

        made = _REFERENCE.sub(replaced, inner)
        return _Asked() if _FROM_REQUEST in made else made

    def member(self) -> str:
        self.expect(".")
        kind, token = self.tokens.pop() if self.tokens else ("", "")
        if kind != "word":
            raise NotUnderstood(token or "a name expected")
        return token

    def input(self) -> Data:
        """``$input.params("X")``, ``$input.params().header.get("X")``, ``$input.params().header.X``."""
        if self.member() != "params":
            raise NotUnderstood("$input")
        self.expect("(")
        given = self.items(")")
        if len(given) == 1:
            name = given[0]
            if name == "header":
                return self.header()
            return self.run.request_header(_plain(name))
        if given or self.member() != "header":
            raise NotUnderstood("$input.params")
        return self.header()

    def header(self) -> Data:
        name = self.member()
        if name != "get" or not self.accept("("):
            return self.run.request_header(name)
        given = self.items(")")
        if len(given) != 1:
            raise NotUnderstood("get")
        return self.run.request_header(_plain(given[0]))

    def methods(self, value: Data) -> Data:
        while self.tokens and self.tokens[-1] == ("sign", "."):
            name = self.member()
            self.expect("(")
            given = self.items(")")
            value = self.called(value, name, given)
        return value

    def called(self, value: Data, name: str, given: list[Data]) -> Data:
        parts = [value, *given, *(value if isinstance(value, list) else ())]
        if not any(isinstance(part, _Asked) for part in parts):
            return _call(value, name, given)
        if (name, len(given)) in _TESTS:
            return _Open(self.run)
        if isinstance(value, list) or (name, len(given)) not in _METHODS:
            raise NotUnderstood(f".{name}()")
        return _Asked()


def _call(value: Data, name: str, given: list[Data]) -> Data:
    if isinstance(value, list) and name == "contains" and len(given) == 1:
        return given[0] in value
    method = _METHODS.get((name, len(given)))
    if method is None or not isinstance(value, str):
        raise NotUnderstood(f".{name}()")
    return method(value, *map(_plain, given))


def _matches(value: str, pattern: str) -> bool:
    if _NESTED.search(pattern):  # such a pattern may take longer than anyone waits
        raise NotUnderstood(pattern)
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error as error:  # Java's syntax goes further than Python's
        raise NotUnderstood(pattern) from error


#: Methods that make a text, or a number, of a text.
_OF_TEXT: Final = frozenset(("toLowerCase", "toUpperCase", "trim", "toString", "length"))
_METHODS: Final[dict[tuple[str, int], Callable[..., Data]]] = {
    ("matches", 1): _matches,
    ("equals", 1): lambda value, other: value == other,
    ("equalsIgnoreCase", 1): lambda value, other: value.lower() == other.lower(),
    ("startsWith", 1): lambda value, other: value.startswith(other),
    ("endsWith", 1): lambda value, other: value.endswith(other),
    ("contains", 1): lambda value, other: other in value,
    ("isEmpty", 0): lambda value: not value,
    ("toLowerCase", 0): lambda value: value.lower(),
    ("toUpperCase", 0): lambda value: value.upper(),
    ("trim", 0): lambda value: value.strip(),
    ("toString", 0): lambda value: value,
    ("length", 0): lambda value: len(value),
}


#: Methods that say yes or no.
_TESTS: Final = frozenset(key for key in _METHODS if key[0] not in _OF_TEXT)


def _truth(value: Data) -> bool:
    """Velocity 1.7, which API Gateway runs: only ``false`` and null are false; null is not made here."""
    return value.decided() if isinstance(value, _Open) else value is not False


def _plain(value: Data) -> str:
    if isinstance(value, list):
        raise NotUnderstood("a list where a text belongs")
    if isinstance(value, _Asked):
        return _FROM_REQUEST
    value = value.decided() if isinstance(value, _Open) else value
    return str(value).lower() if isinstance(value, bool) else str(value)
