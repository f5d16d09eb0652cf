"""Libraries that set CORS headers themselves, and libraries that leave a response as it is.

What is said of a library's options is what its own documentation or source says; the page is named beside it. An app
without a CORS package may set headers in any of its routes: nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.handlers import origins
from cfncors.handlers.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, Header, OriginChoice, Place
from cfncors.handlers.values import (
    UNDEFINED,
    Closure,
    Const,
    Env,
    External,
    Object,
    Recorded,
    Ref,
    RegexValue,
    Undefined,
    Value,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

Path = tuple[str, ...]

#: What a library makes of ``*`` where it allows credentials: it sends both, sends back the origin that asks, or sends
#: ``*`` without them.
Wildcard = Literal["sent", "reflected", "alone"]

#: Functions that return the function they are given, or one that answers the same.
PASS_THROUGH: Final[frozenset[Path]] = frozenset(
    {
        ("@sentry/serverless", "AWSLambda", "wrapHandler"),
        ("@sentry/serverless", "wrapHandler"),
        ("@sentry/aws-serverless", "wrapHandler"),
        ("datadog-lambda-js", "datadog"),
        ("datadog_lambda", "wrapper", "datadog_lambda_wrapper"),
        ("epsagon", "lambdaWrapper"),
        ("@lumigo/tracer", "trace"),
    }
)
#: Decorators and middlewares that add no CORS header to a response (their projects' documentation).
_NEUTRAL_ROOTS: Final = ("aws_lambda_powertools", "@aws-lambda-powertools/", "aws_xray_sdk", "@middy/")
_NEUTRAL: Final = {
    ("staticmethod",), ("classmethod",), ("override",), ("functools", "wraps"),
    *(("lambda_decorators", f"{way}_body") for way in ("load_json", "dump_json", "load_urlencoded")),
}  # fmt: skip
#: Libraries that are given an app or a handler and call it themselves.
_KNOWN_ROOTS: Final = frozenset(
    {
        "serverless-http", "@codegenie/serverless-express", "@vendia/serverless-express", "aws-serverless-express",
        "mangum", "hono", "hono/aws-lambda", "hono/cors", "@fastify/aws-lambda", "aws-lambda-fastify", "fastify",
        "@fastify/cors", "fastify-cors", "express", "cors", "koa", "@koa/cors", "fastapi", "starlette", "flask",
        "flask_cors", "awsgi", "serverless_wsgi", "apig_wsgi", "chalice", "lambda_decorators", "middy", "connect",
    }
)  # fmt: skip
_ANY: Final = Const("*", "str")
_REFLECTED: Final = ((ALLOW_ORIGIN, None), (ALLOW_CREDENTIALS, "true"))
#: Methods that return the object that they are called on.
_CHAINS: Final = {"use", "before", "after", "onError", "handler", "applyMiddleware"}


class Policy(NamedTuple):
    """The CORS that a library was told to add. ``shown`` are its origins as texts."""

    name: str
    place: Place | None
    headers: tuple[tuple[str, Header], ...]
    origins: tuple[OriginChoice, ...]
    shown: tuple[str, ...]


class Wrapped(NamedTuple):
    """A function inside of a library's: what its responses get."""

    function: Value
    policy: Policy | None
    is_open: bool
    reasons: tuple[str, ...]


def is_neutral(path: Path) -> bool:
    """Whether a decorator or a middleware leaves what is returned as it is."""
    if not path:
        return False
    return path in _NEUTRAL or any(
        path[0] == root or (root.endswith("/") and path[0].startswith(root)) for root in _NEUTRAL_ROOTS
    )


def is_known(path: Path) -> bool:
    """Whether a library is one whose calls are kept, so that its options can be read."""
    return is_neutral(path) or path[0] in _KNOWN_ROOTS


def keeps_chain(path: Path, name: str) -> bool:
    """Whether a method returns what it is called on."""
    return path in (("@middy/core",), ("middy",)) and name in _CHAINS


# --- wrappers of a handler


