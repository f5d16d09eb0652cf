"""The model of API Gateway REST APIs: frozen values, each with the node of the file that it came from.

Header names are compared in lower case (Fetch, "header name"); the name as written is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, Literal, NamedTuple

from cfncors.config import Settings
from cfncors.source import Mapping, Node, Scalar
from cfncors.source.nodes import Entry
from cfncors.template import Resource, Template, Value

ALLOW_ORIGIN: Final = "access-control-allow-origin"
ALLOW_CREDENTIALS: Final = "access-control-allow-credentials"
ALLOW_METHODS: Final = "access-control-allow-methods"
ALLOW_HEADERS: Final = "access-control-allow-headers"
EXPOSE_HEADERS: Final = "access-control-expose-headers"
MAX_AGE: Final = "access-control-max-age"

#: The methods that ``ANY`` stands for (API Gateway Developer Guide, "Set up an HTTP method").
ANY_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

AuthorizationKind = Literal["none", "iam", "cognito", "token", "request", "unknown"]
IntegrationKind = Literal["aws", "aws_proxy", "http", "http_proxy", "mock", "unknown"]


class Authorization(NamedTuple):
    """Who may call a method. ``headers`` are the request headers (lower case) that it reads."""

    kind: AuthorizationKind
    headers: tuple[str, ...] = ()


NO_AUTHORIZATION: Final = Authorization("none")
UNKNOWN_AUTHORIZATION: Final = Authorization("unknown")


class Header(NamedTuple):
    """A response header as configured: ``'literal'``, a mapping expression, or unknown."""

    name: str
    value: Value
    key: Scalar
    node: Node

    @property
    def lower(self) -> str:
        """The name in lower case."""
        return self.name.lower()


Headers = dict[str, Header]


class IntegrationResponse(NamedTuple):
    """One way an integration answers. ``pattern`` is ``None`` for the default."""

    status: str | None
    pattern: str | None
    headers: Headers
    node: Node
    #: what can be edited: the mapping that holds the response, the key of its parameters in this dialect
    holder: Mapping | None
    parameters: str
    #: a response template may set headers itself (``$context.responseOverride``)
    overrides: frozenset[str] = frozenset()


class MethodResponse(NamedTuple):
    """A declared response: which headers may be set (lower case -> key)."""

    status: str
    headers: dict[str, Scalar]
    node: Mapping | None


class Integration(NamedTuple):
    """What stands behind a method. ``templates`` is ``None`` when it is not known."""

    kind: IntegrationKind
    templates: dict[str, Value] | None
    content_handling: str | None
    responses: tuple[IntegrationResponse, ...]
    node: Mapping | None

    @property
    def is_proxy(self) -> bool:
        """Whether the backend's own headers pass."""
        return self.kind in ("aws_proxy", "http_proxy")


Origin = Literal["resource", "openapi", "event", "state-machine", "cors"]


class Method(NamedTuple):
    """A method on a path. ``verb`` is upper case, ``ANY`` for all; ``api_key`` is ``None`` when it is not known."""

    path: str
    verb: str
    authorization: Authorization
    api_key: bool | None
    integration: Integration | None
    responses: dict[str, MethodResponse]
    key: Scalar
    node: Node
    origin: Origin
    resource: str
    #: the operation or resource properties, for edits
    holder: Mapping | None = None
    #: written in OpenAPI 3, which wraps a header's type in a schema
    openapi3: bool = False

    @property
    def is_options(self) -> bool:
        return self.verb == "OPTIONS"


Where = Literal["property", "resource", "body"]


class GatewayResponse(NamedTuple):
    """A customised gateway response. ``key`` is its type where it is written."""

    type: str
    status: Entry | None
    headers: Headers
    key: Scalar
    node: Mapping
    where: Where
    resource: str
    #: parameter keys that no header, path or query string comes of
    strays: tuple[Scalar, ...] = ()


class Cors(NamedTuple):
    """SAM's ``Cors`` property that applies to an API: its own, that of ``Globals``, or both merged."""

    key: Scalar
    node: Node
    #: the mapping where new keys go: the API's own ``Cors`` or, when it has none, that of ``Globals``
    mapping: Mapping | None
    in_globals: bool
    credentials: Node | None
    #: what it makes each preflight send, but for a list of methods that SAM derives
    headers: Headers

    @property
    def allows_credentials(self) -> bool:
        """Only a literal ``true`` counts; SAM drops a text or an intrinsic in silence."""
        return isinstance(self.credentials, Scalar) and self.credentials.tag is None and self.credentials.value is True

    def entry(self, name: str) -> Entry | None:
        """A key of the merged property."""
        return self.node.entry(name) if isinstance(self.node, Mapping) and self.node.tag is None else None


