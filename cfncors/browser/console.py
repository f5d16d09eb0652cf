"""What Chromium prints in its console when a response fails the CORS protocol, word for word.

The texts are those of Chromium's ``third_party/blink/renderer/platform/loader/cors/cors_error_string.cc``.
"""

from __future__ import annotations

_PREFLIGHT = "Response to preflight request doesn't pass access control check: "
_NO_ORIGIN = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


def blocked(reason: str, url: str = "https://api.example.com/…", origin: str = "https://app.example.com") -> str:
    """The whole line for a ``fetch()`` that is blocked for ``reason``."""
    return f"Access to fetch at '{url}' from origin '{origin}' has been blocked by CORS policy: {reason}"


def missing_allow_origin(*, preflight: bool = False) -> str:
    """No Access-Control-Allow-Origin (Fetch, CORS check, step 1)."""
    return (_PREFLIGHT if preflight else "") + _NO_ORIGIN


def not_ok_status() -> str:
    """The preflight's status is not 200 to 299 (Fetch, CORS-preflight fetch, step 7)."""
    return _PREFLIGHT + "It does not have HTTP ok status."


def several_origins(value: str, *, preflight: bool = False) -> str:
    """More than one origin in the header (Fetch, CORS check, step 5)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is allowed."
    )


def other_origin(value: str, *, preflight: bool = False) -> str:
    """Another origin than the page's (Fetch, CORS check, step 5)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied "
        "origin."
    )


def wildcard_with_credentials(*, preflight: bool = False) -> str:
    """``*`` for a request with credentials (Fetch, CORS check, steps 3 to 5)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' "
        "when the request's credentials mode is 'include'."
    )


def no_credentials(*, preflight: bool = False) -> str:
    """No Access-Control-Allow-Credentials: true for a request with credentials (Fetch, CORS check, step 8)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be "
        "'true' when the request's credentials mode is 'include'."
    )


def method_not_allowed(method: str) -> str:
    """The method is not listed (Fetch, CORS-preflight fetch, step 7.6)."""
    return f"Method {method} is not allowed by Access-Control-Allow-Methods in preflight response."


def header_not_allowed(name: str) -> str:
    """A request header is not listed (Fetch, CORS-preflight fetch, step 7.8)."""
    return f"Request header field {name} is not allowed by Access-Control-Allow-Headers in preflight response."