def wrapped(machine: Machine, entry: Ref) -> Wrapped | None:
    """The function inside of what middy or a decorator made; ``None`` for another library."""
    found = machine.state.heap[entry.address]
    path = found.maker.path if found.maker is not None else ()
    if path in (("@middy/core",), ("middy",)):
        return _middy(machine, found)
    if path[:2] == ("lambda_decorators", "cors_headers"):
        return _decorated(machine, found)
    return None


def _middy(machine: Machine, found: Object) -> Wrapped | None:
    """``middy(handler).use(…)`` (middy.js.org, "http-cors")."""
    function = next((value for value in found.arguments if not _is_plain(machine, value)), UNDEFINED)
    policy: Policy | None = None
    reasons: list[str] = []
    for call in found.calls:
        if call.name == "handler" and call.arguments:
            function = call.arguments[0]
            continue
        for middleware in _middlewares(machine, call):
            held = machine.object(middleware)
            path = held.maker.path if held is not None and held.maker is not None else ()
            if held is not None and path and path[0] in ("@middy/http-cors", "http-cors"):
                policy = _middy_cors(machine, held)
            elif not is_neutral(path) and not (call.name == "before" and isinstance(middleware, Closure)):
                reasons.append(
                    f"{machine.files.shown(call.place.path)}:{call.place.line}: a middleware is not followed"
                )
    if isinstance(function, Undefined):
        return None
    return Wrapped(function, policy, bool(reasons), tuple(reasons))


def _middlewares(machine: Machine, call: Recorded) -> Iterator[Value]:
    for value in call.arguments:
        found = machine.object(value)
        yield from found.items if found is not None and found.items is not None else (value,)


#: Options of ``@middy/http-cors`` that are headers of every response (middyjs/middy, packages/http-cors/index.js).
_MIDDY_HEADERS: Final = {
    "methods": "access-control-allow-methods",
    "headers": "access-control-allow-headers",
    "exposeHeaders": "access-control-expose-headers",
    "maxAge": "access-control-max-age",
}


def _middy_cors(machine: Machine, found: Object) -> Policy:
    """Without options the default differs between its versions (``*`` before 5.3, none since); ``*`` with credentials
    is the request's origin (middyjs/middy, packages/http-cors/index.js, ``getOrigin``)."""
    chosen = _options(machine, found.arguments)
    given = (_optional(chosen.get(option), name, found.place) for option, name in _MIDDY_HEADERS.items())
    more = tuple(each for each in given if each is not None)
    if not isinstance(chosen.get("getOrigin"), Undefined):
        policy = _policy("@middy/http-cors", found.place, None, None, always=False)
        return policy._replace(headers=policy.headers + more)
    listed = chosen.get("origins")
    single = chosen.get("origin")
    several = not isinstance(listed, Undefined)
    value = listed if several else None if isinstance(single, Undefined) else single
    policy = _policy(
        "@middy/http-cors",
        found.place,
        _items(machine, value),
        _flag(chosen.get("credentials")),
        always=not several,
        wildcard="reflected",
    )
    return policy._replace(headers=policy.headers + more)


def _optional(value: Value, name: str, place: Place | None) -> tuple[str, Header] | None:
    """A header that an option gives a text; none where it is not given, or false."""
    if isinstance(value, Undefined) or (isinstance(value, Const) and not value.value):
        return None
    text = str(value.value) if isinstance(value, Const) else None
    return name, Header(name, (text,), text is not None, place)


def _decorated(machine: Machine, found: Object) -> Wrapped | None:
    """``@cors_headers``, ``@cors_headers("https://…")`` or ``@cors_headers(origin=…, credentials=…)`` of
    lambda_decorators (its documentation: origin ``*``, no credentials by default)."""
    functions = [value for value in found.arguments if isinstance(value, Closure)]
    inner = next((held for value in found.arguments if (held := machine.object(value)) and _is_cors(held)), found)
    if not functions:
        return None
    named = dict(inner.named)
    first = next((value for value in inner.arguments if isinstance(value, Const | Env)), _ANY)
    policy = _policy(
        "lambda_decorators",
        found.place,
        (named.get("origin", first),),
        _flag(named.get("credentials", UNDEFINED)),
        always=True,
    )
    return Wrapped(functions[-1], policy, False, ())


