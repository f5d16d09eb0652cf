"""The model of the front doors that a browser calls: frozen values, each with the node of the file that it came from.

Header names are compared in lower case (Fetch, "header name"); the name as written is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, Union

from cfncors.config import Settings
from cfncors.gateway.policy import FrontDoor, Policy
from cfncors.source import Mapping, Node, Scalar
from cfncors.source.nodes import Entry
from cfncors.template import Known, Resource, Template, Value

if TYPE_CHECKING:
    from cfncors.gateway.evidence import Evidence

ALLOW_ORIGIN: Final = "access-control-allow-origin"
ALLOW_CREDENTIALS: Final = "access-control-allow-credentials"
ALLOW_METHODS: Final = "access-control-allow-methods"
ALLOW_HEADERS: Final = "access-control-allow-headers"
EXPOSE_HEADERS: Final = "access-control-expose-headers"
MAX_AGE: Final = "access-control-max-age"

#: The methods that ``ANY`` stands for (API Gateway Developer Guide, "Set up an HTTP method").
ANY_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

AuthorizationKind = Literal["none", "iam", "cognito", "token", "request", "jwt", "unknown"]
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
    #: a response template may set headers itself (``$context.responseOverride``): their names in lower case
    overrides: frozenset[str] = frozenset()
    #: what it sets them to, or leaves them at; not known where the template is not understood
    replaced: Headers = {}  # noqa: RUF012 - never written to
    #: the statuses that it may answer with instead, ``None`` where they are not known; empty when it sets none
    statuses: tuple[str | None, ...] = ()
    #: whether the template sets something and is not understood
    unread: bool = False

    @property
    def effective(self) -> Headers:
        """The headers that are sent, whether they are mapped or set by the response template."""
        return {**self.headers, **self.replaced}

    @property
    def answered(self) -> str | None:
        """The status that is sent; ``None`` when it is not known."""
        if not self.statuses:
            return self.status
        return self.statuses[0] if len(self.statuses) == 1 else None


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
    #: where conditions decide which responses there are: those of each way in which they may turn out
    alternatives: tuple[tuple[IntegrationResponse, ...], ...] = ()

    @property
    def each(self) -> tuple[Integration, ...]:
        """The integration as different deployments may have it: once, where no condition decides on its responses."""
        made = tuple(self._replace(responses=responses, alternatives=()) for responses in self.alternatives)
        return made or (self,)

    @property
    def is_proxy(self) -> bool:
        """Whether the backend's own headers pass."""
        return self.kind in ("aws_proxy", "http_proxy")


class Guard(NamedTuple):
    """One of several ways to guard a method, of which each deployment has one: an authorization, or (``None``) a
    required API key."""

    authorization: Authorization | None
    value: Known


Origin = Literal["resource", "openapi", "event", "state-machine", "cors", "default", "made"]


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
    #: where the deployment decides who may call it: what it may be, with the value that says so
    guards: tuple[Guard, ...] = ()

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


Dialect = Literal["sam", "sam-implicit", "serverless", "cloudformation", "external"]


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

    front_door: FrontDoor = "rest"
    policies: tuple[Policy, ...] = ()

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
        if wanted not in self._options:
            self._options[wanted] = self._reached_with_options(wanted)
        return self._options[wanted]

    @cached_property
    def _options(self) -> dict[str, Method | None]:
        return {}

    def _reached_with_options(self, wanted: str) -> Method | None:
        for candidate in _candidates(wanted):
            here = [m for m in self._by_path.get(_reached_by(candidate), ()) if _same(normal_path(m.path), candidate)]
            for verb in ("OPTIONS", "ANY"):
                found = next((m for m in here if m.verb == verb), None)
                if found is not None:
                    return found
        return None


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


# -- the other front doors ---------------------------------------------------------------------------------------------


class _HttpApi(NamedTuple):
    logical_id: str
    dialect: Dialect
    key: Scalar
    resource: Resource | None
    #: its routes: ``$default`` is the path ``/{proxy+}`` with the verb ``ANY`` and the origin ``default``
    methods: tuple[Method, ...]
    #: the CORS configuration: none, one, or one for each side of an ``Fn::If``
    policies: tuple[Policy, ...]
    complete: bool
    properties: Mapping | None = None
    body: Mapping | None = None
    #: code in the template that sends a CORS header for this API
    code: Node | None = None


