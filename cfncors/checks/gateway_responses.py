"""942x, gateway responses: what the browser sees when API Gateway answers in the function's place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from cfncors.checks.explanations import NO_ALLOW_ORIGIN, NOT_FOR_THE_PAGE, errors
from cfncors.checks.gateway_response_remedies import (
    add_credentials,
    add_resources,
    add_to_body,
    add_to_sam,
    copied,
    headers_of,
    is_kept_elsewhere,
    move_into_sam,
)
from cfncors.checks.registry import rule
from cfncors.checks.remedies import (
    Edits,
    add_gateway_headers,
    attempt,
    depend,
    origin_words,
    own_origin,
    sends_credentials,
)
from cfncors.checks.syntax import GATEWAY_RESPONSE_TYPES, meant_type
from cfncors.errors import CannotEdit
from cfncors.facts import Facts
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.expressions import is_list, static_texts
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, GatewayResponse, Header, Model, RestApi
from cfncors.gateway.references import reached
from cfncors.gateway.refusals import is_unseen
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.edit import remove
from cfncors.source.emit import Data
from cfncors.template import Template
from cfncors.template.intrinsics import canonical

DEFAULTS: Final = ("DEFAULT_4XX", "DEFAULT_5XX")
_ERRORS: Final = {
    ("DEFAULT_4XX",): "401, 403 and 429",
    ("DEFAULT_5XX",): "500, 502 and 504",
    DEFAULTS: "401, 403, 429, 500, 502 and 504",
}
#: The framework's deployment depends on its methods alone, and has a new logical id each time (``serverless`` 3,
#: ``lib/plugins/aws/package/compile/events/api-gateway/lib/deployment.js``).
_FIRST_DEPLOYMENT: Final = (
    "; write them under resources (a first deployment may be made before they are there: deploy a new stack twice)"
)


def _lacking(template: Template, api: RestApi) -> list[tuple[str, GatewayResponse | None]]:
    """The default types that send no origin, with what is written of them. A slip in a name (E9415) counts as meant:
    its own fix brings the header back."""
    written = {meant_type(r.type): r for r in api.all_gateway_responses} | api.gateway_responses
    return [
        (kind, response)
        for kind in DEFAULTS
        if (response := written.get(kind)) is None or not (_sends_origin(response) or is_unseen(template, response))
    ]


def _sends_origin(response: GatewayResponse) -> bool:
    return ALLOW_ORIGIN in response.headers or any(key.text.lower().endswith(ALLOW_ORIGIN) for key in response.strays)


@rule("E9421", "gateway-response-without-cors", "safe", explains=(errors(NO_ALLOW_ORIGIN, by="door"),))
def gateway_response_without_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """An API is called from other origins, but API Gateway's own errors carry no Access-Control-Allow-Origin.

    ## Why
    A missing token (401), a denied or unknown route (403), throttling (429), a crashed or slow function (502, 504) are
    answered by API Gateway, not by the function. Without the header the browser hides the response from the page, which
    sees *blocked by CORS policy* instead of the error: the login page that should follow a 401 never comes, and the
    real fault stays in the dark. `DEFAULT_4XX` and `DEFAULT_5XX` stand for every type that is not customised itself.

    ## Example
    ```yaml
    Globals:
      Api:
        Cors: "'https://app.example.com'"
        GatewayResponses:                 # what is missing
          DEFAULT_4XX:
            ResponseParameters:
              Headers:
                Access-Control-Allow-Origin: "'https://app.example.com'"
          DEFAULT_5XX:
            ResponseParameters:
              Headers:
                Access-Control-Allow-Origin: "'https://app.example.com'"
    ```

    ## Fix safety
    Safe: both types get the API's own origin, copied as it is written, and its credentials. A gateway response sends
    one origin, so an API that allows several gets `'*'`, or the one given with `--origin`; when it allows them
    credentials there is no fix without one. It goes where the dialect wants it: SAM's `GatewayResponses`, two
    `AWS::ApiGateway::GatewayResponse` resources that the deployment waits for, the OpenAPI body, `resources` of a
    serverless.yml. A stack that runs already serves it from the next deployment of its stage: SAM and the Serverless
    Framework make one; a plain `AWS::ApiGateway::Deployment` is a snapshot and needs a new logical id. On a new stack
    the Serverless Framework's first deployment may be made too early: deploy it twice.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    apis = [a for a in facts.model.rest_apis if a.complete and a.logical_id in facts.model.evidence]
    yield from _merged(finding for api in apis for finding in _without_cors(rule, facts.model, api))
    # Of another stack's API the other types are not known; one that is set here is set nowhere else.
    shared = [a for a in facts.model.rest_apis if a.dialect == "external" and a.logical_id in facts.model.evidence]
    for api in shared:
        written = ((kind, response) for kind, response in _lacking(facts.template, api) if response is not None)
        yield from (_headerless(rule, facts.model, api, kind, response).finding for kind, response in written)


