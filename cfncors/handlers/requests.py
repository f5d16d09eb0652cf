"""What is known of the request that code is followed for: its method, the route that it matched, what no preflight has.

Without such a request only what the code looks at is kept, so that it is followed anew for those that matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.handlers.values import NULL, UNDEFINED, Const, Event, Text, Undefined, Value, choice, const, options

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: Where an event says which method the request has (API Gateway Developer Guide, "Set up Lambda proxy integrations";
#: "Create AWS Lambda proxy integrations for HTTP APIs").
_METHOD: Final = {
    ("httpMethod",),
    ("requestContext", "httpMethod"),
    ("requestContext", "http", "method"),
    ("method",),
}
#: Where it says which route it matched: the path of a REST API's resource, the key of an HTTP API's route (same pages).
_RESOURCE: Final = {("resource",), ("requestContext", "resourcePath")}
_ROUTE_KEY: Final = {("routeKey",), ("requestContext", "routeKey")}
#: What a browser sends no preflight with (Fetch, "CORS-preflight fetch": a new request with five headers and the
#: credentials mode "same-origin", which leaves cookies and Authorization out of a cross-origin request).
_NOT_IN_PREFLIGHT: Final = {
    (holder, name) for holder in ("headers", "multiValueHeaders") for name in ("authorization", "cookie")
} | {("body",), ("cookies",)}


def part(machine: Machine, path: tuple[str, ...]) -> Value | None:
    """What is known of a part of the event; ``None`` for the parts of which nothing is."""
    asked = machine.asked
    if path in _METHOD:
        machine.asks.add("method")
        return None if asked is None else const(asked.method)
    if path in _RESOURCE:
        machine.asks.add("route")
        return None if asked is None or asked.resource is None else const(asked.resource)
    if path in _ROUTE_KEY:
        machine.asks.add("route")
        return None if asked is None or asked.route_key is None else const(asked.route_key)
    if path in _NOT_IN_PREFLIGHT:
        machine.asks.add("method")
        if asked is None or asked.method != "OPTIONS":
            return None
        is_null = path == ("body",)  # null in the format of REST APIs, left out in that of HTTP APIs
        return choice((NULL, UNDEFINED)) if is_null else UNDEFINED
    return None


def is_method(value: Value) -> bool:
    """Whether it is the request's method, or what stands in for a missing one."""
    kept = [
        option for option in options(value) if not isinstance(option, Undefined) and option not in (NULL, const(""))
    ]
    return bool(kept) and all(isinstance(option, Event) and option.path in _METHOD for option in kept)


def compared(machine: Machine, text: str) -> str:
    """A method that the request's is compared with. Code that compares in lower case has made that of the request's
    lower case too, or it compares in vain."""
    method = text.upper()
    machine.named.setdefault(method, None)
    return method


def may_be(value: Text, text: str) -> bool:
    """Whether a text with unknown pieces may be another: what is known of it has to be there in its order."""
    first, last = value.parts[0], value.parts[-1]
    if isinstance(first, Const) and not text.startswith(str(first.value)):
        return False
    if isinstance(last, Const) and not text.endswith(str(last.value)):
        return False
    start = 0
    for each in value.parts:
        if isinstance(each, Const):
            found = text.find(str(each.value), start)
            if found < 0:
                return False
            start = found + len(str(each.value))
    return True
