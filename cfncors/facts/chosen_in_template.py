"""Origins that the request chooses without code: copied from it, or set by a response template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from cfncors.facts.origin_probes import STRANGER, hosts, lookalikes
from cfncors.gateway.expressions import decided, static_texts
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_ORIGIN,
    GatewayResponse,
    Header,
    Headers,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.source import Mapping, Node
from cfncors.template import Known

#: The request's own Origin (Developer Guide, "API Gateway API request and response data mapping reference"); how the
#: name is spelled decides whether it is found, as names are case-sensitive there.
_COPIED: Final = re.compile(r"method\.request\.(?:multivalue)?header\.origin", re.IGNORECASE)


class Choice(NamedTuple):
    """A response whose origin depends on the request."""

    api: RestApi
    #: for messages: ``DEFAULT_4XX``, ``OPTIONS /notes``
    what: str
    node: Node
    headers: Headers
    resource: str
    #: what is copied, or what a response template does
    copied: bool
    gateway: GatewayResponse | None = None
    method: Method | None = None
    response: IntegrationResponse | None = None

    @property
    def key(self) -> Node | None:
        """What holds the response."""
        owner = self.gateway or self.method
        return owner.key if owner is not None else None

    @property
    def credentialed(self) -> bool:
        """Whether it certainly allows credentials."""
        header = self.headers.get(ALLOW_CREDENTIALS)
        return header is not None and "true" in (static_texts(header) or ())


def choices(model: Model) -> Iterable[Choice]:
    """Every such response, each written place once."""
    each = (choice for api in model.rest_apis for choice in (*_copying(api), *_computing(model, api)))
    # What an alias repeats comes for each place, so that a fix knows that all of them ask for it.
    return {(id(choice.node), id(choice.key)): choice for choice in each}.values()


def _copying(api: RestApi) -> Iterator[Choice]:
    for gateway in api.all_gateway_responses:
        header = gateway.headers.get(ALLOW_ORIGIN)
        if header is not None and _is_copied(header):
            yield Choice(api, gateway.type, header.node, gateway.headers, gateway.resource, True, gateway=gateway)


def _is_copied(header: Header) -> bool:
    return any(isinstance(leaf, Known) and _COPIED.fullmatch(leaf.text) for leaf in decided(header.value))


def _computing(model: Model, api: RestApi) -> Iterator[Choice]:
    for method in api.methods:
        for response in method.integration.responses if method.integration is not None else ():
            node = _template_of(response) if ALLOW_ORIGIN in response.overrides else None
            if node is not None and _depends(model, node):
                what = f"{method.verb} {method.path}"
                yield Choice(
                    api, what, node, response.headers, method.resource, False, method=method, response=response
                )


def _template_of(response: IntegrationResponse) -> Node | None:
    """The response template that sets the origin, the one for JSON first."""
    name = "ResponseTemplates" if response.parameters == "ResponseParameters" else "responseTemplates"
    node = response.holder.get(name) if response.holder is not None else None
    if not isinstance(node, Mapping):
        return None
    json = node.get("application/json")
    return json if json is not None else next((entry.value for entry in node.entries), None)


def _depends(model: Model, node: Node) -> bool:
    """Whether a response template sets different origins for different requests; one that is not understood counts as
    one that does not."""
    value = model.template.value(node)
    if not isinstance(value, Known):
        return False
    named = [f"{scheme}://{host}" for host in hosts(value.text) for scheme in ("https", "http")]
    without = sent(value.text, None)
    return any(sent(value.text, origin) != without for origin in (STRANGER, *named, *lookalikes(value.text)))


@lru_cache(1024)
def sent(template: str, origin: str | None) -> str | None:
    """The origin that a response template sets for a request; ``None`` for none, and when it is not understood."""
    from cfncors.gateway.vtl import NotUnderstood, overrides

    try:
        made = overrides(template, {} if origin is None else {"origin": origin}).headers.get(ALLOW_ORIGIN)
    except NotUnderstood:
        return None
    return made[1] if made is not None else None