class HttpApi(_HttpApi):
    """An HTTP API (``AWS::ApiGatewayV2::Api`` with the protocol HTTP, ``AWS::Serverless::HttpApi``)."""

    front_door: FrontDoor = "http"

    @cached_property
    def sent(self) -> dict[object, Any]:
        """The headers that it sends to pages, as far as they have been asked for; see ``http_answers``."""
        return {}


class _FunctionUrl(NamedTuple):
    logical_id: str
    #: the function that it calls
    function: str
    key: Scalar
    #: what is written: an ``AWS::Lambda::Url``, or the function with its ``FunctionUrlConfig``
    resource: Resource | None
    #: one route, ``ANY /{proxy+}``, which takes ``/`` too
    methods: tuple[Method, ...]
    policies: tuple[Policy, ...]
    complete: bool
    properties: Mapping | None = None
    code: Node | None = None


class FunctionUrl(_FunctionUrl):
    """A Lambda function URL (``AWS::Lambda::Url``, SAM's ``FunctionUrlConfig``)."""

    front_door: FrontDoor = "url"


class _Bucket(NamedTuple):
    logical_id: str
    key: Scalar
    resource: Resource
    #: the methods that its rules speak of, on ``/{key+}``
    methods: tuple[Method, ...]
    #: ``CorsRules`` in their order: the first that matches answers
    policies: tuple[Policy, ...]
    complete: bool
    properties: Mapping | None = None


class Bucket(_Bucket):
    """An S3 bucket with a CORS configuration."""

    front_door: FrontDoor = "s3"


class Behavior(NamedTuple):
    """A cache behavior of a distribution, the default one with the pattern ``*``."""

    pattern: str
    key: Scalar
    node: Mapping
    #: logical id of the front door behind it, ``None`` when it is none of this template
    origin: str | None
    #: the stage or folder that is put before the path on its way to the origin
    origin_path: str
    #: methods that it lets pass and whose answers it caches, with what is written; ``None``: not known
    allowed: frozenset[str] | None
    cached: frozenset[str] | None
    allowed_entry: Entry | None
    #: request headers (lower case) that reach the origin, and that are in the cache key; ``None``: not known
    forwarded: frozenset[str] | None
    keyed: frozenset[str] | None
    #: forwards, or keeps in its key, every header of the viewer
    forwards_all: bool = False
    #: whether answers are kept at all
    caches: bool = True
    #: the response headers policies that may be attached, and whether one is that cannot be seen
    policies: tuple[AttachedPolicy, ...] = ()
    opaque_policy: bool = False
    #: code runs at the edge and may change requests and answers (CloudFront Functions, Lambda@Edge)
    edge: bool = False
    #: request headers (lower case) that CloudFront sets itself; ``None``: not known to what
    added: Dict[str, str | None] = {}
    #: CloudFront signs requests for the origin, so that pages need not
    signs: bool = False
    #: statuses of the origin in whose place another one answers
    failover: frozenset[int] = frozenset()


class AttachedPolicy(NamedTuple):
    """CORS of a response headers policy. ``override``: it replaces what the origin sends; ``None``: not known."""

    policy: Policy
    override: bool | None
    #: the managed policy's name, ``None`` for one of this template
    managed: str | None = None


class _Distribution(NamedTuple):
    logical_id: str
    key: Scalar
    resource: Resource
    #: what can be asked for through it: the routes of the front doors behind it
    methods: tuple[Method, ...]
    behaviors: tuple[Behavior, ...]
    complete: bool
    properties: Mapping | None = None
    #: statuses in whose place another page is sent
    error_pages: frozenset[int] = frozenset()


class Distribution(_Distribution):
    """A CloudFront distribution in front of another front door."""

    front_door: FrontDoor = "cdn"

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The CORS of its behaviors' response headers policies, each once."""
        found = {id(each.policy.node): each.policy for b in self.behaviors for each in b.policies}
        return tuple(found.values())


Door: TypeAlias = Union[RestApi, HttpApi, FunctionUrl, Bucket, Distribution]


class CodePlace(NamedTuple):
    """A part of a function's code: the logical id of the function that it was found through, the file, absolute (or
    the template's own, for code that stands in it), ``[start, end)`` in code points of the code, and its first line
    from 1."""

    function: str
    path: str
    start: int
    end: int
    line: int