Dialect = Literal["sam", "sam-implicit", "cloudformation", "external"]


class _RestApi(NamedTuple):
    logical_id: str
    dialect: Dialect
    key: Scalar
    resource: Resource | None
    methods: tuple[Method, ...]
    gateway_responses: dict[str, GatewayResponse]
    binary: tuple[tuple[str, Node], ...]
    private: bool
    complete: bool
    cors: Cors | None = None
    properties: Mapping | None = None
    body: Mapping | None = None
    #: gateway responses written under a name that API Gateway does not know, too
    all_gateway_responses: tuple[GatewayResponse, ...] = ()
    deployments: tuple[Resource, ...] = ()
    #: code in the template that sends a CORS header for this API
    code: Node | None = None


class RestApi(_RestApi):
    """A REST API. ``complete`` is false when a part of its definition cannot be seen from the template."""

    def on_path(self, path: str) -> list[Method]:
        """Methods of a path."""
        return [m for m in self._by_path.get(_reached_by(path), ()) if normal_path(m.path) == normal_path(path)]

    @cached_property
    def _by_path(self) -> dict[str, list[Method]]:
        """Methods by path, a greedy one under ``{proxy+}`` whatever its own name is."""
        table: dict[str, list[Method]] = {}
        for method in self.methods:
            table.setdefault(_reached_by(method.path), []).append(method)
        return table

    def answers_options(self, path: str) -> Method | None:
        """The method that an OPTIONS request to ``path`` reaches: its own OPTIONS, its ``ANY``, or the nearest
        greedy ``{proxy+}`` above it that has either (REST routing falls through; ``{proxy+}`` is never ``/``)."""
        wanted = normal_path(path)
        for candidate in _candidates(wanted):
            here = [m for m in self._by_path.get(_reached_by(candidate), ()) if _same(normal_path(m.path), candidate)]
            for verb in ("OPTIONS", "ANY"):
                found = next((m for m in here if m.verb == verb), None)
                if found is not None:
                    return found
        return None

    @cached_property
    def evidence(self) -> Node | None:
        """Where the API says that pages of other origins call it: ``Cors``, an OPTIONS method, a CORS header of its
        own responses, inline code that sends one."""
        if self.cors is not None and ALLOW_ORIGIN in self.cors.headers:
            return self.cors.key
        for method in self.methods:
            if method.is_options and method.origin != "cors":
                return method.key
        for method in self.methods:
            for response in method.integration.responses if method.integration is not None else ():
                found = _allowing(response.headers)
                if found is not None:
                    return found
        return self.code

    @cached_property
    def gateway_evidence(self) -> Node | None:
        """The same, where CORS headers on gateway responses count too. They do not say that the routes are called
        across origins: a careful author gives them to every API."""
        found = (_allowing(response.headers) for response in self.all_gateway_responses)
        return self.evidence or next((key for key in found if key is not None), None)


def _allowing(headers: Headers) -> Scalar | None:
    return next((h.key for name, h in headers.items() if name.startswith("access-control-allow-")), None)


_GREEDY: Final = "{proxy+}"


def normal_path(path: str) -> str:
    """API Gateway takes ``/b/`` and ``/b`` for one resource."""
    return path.rstrip("/") or "/"


def _reached_by(path: str) -> str:
    """The path under which methods are looked up: all names of a greedy parameter are one."""
    path = normal_path(path)
    return f"{path.rpartition('/')[0]}/{_GREEDY}" if path.endswith("+}") else path


def _candidates(path: str) -> Iterator[str]:
    """``path`` itself, then the greedy path beside each of its segments, nearest first."""
    yield path
    parts = path.strip("/").split("/") if path != "/" else []
    for count in range(len(parts) - 1, -1, -1):
        yield "/" + "/".join([*parts[:count], _GREEDY])


def _same(path: str, wanted: str) -> bool:
    if path == wanted:
        return True
    if not wanted.endswith(_GREEDY) or not path.endswith("+}"):
        return False
    return path.rpartition("/")[0] == wanted.rpartition("/")[0]


class Model(NamedTuple):
    """Everything that the checks look at."""

    template: Template
    rest_apis: tuple[RestApi, ...]
    settings: Settings = Settings()
