"""The edits of a function's own code: headers added to its responses, with the origin that its API has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.checks.remedies import Edits, attempt, own_origin, sends_credentials, together
from cfncors.errors import CannotEdit
from cfncors.facts.code import Behind
from cfncors.facts.origin_patterns import fault
from cfncors.findings import Fix
from cfncors.gateway.expressions import decided, is_source, literal
from cfncors.gateway.model import ALLOW_ORIGIN, Header, Model, RestApi
from cfncors.source import Node, Scalar, Sequence
from cfncors.template import Known, intrinsic
from cfncors.template.intrinsics import scalar_text

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.handlers import Response
    from cfncors.handlers.edits import NewValue

Found = tuple[tuple[Behind, tuple["Response", ...]], ...]

_UNKNOWN: Final = (
    "the API's origin is known at deployment only; pass it to the function in an environment variable of the same value"
)


class Value(NamedTuple):
    """The origin that code is to send: a text, or the environment variable that holds it."""

    text: str | None
    variable: str | None
    language: str

    @property
    def written(self) -> str:
        """The value as code writes it, for a message."""
        if self.variable is None:
            return f"'{self.text}'"
        return f"os.environ['{self.variable}']" if self.language == "python" else f"process.env.{self.variable}"


def own_value(model: Model, found: Found) -> Value | str:
    """The origin for responses at one place, or why there is none that all of their APIs have."""
    values = {_value(model, behind) for behind, _ in found}
    if len(values) > 1:
        return "the APIs that call this code have different origins"
    return values.pop()


def _value(model: Model, behind: Behind) -> Value | str:
    source = behind.function.source
    language = source.language if source is not None else ""
    header = own_origin(behind.door) if isinstance(behind.door, RestApi) else None
    if header is not None and _is_of_errors(behind, header):
        # '*' there lets any page read an error; that says nothing of who may read what the code answers
        header = None if (known := _single(header)) is not None and known.text == "*" else header
        own = _of_code(behind, language)
    else:
        own = None if header is not None else _of_code(behind, language)
    if own is not None:
        return own
    if header is not None:
        return _of_api(model, behind, header, language)
    given = model.settings.origin
    return Value(given, None, language) if given is not None else "give the origin with --origin https://…"


def _is_of_errors(behind: Behind, header: Header) -> bool:
    """Whether only API Gateway's own errors have an origin, which then says less than the code's other responses."""
    if not isinstance(behind.door, RestApi):
        return False
    return any(header is each.headers.get(ALLOW_ORIGIN) for each in behind.door.all_gateway_responses)


def _of_api(model: Model, behind: Behind, header: Header, language: str) -> Value | str:
    """The API's own: as the code's other responses have it, or from the environment where that has it."""
    known = _single(header)
    if known is not None and fault("rest", known.text) is not None:
        return "the API's own origin has to be mended first"
    sent = _of_code(behind, language)
    if sent is not None and known is not None and sent.text == known.text:
        return sent
    if known is None or known.text != "*":
        variable = _variable(model, behind, header, known)
        if variable is not None:
            return Value(None, variable, language)
    if known is None or known.assumes:
        return _UNKNOWN
    return Value(known.text, None, language)


def _single(header: Header) -> Known | None:
    """The one origin that a header may hold, without its quotes."""
    leaves = list(decided(header.value))
    if len(leaves) != 1 or not isinstance(leaves[0], Known) or is_source(leaves[0].text):
        return None
    inner = literal(leaves[0].text)
    return leaves[0]._replace(text=leaves[0].text.strip() if inner is None else inner)


def _variable(model: Model, behind: Behind, header: Header, known: Known | None) -> str | None:
    """The environment variable whose value is the same as the header's."""
    written = _expression(header.node) or ""
    wanted = written[1:-1] if len(written) > 2 and written[0] == written[-1] == "'" else None
    for name, node in behind.function.environment.items():
        if not name.isidentifier():
            continue
        value = model.template.value(node)
        if known is not None and isinstance(value, Known):
            if value.text == known.text and value.assumes == known.assumes:
                return name
        elif wanted is not None and _expression(node) == wanted:
            return name
    return None


def _expression(node: Node) -> str | None:
    """What a value is made of, as ``Fn::Sub`` would write it; ``None`` for a call that it cannot write."""
    call = intrinsic(node)
    if call is None:
        return scalar_text(node)
    argument = call.argument
    if call.name == "Fn::GetAtt" and isinstance(argument, Sequence):
        return f"${{{'.'.join(scalar_text(part) or '' for part in argument.items)}}}"
    if not isinstance(argument, Scalar):
        return None
    if call.name in ("Ref", "Fn::GetAtt"):
        return f"${{{argument.text}}}"
    return argument.text if call.name == "Fn::Sub" else None


def _of_code(behind: Behind, language: str) -> Value | None:
    """What the same code sends with its other responses, where that is one value."""
    kinds = {each.kind for each in behind.handler.origins}
    if kinds == {"environment"}:
        variables = {each.texts[0] for each in behind.handler.origins}
        is_set = variables <= behind.function.environment.keys() or all(not o.default for o in behind.handler.origins)
        return Value(None, variables.pop(), language) if len(variables) == 1 and is_set else None
    headers = [r.headers[ALLOW_ORIGIN] for r in behind.handler.responses if ALLOW_ORIGIN in r.headers]
    texts = {text for header in headers for text in header.values}
    text = texts.pop() if len(texts) == 1 else None
    return Value(text, None, language) if text is not None and fault("rest", text) is None else None


# -- edits -------------------------------------------------------------------------------------------------------------


def with_headers(facts: Facts, found: Found, value: Value | str) -> tuple[Fix | None, str | None]:
    """Responses with the origin, and with credentials where their API allows them."""
    if isinstance(value, str):
        return None, value
    title = f"send {value.written} from the code"
    return attempt(title, "unsafe", lambda: _with_headers(facts, found, value))


def _with_headers(facts: Facts, found: Found, value: Value) -> Edits:
    from cfncors.handlers.edits import FromEnvironment

    origin: NewValue = value.text if value.text is not None else FromEnvironment(value.variable or "")
    headers: dict[str, NewValue] = {"Access-Control-Allow-Origin": origin}
    if origin != "*" and any(_allows_credentials(facts.model, behind) for behind, _ in found):
        headers["Access-Control-Allow-Credentials"] = "true"
    return together(*(added(facts, behind, headers, responses) for behind, responses in found))


def added(facts: Facts, behind: Behind, headers: dict[str, NewValue], responses: Iterable[Response]) -> Edits:
    """Headers added to responses of one function. Raises :class:`CannotEdit`."""
    from cfncors.handlers import add_headers

    source = behind.function.source
    if source is None:
        raise CannotEdit("the code is not in this project")
    edits = add_headers(source, behind.handler, headers, responses)
    if any(facts.places.is_built(edit.path) for edit in edits):
        raise CannotEdit("a build writes this file")
    return facts.places.edits(behind.function, edits)


def _allows_credentials(model: Model, behind: Behind) -> bool:
    if model.settings.credentials:
        return True
    if isinstance(behind.door, RestApi) and sends_credentials(behind.door):
        return True
    sent = (response.headers.get("access-control-allow-credentials") for response in behind.handler.responses)
    return any(header is not None and "true" in header.values for header in sent)