@rule("W9422", "api-without-gateway-cors", "safe", about="advice")
def api_without_gateway_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A public API whose own errors no page could read, should one ever call it from another origin.

    ## Why
    Nothing in the template says that this API is called from other origins, so this is a warning. If a web page does
    call it and the function sends the CORS headers itself, API Gateway's own errors (401, 403, 429, 502, 504) still
    come without them and show up as *blocked by CORS policy*. Private APIs are left alone.

    ## Example
    ```yaml
    Resources:
      Api:
        Type: AWS::Serverless::Api
        Properties:
          StageName: prod       # no Cors, no GatewayResponses
    ```

    ## Fix safety
    Safe: both types get `'*'` without credentials, or the origin given with `--origin`. An error message becomes
    readable to every page; the API's own responses do not change.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    closed = [a for a in facts.model.rest_apis if a.logical_id not in facts.model.evidence]
    apis = [a for a in closed if a.complete and not a.private and a.methods]
    yield from _merged(finding for api in apis for finding in _without_cors(rule, facts.model, api))


class _OfApi(NamedTuple):
    """A finding about one API that others may share. ``fault`` holds all that tells it from another fault at its place,
    ``words`` makes its message from the names of the APIs. The first of the finding's resources is its API."""

    fault: tuple[object, ...]
    words: Callable[[str], str]
    finding: Finding


def _of_api(fault: tuple[object, ...], words: Callable[[str], str], finding: Finding) -> _OfApi:
    return _OfApi(fault, words, finding._replace(message=words(finding.resources[0])))


def _merged(findings: Iterable[_OfApi]) -> Iterator[Finding]:
    """One finding for one fault at one place: APIs that take ``Cors`` or a gateway response from Globals share it, and
    its fix."""
    found: dict[tuple[object, ...], list[_OfApi]] = {}
    for each in findings:
        found.setdefault((each.finding.node.start, *each.fault), []).append(each)
    for same in found.values():
        first = same[0].finding
        fix, why = first.fix, first.no_fix
        if any(_edits(each.finding.fix) != _edits(fix) for each in same):
            fix, why = None, "the APIs that share it have different origins"
        ids = tuple(dict.fromkeys(name for each in same for name in each.finding.resources))
        owners = ", ".join(dict.fromkeys(each.finding.resources[0] for each in same))
        yield first._replace(message=same[0].words(owners), fix=fix, no_fix=why, resources=ids)


def _edits(fix: Fix | None) -> Edits | None:
    return fix.edits if fix is not None else None


def _once(model: Model) -> Iterator[tuple[RestApi, GatewayResponse]]:
    """All gateway responses; one that several APIs take from Globals comes once."""
    seen: set[int] = set()
    for api in model.rest_apis:
        for response in api.all_gateway_responses:
            if id(response.key) not in seen:
                seen.add(id(response.key))
                yield api, response


def _without_cors(rule: Rule, model: Model, api: RestApi) -> Iterator[_OfApi]:
    absent = []
    for kind, response in _lacking(model.template, api):
        if response is None:
            absent.append(kind)
        else:
            yield _headerless(rule, model, api, kind, response)
    section = _section(api)
    groups = [[kind] for kind in absent] if section is not None else [absent] if absent else []
    for kinds in groups:
        fix, why = _add(model, api, kinds)
        place = section or (api.cors.key if api.cors is not None else api.key)
        finding = Finding(rule, "", place, fix, why, PROMISED, (api.logical_id,))
        is_serverless = api.dialect == "serverless"
        yield _of_api((*kinds, is_serverless), partial(_headerless_words, kinds, is_serverless), finding)


