"""Several origins on a REST API: why one header cannot name them, and the forms that can."""

from __future__ import annotations

from cfncors.enable.asked import Asked
from cfncors.errors import UsageError

_TEXT = """\
A response names one origin, and a REST API sends what is written: {count} origins need a choice by the request.
Three forms make it; each sends Vary: Origin, so that no cache gives one page's answer to another.

1. The preflight's MOCK chooses in its response template (plain CloudFormation and OpenAPI). The header stays declared
   and mapped to the first origin; Vary is declared and mapped to 'Origin':

     ResponseTemplates:
       application/json: |
{vtl}

2. The function chooses, for OPTIONS too and on its errors:

{code}

3. An HTTP API (AWS::Serverless::HttpApi, AWS::ApiGatewayV2::Api) has a list:

     CorsConfiguration:
       AllowOrigins: [{listed}]

API Gateway's own errors on a REST API (401, 403, 429, 502, 504) can name one of them, or any without credentials.
"""


class SeveralOrigins(UsageError):
    """More than one origin for a REST API. ``forms`` are what works, several lines for people."""

    def __init__(self, logical_id: str, wish: Asked) -> None:
        super().__init__(
            f"{logical_id} is a REST API, and {len(wish.origins)} origins were given; a response names one"
        )
        self.forms = _TEXT.format(
            count=len(wish.origins),
            vtl=_indented(allow_list(wish), 9),
            code=_indented(_code(wish), 5),
            listed=", ".join(f"'{origin}'" for origin in wish.origins),
        )


def allow_list(wish: Asked) -> str:
    """A response template for a MOCK that answers each origin of a list with itself.

    API Gateway Developer Guide, "Use a mapping template to override an API's request and response parameters".
    """
    tests = " || ".join(f'$origin == "{origin}"' for origin in wish.origins)
    return "\n".join(
        (
            '#set($origin = $input.params().header.get("Origin"))',
            '#if($origin == "")',
            '#set($origin = $input.params().header.get("origin"))',
            "#end",
            f"#if({tests})",
            "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)",
            "#end",
        )
    )


def _code(wish: Asked) -> str:
    listed = ", ".join(f'"{origin}"' for origin in wish.origins)
    lines = [
        f"const allowed = [{listed}];",
        "const origin = event.headers.origin ?? event.headers.Origin;",
        'const headers = { "Vary": "Origin" };',
        'if (allowed.includes(origin)) headers["Access-Control-Allow-Origin"] = origin;',
    ]
    if wish.credentials:
        lines.append('if (allowed.includes(origin)) headers["Access-Control-Allow-Credentials"] = "true";')
    return "\n".join(lines)


def _indented(text: str, width: int) -> str:
    return "\n".join(" " * width + line for line in text.split("\n"))