def _is_cors(held: Object) -> bool:
    return held.maker is not None and held.maker.path[:2] == ("lambda_decorators", "cors_headers")


# --- apps


def policy(machine: Machine, entry: Ref) -> Policy | None:
    """The CORS options of the app that a library answers for; ``None`` when there are none that can be read."""
    for app in _instances(machine, entry):
        found = machine.state.heap[app.address]
        reader = _READERS.get(found.maker.path if found.maker is not None else ())
        if reader is not None:
            return reader(machine, app, found)
    return None


def _instances(machine: Machine, entry: Ref) -> Iterator[Ref]:
    """What a library's object was made of, and what that was made of."""
    waiting, seen = [entry], set()
    while waiting:
        each = waiting.pop(0)
        if each.address in seen:
            continue
        seen.add(each.address)
        found = machine.object(each)
        if found is None:
            continue
        if found.maker is not None:
            yield each
        inside = (*found.arguments, *(value for _, value in found.named), *found.fields.values(), *(found.items or ()))
        waiting.extend(option for value in inside for option in options(value) if isinstance(option, Ref))


def _is_plain(machine: Machine, value: Value) -> bool:
    found = machine.object(value)
    return found is not None and found.maker is None


def _options(machine: Machine, arguments: tuple[Value, ...]) -> Object:
    """The last argument that is an object; without one, an empty object."""
    for value in reversed(arguments):
        found = machine.object(value)
        if found is not None and found.maker is None and found.items is None:
            return found
    unknown = any(not isinstance(value, Const | Undefined | Closure) for value in arguments)
    return Object({}, is_open=unknown)


def _items(machine: Machine, value: Value | None) -> tuple[Value, ...] | None:
    """One origin or a list of them; ``None`` when it is not known."""
    if value is None:
        return None
    found = machine.object(value)
    if found is None:
        return options(value)
    return (
        None if found.items is None or found.is_open else tuple(each for item in found.items for each in options(item))
    )


def _flag(value: Value) -> bool | None:
    if isinstance(value, Undefined):
        return False
    return bool(value.value) if isinstance(value, Const) else None


def _policy(
    name: str,
    place: Place | None,
    listed: tuple[Value, ...] | None,
    credentials: bool | None,
    *,
    always: bool,
    wildcard: Wildcard = "sent",
) -> Policy:
    """``listed`` are the origins; one ``True`` among them sends back the request's."""
    where = place or Place("", 0, 0, 1)
    if credentials and listed == (_ANY,) and wildcard == "reflected":
        return _reflecting(name, where)
    found: list[OriginChoice] = []
    texts: list[str | None] = []
    vary = listed != (_ANY,)
    for value in listed if listed is not None else ():
        if isinstance(value, Const) and value.value is True:
            texts.append(None)
            found.append(OriginChoice("reflected", (), where, True, credentials))
            continue
        kind, shown, _ = origins.of_option(value, where)
        texts.append(text_of(value))
        found.append(OriginChoice(kind, shown, where, vary, credentials))
    plain = all(isinstance(value, Const) for value in listed or ())
    is_matched = len(listed or ()) > 1 or not always
    if listed and plain and is_matched and None not in texts and listed != (_ANY,):
        items = tuple(text for text in texts if text is not None)
        found = [OriginChoice("list", items, where, True, credentials)]
    known = listed is not None and bool(listed)
    header = Header(ALLOW_ORIGIN, tuple(dict.fromkeys(texts)) if known else (None,), always and known, place)
    headers = [(ALLOW_ORIGIN, header)]
    if credentials is not False and not (wildcard == "alone" and listed == (_ANY,)):
        value_text = ("true",) if credentials else (None,)
        headers.append((ALLOW_CREDENTIALS, Header(ALLOW_CREDENTIALS, value_text, bool(credentials) and always, place)))
    return Policy(name, place, tuple(headers), tuple(found), tuple(text for text in texts if text is not None))