def _headerless_words(kinds: list[str] | tuple[str, ...], is_serverless: bool, owners: str) -> str:
    verb = "sends" if len(kinds) == 1 else "send"
    return (
        f"{' and '.join(kinds)} of {owners} {verb} no Access-Control-Allow-Origin: a page cannot read API Gateway's "
        f"own {_ERRORS[tuple(kinds)]}{_FIRST_DEPLOYMENT if is_serverless else ''}"
    )


def _headerless(rule: Rule, model: Model, api: RestApi, kind: str, response: GatewayResponse) -> _OfApi:
    fix, why = _added(model, api, response, kind)
    finding = Finding(rule, "", response.key, fix, why, PROMISED, (api.logical_id, response.resource))
    return _of_api((kind,), partial(_headerless_words, (kind,), False), finding)


def _section(api: RestApi) -> Scalar | None:
    """The key of the section that holds gateway responses, when there is one with entries."""
    for entry in (
        api.properties.entry("GatewayResponses") if api.properties is not None else None,
        api.body.entry("x-amazon-apigateway-gateway-responses") if api.body is not None else None,
    ):
        if entry is not None and not entry.key.foreign and isinstance(entry.value, Mapping) and entry.value.entries:
            return entry.key
    return None


def _add(model: Model, api: RestApi, kinds: list[str]) -> tuple[Fix | None, str | None]:
    try:
        headers = headers_of(model, api)
    except CannotEdit as reason:
        return None, str(reason)

    def make() -> Edits:
        if api.dialect == "serverless":
            from cfncors.checks.serverless_remedies import add_to_resources

            return add_to_resources(model, api, kinds)
        section = _section(api)
        in_body = section is not None and section.text.startswith("x-")
        if api.dialect in ("sam", "sam-implicit") and not in_body and not is_kept_elsewhere(api):
            return add_to_sam(model, api, kinds, headers)
        if api.body is not None and not api.body.foreign:
            return add_to_body(model, api.body, kinds, headers)
        return add_resources(model, api, kinds, headers)

    return attempt(f"add {' and '.join(kinds)} with {_words(model, api, headers)}", "safe", make)


def _words(model: Model, api: RestApi, headers: dict[str, Data]) -> str:
    return origin_words(model, api, headers["Access-Control-Allow-Origin"])


def _added(model: Model, api: RestApi, response: GatewayResponse, kind: str) -> tuple[Fix | None, str | None]:
    """The headers that a gateway response which is there lacks."""
    try:
        headers = headers_of(model, api)
    except CannotEdit as reason:
        return None, str(reason)
    return attempt(
        f"add {_words(model, api, headers)} to {kind}",
        "safe",
        lambda: add_gateway_headers(model.template.document, response, headers),
    )


