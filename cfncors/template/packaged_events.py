"""The ``http`` events of a Serverless Framework service, and the ``cors`` that they come to for each path.

``lib/plugins/aws/package/compile/events/api-gateway/lib/validate.js`` of ``serverless`` 3 and ``osls``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cfncors.source import Mapping, Node
from cfncors.source.nodes import Entry
from cfncors.template.packaged_nodes import DEFAULT_HEADERS, is_true, is_unknown, listed, text_of, unique
from cfncors.template.placed import text_at
from cfncors.template.serverless import Function, Service

_INTEGRATIONS: Final = {"LAMBDA": "AWS", "LAMBDA_PROXY": "AWS_PROXY"}


class Event(NamedTuple):
    """An ``http`` event. ``path`` has no slash at its ends; ``place`` is where its method is written."""

    function: Function
    entry: Entry
    path: str
    verb: str
    place: Node
    options: Mapping | None

    def get(self, name: str) -> Node | None:
        """An option of the event."""
        return self.options.get(name) if self.options is not None else None

    @property
    def integration(self) -> str:
        """The integration's type in API Gateway's words; ``?`` when it is not known."""
        given = self.get("integration")
        if not is_true(given):
            return "AWS" if is_true(self.get("async")) else "AWS_PROXY"
        text = (text_of(given) or "?").upper().replace("-", "_", 1)
        return _INTEGRATIONS.get(text, text)


def rest_events(service: Service) -> tuple[list[Event], bool]:
    """The ``http`` events of a service, and whether they are all."""
    found: list[Event] = []
    whole = not service.opaque_functions
    for function in service.functions:
        whole = whole and not function.is_opaque
        for kind, entry in function.events:
            if kind != "http" or not is_true(entry.value):
                continue
            event = _event(service, function, entry)
            whole = whole and event is not None
            found.extend([event] if event is not None else [])
    return found, whole


def _event(service: Service, function: Function, entry: Entry) -> Event | None:
    value = service.written(entry.value)
    if isinstance(value, Mapping):
        path, verb = text_of(value.get("path")), text_of(value.get("method"))
        place = value.get("method") or entry.key
    else:
        words = (text_of(value) or "").split(" ")
        verb, path, place = words[0], words[1] if len(words) > 1 else None, value
    if path is None or not verb:
        return None
    options = value if isinstance(value, Mapping) else None
    return Event(function, entry, path.removeprefix("/").removesuffix("/"), verb.upper(), place, options)


# -- cors --------------------------------------------------------------------------------------------------------------


class EventCors(NamedTuple):
    """The ``cors`` of one event. ``mapping`` is its object form, ``None`` for ``cors: true``."""

    event: Event
    entry: Entry
    mapping: Mapping | None

    def get(self, name: str) -> Node | None:
        """A key of the object form that is set; a ``cors`` that nobody knows may set any, with what nobody knows."""
        if self.is_unknown:
            return self.entry.value if name != "origins" else None
        node = self.mapping.get(name) if self.mapping is not None else None
        return node if is_true(node) else None

    @property
    def is_unknown(self) -> bool:
        """Whether what it holds is known only when the service is packaged."""
        return is_unknown(self.entry.value)

    @property
    def headers(self) -> list[Node]:
        """The headers that it lists, else the framework's."""
        return listed(self.get("headers")) or [text_at(name, self.entry.key) for name in DEFAULT_HEADERS]

    @property
    def methods(self) -> list[Node]:
        """The methods that it lists, then OPTIONS and the event's own."""
        added = [text_at(verb, self.entry.key) for verb in ("OPTIONS", self.event.verb)]
        return unique(listed(self.get("methods")), added)

    @property
    def origin(self) -> Node | None:
        """``origin``, ``*`` when neither that nor ``origins`` is written."""
        written = self.get("origin")
        if written is not None or self.get("origins") is not None:
            return written
        if self.mapping is not None and "origin" in self.mapping:
            return None
        return text_at("*", self.entry.key)


class Preflight(NamedTuple):
    """What the events of one path come to: lists united, the latest first; of single values the last one counts,
    credentials stay once they are allowed."""

    path: str
    sources: tuple[EventCors, ...]
    origin: Node | None
    origins: list[Node]
    headers: list[Node]
    methods: list[Node]
    credentials: Node | None
    max_age: Node | None
    cache_control: Node | None

    @property
    def entry(self) -> Entry:
        """The ``cors`` that it stands for: the last one."""
        return self.sources[-1].entry


def rest_preflights(service: Service) -> dict[str, Preflight]:
    """The preflight of each path that has an event with ``cors``."""
    found: dict[str, Preflight] = {}
    for event in rest_events(service)[0]:
        cors = event_cors(service, event)
        if cors is not None:
            before = found.get(event.path) or Preflight(event.path, (), None, [], [], [], None, None, None)
            found[event.path] = Preflight(
                event.path,
                (*before.sources, cors),
                cors.origin,
                unique(listed(cors.get("origins")), before.origins),
                unique(cors.headers, before.headers),
                unique(cors.methods, before.methods),
                before.credentials or cors.get("allowCredentials"),
                cors.get("maxAge") or before.max_age,
                cors.get("cacheControl") or before.cache_control,
            )
    return found


def event_cors(service: Service, event: Event) -> EventCors | None:
    """The ``cors`` of an event, where it is written."""
    entry = event.options.entry("cors") if event.options is not None else None
    if entry is None or not is_true(entry.value):
        return None
    value = service.written(entry.value)
    return EventCors(event, entry, value if isinstance(value, Mapping) else None)
