"""What is not simulated, and why: it is named rather than guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.gateway import Model
from cfncors.gateway.refusals import exists
from cfncors.report.simulation import Incomplete
from cfncors.verdicts.settings import is_made

_NOT_KNOWN: Final = (
    "a part of its definition is not in this template (a file elsewhere, a macro, a loop, another stack), so its "
    "answers are not known"
)
_SAM_WEBSOCKET: Final = "AWS::Serverless::WebSocketApi"
#: WebSockets Standard, "Opening handshake": the request's mode is "websocket", for which the Fetch standard has no CORS
#: check; the server itself has to look at the Origin.
_WEBSOCKET: Final = "it is a WebSocket API, which browsers open without CORS"
#: CloudFront Developer Guide, "Restrict access to an AWS Lambda function URL origin".
_SIGNED_FOR: Final = "only CloudFront calls it, which signs; pages call the distribution in front of it"


def left_out(model: Model) -> Iterator[Incomplete]:
    """The front doors whose answers cannot be told from the template, that pages do not call, and WebSocket APIs."""
    for door in model.doors:
        if not is_made(model, door):
            continue
        if not door.complete:
            yield Incomplete(door.logical_id, _NOT_KNOWN)
        elif door.logical_id in model.signed_for:
            yield Incomplete(door.logical_id, _SIGNED_FOR)
    for resource in model.template.of_type("AWS::ApiGatewayV2::Api", _SAM_WEBSOCKET):
        protocol = model.template.known(resource.get("ProtocolType")) or ""
        is_websocket = resource.type == _SAM_WEBSOCKET or protocol.upper() == "WEBSOCKET"
        if is_websocket and exists(model, resource.logical_id):
            yield Incomplete(resource.logical_id, _WEBSOCKET)
