"""Every configured response header of a model, once, with where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cfncors.gateway.expressions import Place
from cfncors.gateway.model import GatewayResponse, Header, Headers, IntegrationResponse, Method, Model, RestApi


class Site(NamedTuple):
    """A header and its surroundings; exactly one of ``gateway``, ``response`` or neither (SAM's ``Cors``) is set."""

    api: RestApi
    header: Header
    place: Place
    gateway: GatewayResponse | None = None
    method: Method | None = None
    response: IntegrationResponse | None = None

    @property
    def preflight(self) -> bool:
        """Whether the header belongs to a preflight's answer."""
        return self.gateway is None and (self.method is None or self.method.is_options)

    @property
    def what(self) -> str:
        """Where the header stands, for a message."""
        if self.gateway is not None:
            return self.gateway.type
        if self.method is None:
            return f"the Cors of {self.api.logical_id}"
        return f"{self.method.verb} {self.method.path}"

    @property
    def aside(self) -> str:
        """What to say of a value that nobody wrote like this: how it came about, and what to do instead."""
        if self.api.dialect == "serverless" and self.method is not None and self.header.node.foreign:
            return "; the framework makes it of cors for integration: lambda, use lambda-proxy and send it in the code"
        return ""


def sites(model: Model) -> Iterator[Site]:
    """All headers that somebody wrote. One that several APIs take from Globals comes once; one that an alias repeats
    comes for each place, so that a fix knows that all of them ask for it."""
    return _once(_all(model, lambda response: response.headers))


def sent(model: Model) -> Iterator[Site]:
    """The same as they are sent: with what response templates set in the place of what is mapped."""
    return _once(_all(model, lambda response: response.effective))


def _once(found: Iterator[Site]) -> Iterator[Site]:
    seen: set[tuple[int, int]] = set()
    for site in found:
        owner = site.gateway or site.method
        key = (id(site.header.node), id(owner.key) if owner is not None else 0)
        if key not in seen:
            seen.add(key)
            yield site


def _all(model: Model, headers_of: Callable[[IntegrationResponse], Headers]) -> Iterator[Site]:
    for api in model.rest_apis:
        for gateway in api.all_gateway_responses:
            for header in gateway.headers.values():
                yield Site(api, header, Place.GATEWAY_RESPONSE, gateway=gateway)
        if api.cors is not None:
            for header in api.cors.headers.values():
                if not header.node.foreign and header.lower != "access-control-allow-credentials":
                    yield Site(api, header, Place.METHOD_RESPONSE)
        for method in api.methods:
            if method.origin == "cors" or method.integration is None or method.integration.is_proxy:
                continue
            for response in method.integration.responses:
                for header in headers_of(response).values():
                    yield Site(api, header, Place.METHOD_RESPONSE, method=method, response=response)