class CodeHeader(NamedTuple):
    """A header that a function's code sends. ``values`` are what it may be, ``None`` for a computed text; ``always``
    is false when it is sent on some paths only."""

    name: str
    values: tuple[str | None, ...]
    always: bool
    #: what it is written in, or the options of the library that sends it
    at: CodePlace | None = None


class CodeAnswer(NamedTuple):
    """A response that a function's code returns. With ``is_open`` it may have more headers than ``headers`` (by
    lower-case name); ``comes`` says whether a request of a method may come to it; ``denied`` is true where only a
    request without an origin that the code allows does."""

    #: ``None`` where the code writes none, ``"unknown"`` where it computes it
    status: int | Literal["unknown"] | None
    headers: dict[str, CodeHeader]
    is_open: bool
    is_error: bool
    comes: Callable[[str], bool]
    #: the file and line that return it, as a person writes them
    place: str
    #: its literal, perhaps in a helper; else the options of the library that makes it, else what returns it
    at: CodePlace
    denied: bool = False
    #: returned where an error was caught
    caught: bool = False


class Code(NamedTuple):
    """What a function's code may answer. ``origins`` are those that it picks from by the request's own, ``None`` when
    it does not or when that is not known; ``reflects`` says that it allows any origin by name; ``named`` are the
    methods that it compares a request's with."""

    answers: tuple[CodeAnswer, ...]
    complete: bool
    origins: tuple[str, ...] | None = None
    reflects: bool = False
    named: tuple[str, ...] = ()
    #: the function, where each way through it ends with an error, so that the front door answers
    crash: CodePlace | None = None
    #: what it answers to one request, where that depends on the request's method or route
    follow: Callable[[str, Method], Code] | None = None
    #: what is written at a place of it
    node: Callable[[CodePlace], Node] | None = None

    def to(self, verb: str, route: Method) -> Code:
        """What it may answer to requests of a method on a route; preflights where that is ``OPTIONS``."""
        return self if self.follow is None else self.follow(verb, route)


class _Model(NamedTuple):
    template: Template
    rest_apis: tuple[RestApi, ...]
    settings: Settings = Settings()
    http_apis: tuple[HttpApi, ...] = ()
    function_urls: tuple[FunctionUrl, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    #: CORS of response headers policies of this template, attached to a behavior or not
    header_policies: tuple[AttachedPolicy, ...] = ()
    #: ``cors`` of the ``http`` events of a Serverless Framework service, of which its REST API's preflights are made
    event_policies: tuple[Policy, ...] = ()
    #: what the code of functions answers, by logical id, as far as it has been looked at
    code: Dict[str, Code] = {}
    #: what says that pages of other origins call a front door, by logical id; the closed ones are not in it
    evidence: Dict[str, Evidence] = {}


class Model(_Model):
    """Everything that the checks look at."""

    @cached_property
    def doors(self) -> tuple[Door, ...]:
        """Every front door, those first that others may stand in front of."""
        return (*self.rest_apis, *self.http_apis, *self.function_urls, *self.buckets, *self.distributions)

    def called(self, door: Door) -> Evidence | None:
        """What says that pages of other origins call a front door for more than its errors."""
        found = self.evidence.get(door.logical_id)
        return found if found is not None and not found.weak else None

    def is_closed(self, door: Door) -> bool:
        """Whether nothing says that pages of other origins call a front door itself. Those that call the distribution
        in front of it do not."""
        found = self.evidence.get(door.logical_id)
        return found is None or found.kind == "in front"

    @cached_property
    def signed_for(self) -> frozenset[str]:
        """The function URLs with IAM for which CloudFront signs: pages call the distribution, unsigned."""
        urls = {url.logical_id for url in self.function_urls if any(m.authorization.kind == "iam" for m in url.methods)}
        return frozenset(b.origin for d in self.distributions for b in d.behaviors if b.signs and b.origin in urls)

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """Every CORS configuration in lists, each once."""
        found = [policy for door in self.doors if door.front_door != "cdn" for policy in door.policies]
        found += [attached.policy for attached in self.header_policies]
        found += self.event_policies
        return tuple({(id(policy.node), policy.owner): policy for policy in found}.values())
