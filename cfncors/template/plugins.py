"""Plugins of a Serverless Framework service that give its API gateway responses.

A plugin is a program that may change the packaged template in any way. Those that are known to add gateway responses
have a list; one that stands in the service's own repository is looked at.
"""

from __future__ import annotations

import os
from typing import Final

from cfncors.errors import UnreadableTemplate
from cfncors.source import Scalar
from cfncors.template.intrinsics import scalar_text
from cfncors.template.resolve import Opaque, file_text
from cfncors.template.serverless import Service

#: Plugins that set DEFAULT_4XX and DEFAULT_5XX, in the template or after the deployment, as their own configuration
#: says (their pages on npm).
_KNOWN: Final = (
    "@keboola/serverless-default-error-responses",
    "serverless-apigateway-plugin",
    "serverless-apigw-plugin",
    "serverless-plugin-default-api-gateway-cors-response",
)
#: Where a plugin of the service's own may be (``serverless`` 3, ``lib/classes/plugin-manager.js``): a path that begins
#: with a dot, else a name in ``plugins.localPath``, by default this folder.
_LOCAL_PATH: Final = ".serverless_plugins"
_ENDINGS: Final = ("", ".js", ".cjs", ".mjs", ".ts", "/index.js", "/index.cjs", "/index.ts", "/src/index.js")
#: In ``AWS::ApiGateway::GatewayResponse`` and in ``putGatewayResponse``.
_SIGN: Final = "GatewayResponse"


def answering(service: Service) -> list[str]:
    """The names of the plugins that add gateway responses."""
    return sorted(name for name in service.plugins if name in _KNOWN or _is_local_and_answers(service, name))


def _is_local_and_answers(service: Service, name: str) -> bool:
    given = service.at("plugins", "localPath")
    folder = (scalar_text(given) if isinstance(given, Scalar) else None) or _LOCAL_PATH
    base = name if name.startswith(".") else os.path.join(folder, name)
    beside = os.path.join(os.path.dirname(service.resolver.document.name), os.path.dirname(base))
    return os.path.isdir(beside) and any(_SIGN in _text(service, base + ending) for ending in _ENDINGS)


def _text(service: Service, name: str) -> str:
    path = service.resolver.located(name)
    if isinstance(path, Opaque) or not os.path.isfile(path):
        return ""
    try:
        return file_text(path)
    except (OSError, UnreadableTemplate):
        return ""