def _reflecting(name: str, place: Place) -> Policy:
    """``*`` with credentials, for which a library sends back whatever origin asks."""
    headers = tuple((each, Header(each, (text,), True, place)) for each, text in _REFLECTED)
    return Policy(name, place, headers, (OriginChoice("reflected", ("*",), place, True, True),), ("*",))


def _express(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``app.use(cors(…))``: a fixed origin is always sent, a list or a pattern when it matches (expressjs/cors,
    README, "Configuration options")."""
    for call in found.calls:
        for value in call.arguments if call.name == "use" else ():
            held = machine.object(value)
            if held is not None and held.maker == External(("cors",)):
                return _cors_package(machine, "cors", held)
    return None


def _cors_package(machine: Machine, name: str, held: Object) -> Policy:
    chosen = _options(machine, held.arguments)
    value: Value | None = chosen.get("origin")
    if isinstance(value, Undefined):
        value = _ANY
    items = _items(machine, value)
    single = items is not None and len(items) == 1 and isinstance(items[0], Const)
    if items is not None and Const(True, "bool") in items:
        single = False  # sent back only where the request has one
    if items is not None and any(isinstance(each, Closure) for each in items):
        items = None
    return _policy(name, held.place, items, _flag(chosen.get("credentials")), always=single)


def _hono(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``app.use(cors(…))``: a fixed origin is sent when it is the request's (hono.dev, "CORS Middleware")."""
    for call in found.calls:
        for value in call.arguments if call.name == "use" else ():
            held = machine.object(value)
            if held is not None and held.maker == External(("hono/cors", "cors")):
                made = _cors_package(machine, "hono/cors", held)
                return made if made.shown == ("*",) else _on_match(made)
    return None


def _on_match(made: Policy) -> Policy:
    return made._replace(headers=tuple((name, header._replace(always=False)) for name, header in made.headers))


def _fastify(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``app.register(cors, { origin })`` (fastify/fastify-cors, README, "Options"; the default is ``*``)."""
    for call in found.calls:
        first = call.arguments[0] if call.name == "register" and call.arguments else None
        if first in (External(("@fastify/cors",)), External(("fastify-cors",))):
            held = Object({}, place=call.place, arguments=call.arguments[1:])
            return _on_match(_cors_package(machine, "@fastify/cors", held))
    return None


def _starlette(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``app.add_middleware(CORSMiddleware, allow_origins=[…])``, or ``middleware=[Middleware(CORSMiddleware, …)]``
    (starlette.io, "Middleware")."""
    for call in found.calls:
        if call.name == "add_middleware" and call.arguments and _is_cors_middleware(call.arguments[0]):
            return _cors_middleware(machine, dict(call.named), call.place)
    for value in _items(machine, dict(found.named).get("middleware")) or ():
        held = machine.object(value)
        if held is not None and held.arguments and _is_cors_middleware(held.arguments[0]):
            return _cors_middleware(machine, dict(held.named), held.place or Place("", 0, 0, 1))
    return None


def _is_cors_middleware(value: Value) -> bool:
    return isinstance(value, External) and value.path[-1] == "CORSMiddleware"


def _around(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``CORSMiddleware(app, allow_origins=[…])`` around an app."""
    return _cors_middleware(machine, dict(found.named), found.place or Place("", 0, 0, 1))


def _cors_middleware(machine: Machine, named: dict[str, Value], place: Place) -> Policy:
    """One ``*`` allows all. With credentials the request's origin is sent back, in early versions where it has a cookie
    (encode/starlette, starlette/middleware/cors.py)."""
    items = _items(machine, named["allow_origins"]) if "allow_origins" in named else ()
    pattern = named.get("allow_origin_regex", UNDEFINED)
    if isinstance(pattern, Const) and isinstance(pattern.value, str):
        whole = f"^(?:{pattern.value})$"  # Starlette uses fullmatch
        items = (*(items or ()), RegexValue(whole))
    elif not isinstance(pattern, Undefined):
        items = None
    items = _or_any(items)
    credentials = _flag(named.get("allow_credentials", UNDEFINED))
    always = items == (_ANY,)
    return _policy("CORSMiddleware", place, items, credentials, always=always, wildcard="reflected")


def _or_any(items: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    """``*`` alone, where that is among the origins."""
    return (_ANY,) if items is not None and _ANY in items else items


def _flask(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``CORS(app, origins=…)`` (flask-cors documentation, "Configuration"; the default is ``*``, for which it sends
    back the request's origin: flask_cors/core.py, ``get_cors_origins``)."""
    for held in machine.state.heap.values():
        if held.maker == External(("flask_cors", "CORS")) and app in held.arguments:
            named = dict(held.named)
            if "resources" in named:
                return None
            value = named.get("origins", _ANY)
            items = _or_any(_items(machine, value))
            credentials = _flag(named.get("supports_credentials", UNDEFINED))
            always = items == (_ANY,)
            return _policy("flask-cors", held.place, items, credentials, always=always, wildcard="reflected")
    return None


def _powertools(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``APIGatewayRestResolver(cors=CORSConfig(…))`` (Powertools for AWS Lambda (Python), "REST API", "CORS": a
    request whose origin is not listed gets none of the headers; for ``*`` it leaves credentials out:
    event_handler/api_gateway.py, ``CORSConfig.to_dict``)."""
    config = dict(found.named).get("cors", UNDEFINED)
    held = machine.object(config)
    if held is None or held.maker is None or held.maker.path[-1] != "CORSConfig":
        return None
    named = dict(held.named)
    first = named.get("allow_origin", held.arguments[0] if held.arguments else _ANY)
    more = named.get("extra_origins", held.arguments[1] if len(held.arguments) > 1 else UNDEFINED)
    items = options(first)
    if not isinstance(more, Undefined):
        rest = _items(machine, more)
        if rest is None:
            return _policy("Powertools CORSConfig", held.place, None, None, always=False)
        items = (*items, *rest)
    credentials = _flag(named.get("allow_credentials", UNDEFINED))
    always = items == (_ANY,)
    return _policy("Powertools CORSConfig", held.place, items, credentials, always=always, wildcard="alone")


def _chalice(machine: Machine, app: Ref, found: Object) -> Policy | None:
    """``app.api.cors = True`` or ``CORSConfig(…)`` (AWS Chalice, "Topics: CORS"): for all routes."""
    value = found.fields.get("cors", UNDEFINED)
    held = machine.object(value)
    if value == Const(True, "bool"):
        return _policy("Chalice", found.place, (_ANY,), False, always=True)
    if held is None or held.maker is None or held.maker.path[-1] != "CORSConfig":
        return None
    named = dict(held.named)
    items = _items(machine, named.get("allow_origin", _ANY))
    return _policy("Chalice", held.place, items, _flag(named.get("allow_credentials", UNDEFINED)), always=True)


_RESOLVERS: Final = (
    "APIGatewayRestResolver", "APIGatewayHttpResolver", "ApiGatewayResolver", "LambdaFunctionUrlResolver",
    "ALBResolver",
)  # fmt: skip
_READERS: Final[dict[Path, Callable[[Machine, Ref, Object], Policy | None]]] = {
    ("express",): _express,
    ("hono", "Hono", "new"): _hono,
    ("fastify",): _fastify,
    ("fastify", "fastify"): _fastify,
    ("fastapi", "FastAPI"): _starlette,
    ("starlette", "applications", "Starlette"): _starlette,
    ("starlette", "middleware", "cors", "CORSMiddleware"): _around,
    ("fastapi", "middleware", "cors", "CORSMiddleware"): _around,
    ("flask", "Flask"): _flask,
    ("chalice", "Chalice"): _chalice,
    **{("aws_lambda_powertools", "event_handler", name): _powertools for name in _RESOLVERS},
    **{("aws_lambda_powertools", "event_handler", "api_gateway", name): _powertools for name in _RESOLVERS},
}