@rule("E9423", "shadowed-default", "safe", explains=(errors(NO_ALLOW_ORIGIN, by="door"),))
def shadowed_default(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A customised gateway response has no Access-Control-Allow-Origin and hides the default that has it.

    ## Why
    A type that is customised answers with its own headers only: those of `DEFAULT_4XX` or `DEFAULT_5XX` are not added.
    Whoever gives `UNAUTHORIZED` a body of its own and forgets the header makes every 401 unreadable again.

    ## Example
    ```yaml
    GatewayResponses:
      DEFAULT_4XX: …                    # has the header
      UNAUTHORIZED:
        ResponseTemplates:
          application/json: '{"message": "log in"}'    # has none
    ```

    ## Fix safety
    Safe: the type gets the API's own origin and credentials.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
    """
    yield from _merged(_shadowing(rule, facts.model))


def _shadowing(rule: Rule, model: Model) -> Iterator[_OfApi]:
    for api in model.rest_apis:
        if not api.complete or api.logical_id not in model.evidence:
            continue
        for response in api.all_gateway_responses:
            if response.type not in GATEWAY_RESPONSE_TYPES or response.type in (*DEFAULTS, "REQUEST_TOO_LARGE"):
                continue  # a misspelt type (E9415) says nothing yet
            if _sends_origin(response) or is_unseen(model.template, response):
                continue
            fix, why = _added(model, api, response, response.type)
            finding = Finding(rule, "", response.key, fix, why, PROMISED, (api.logical_id, response.resource))
            yield _of_api((response.type,), partial(_shadowing_words, response.type), finding)


def _shadowing_words(kind: str, owners: str) -> str:
    return (
        f"{kind} of {owners} is customised without Access-Control-Allow-Origin, and the headers of the DEFAULT types "
        "are not added to it"
    )


@rule("W9424", "gateway-response-origin-differs", "safe", explains=(errors(*NOT_FOR_THE_PAGE, by="door"),))
def gateway_response_origin_differs(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A gateway response allows another origin than the API does, or lacks its credentials.

    ## Why
    The page at the API's origin passes the preflight and then cannot read the errors. Often one of two places was
    forgotten when the front end moved. `'*'` in a gateway response is fine as long as the API takes no credentials;
    where it does, the gateway responses have to send `Access-Control-Allow-Credentials` as the preflight does.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://app.example.com'"
    GatewayResponses:
      DEFAULT_4XX:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'https://old.example.com'"
    ```

    ## Fix safety
    Safe when the API has one origin: it is copied as it is written, with the API's credentials.

    ## References
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    yield from _merged(_differing(rule, facts.model))


def _differing(rule: Rule, model: Model) -> Iterator[_OfApi]:
    for api in model.rest_apis:
        own = own_origin(api) if api.complete else None
        wanted = static_texts(own)
        if own is None or wanted is None:
            continue
        for response in api.all_gateway_responses:
            header = response.headers.get(ALLOW_ORIGIN)
            sent = static_texts(header)
            if header is None or header is own or sent is None:
                continue
            if set(sent) == set(wanted) or canonical(header.node) == canonical(own.node):
                if sends_credentials(api) and ALLOW_CREDENTIALS not in response.headers and "*" not in sent:
                    yield _without_credentials(rule, model, api, response, header)
            elif not _is_fine(api, sent, wanted):
                yield _other_origin(rule, model, api, response, (header, own))


def _is_fine(api: RestApi, sent: list[str], wanted: list[str]) -> bool:
    """Any origin suits an API without credentials; and what no browser accepts has a rule of its own, and is nothing
    to be like."""
    credentials = sends_credentials(api)
    if "*" in sent and not credentials:
        return True
    origins = all("://" in text or (text == "*" and not credentials) for text in wanted)
    return any(map(is_list, (*sent, *wanted))) or not origins


def _without_credentials(rule: Rule, model: Model, api: RestApi, response: GatewayResponse, header: Header) -> _OfApi:
    fix, why = attempt("send it too", "safe", lambda: add_credentials(model, api, response))
    says = PROMISED
    finding = Finding(rule, "", header.key, fix, why, says, (api.logical_id, response.resource))
    return _of_api(("credentials", response.type), partial(_credentials_words, response.type), finding)


def _credentials_words(kind: str, owners: str) -> str:
    return (
        f"{kind} of {owners} sends no Access-Control-Allow-Credentials, which the API's preflights send: a page that "
        "calls with credentials cannot read the error"
    )


def _other_origin(
    rule: Rule, model: Model, api: RestApi, response: GatewayResponse, headers: tuple[Header, Header]
) -> _OfApi:
    header, own = headers
    sent, wanted = static_texts(header) or [], static_texts(own) or []
    fix, why = attempt("copy the API's origin", "safe", lambda: copied(model, api, response, headers))
    says = PROMISED
    finding = Finding(rule, "", header.node, fix, why, says, (api.logical_id, response.resource))
    fault = ("origin", response.type, tuple(sent), tuple(wanted))
    return _of_api(fault, partial(_origin_words, response.type, sent, wanted), finding)


def _origin_words(kind: str, sent: list[str], wanted: list[str], owners: str) -> str:
    return f"{kind} of {owners} allows {' or '.join(sent)}, the API itself allows {' or '.join(wanted)}"


@rule("W9425", "gateway-response-status", "unsafe", about="advice")
def gateway_response_status(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A status code on a DEFAULT gateway response rewrites the status of every error.

    ## Why
    `DEFAULT_4XX` stands for 400, 401, 403, 404, 413, 415 and 429. With a `StatusCode` all of them become that one, so
    a page can no longer tell *log in* from *slow down*. Without it each keeps its own.

    ## Example
    ```yaml
    DEFAULT_4XX:
      StatusCode: 400       # a 401 arrives as 400
    ```

    ## Fix safety
    Unsafe: clients may rely on the status. The key is removed.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    for api, response in _once(facts.model):
        if response.type not in DEFAULTS or response.status is None:
            continue
        key, value = response.status
        if isinstance(value, Scalar) and value.is_null:
            continue
        status = facts.template.known(value) or "its value"
        message = f"StatusCode on {response.type} turns every error that it stands for into {status}"
        fix, why = attempt(
            "remove the status code",
            "unsafe",
            lambda response=response, key=key: remove(  # type: ignore[misc]
                facts.template.document, response.node, key.text
            ),
        )
        yield Finding(rule, message, key, fix, why, None, (api.logical_id, response.resource))


@rule("E9426", "gateway-response-not-deployed", "safe", "unsafe", about="deployment")
def gateway_response_not_deployed(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The deployment may be made before a gateway response or an OPTIONS method is there.

    ## Why
    A deployment is a snapshot of the API. `AWS::ApiGateway::Deployment` waits only for what it refers to or depends on;
    what CloudFormation creates later is not in it, and the stage serves the API without it. A `GatewayResponse`
    resource beside `AWS::Serverless::Api` has the same fate: SAM's deployment neither waits for it nor changes with it.

    ## Example
    ```yaml
    Deployment:
      Type: AWS::ApiGateway::Deployment
      DependsOn: GetNotes            # and NotesOptions, Default4xx, Default5xx
    ```

    ## Fix safety
    Safe in plain CloudFormation: `DependsOn` names what is missing. In SAM the resource moves into `GatewayResponses`,
    which is unsafe, since the resource is deleted in the same update that adds it to the API's definition.

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html
    """
    for api in facts.model.rest_apis:
        if api.dialect in ("sam", "sam-implicit"):
            for response in api.all_gateway_responses:
                if response.where == "resource":
                    yield _beside_sam(rule, facts.model, api, response)
            continue
        yield from _not_awaited(rule, facts.model, api)


def _beside_sam(rule: Rule, model: Model, api: RestApi, response: GatewayResponse) -> Finding:
    message = (
        f"{response.resource} stands beside {api.logical_id}: SAM's deployment does not wait for it, and a later "
        "change to it is never deployed; write it under GatewayResponses"
    )
    fix, why = attempt("move it into GatewayResponses", "unsafe", lambda: move_into_sam(model, api, response))
    key = model.template.resources[response.resource].key
    return Finding(rule, message, key, fix, why, PROMISED, (api.logical_id, response.resource))


def _not_awaited(rule: Rule, model: Model, api: RestApi) -> Iterator[Finding]:
    wanted = [r.resource for r in api.all_gateway_responses if r.where == "resource"]
    wanted += [m.resource for m in api.methods if m.is_options and m.origin == "resource"]
    if not wanted:
        return
    for deployment in api.deployments:
        awaited = reached(model.template, deployment.logical_id)
        missing = [name for name in dict.fromkeys(wanted) if name not in awaited]
        if not missing:
            continue
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
        message = f"{deployment.logical_id} does not wait for {shown}: its snapshot of the API may be taken too early"
        fix, why = attempt(
            "let the deployment depend on it",
            "safe",
            lambda deployment=deployment, missing=missing: depend(  # type: ignore[misc]
                model.template.document, deployment, missing
            ),
        )
        entry = deployment.node.entry("DependsOn")
        place: Node = deployment.key
        if entry is not None:
            place = entry.key if isinstance(entry.value, Sequence) else entry.value
        yield Finding(rule, message, place, fix, why, None, (deployment.logical_id, api.logical_id, *missing))


@rule("I9427", "gateway-response-not-customisable", about="advice")
def gateway_response_not_customisable(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Headers on REQUEST_TOO_LARGE have no effect.

    ## Why
    API Gateway does not let its 413 be customised: the headers are ignored, and a page sees *blocked by CORS policy*
    for a body of more than 10 MB. Nothing in a template helps; keep uploads small, or send them to S3.

    ## Example
    ```yaml
    GatewayResponses:
      REQUEST_TOO_LARGE:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'*'"
    ```

    ## Fix safety
    No fix: the entry does no harm.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """
    for api, response in _once(facts.model):
        if response.type == "REQUEST_TOO_LARGE" and _sends_origin(response):
            message = "API Gateway ignores headers on REQUEST_TOO_LARGE: a 413 is always hidden from the page"
            yield Finding(rule, message, response.key, resources=(api.logical_id, response.resource))
