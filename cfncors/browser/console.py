"""What Chromium prints in its console when a response fails the CORS protocol, word for word.

The texts are those of Chromium's ``third_party/blink/renderer/platform/loader/cors/cors_error_string.cc``.
"""

from __future__ import annotations

_PREFLIGHT = "Response to preflight request doesn't pass access control check: "
_NO_ORIGIN = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


def blocked(
    reason: str,
    url: str = "https://api.example.com/…",
    origin: str = "https://app.example.com",
    first: str | None = None,
) -> str:
    """The whole line for a ``fetch()`` that is blocked for ``reason``; ``first`` is the URL before redirects."""
    via = "" if first is None or first == url else f" (redirected from '{first}')"
    return f"Access to fetch at '{url}'{via} from origin '{origin}' has been blocked by CORS policy: {reason}"


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


def not_this_origin(value: str, *, preflight: bool = False) -> str:
    """The text for a value that is neither the origin nor ``*``: by what it looks like."""
    return (several_origins if "," in value else other_origin)(value, preflight=preflight)


def no_credentials(value: str = "", *, preflight: bool = False) -> str:
    """No Access-Control-Allow-Credentials: true for a request with credentials (Fetch, CORS check, step 8)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be "
        "'true' when the request's credentials mode is 'include'."
    )


def method_not_allowed(method: str) -> str:
    """The method is not listed (Fetch, CORS-preflight fetch, step 7.6)."""
    return f"Method {method} is not allowed by Access-Control-Allow-Methods in preflight response."


def header_not_allowed(name: str) -> str:
    """A request header is not listed (Fetch, CORS-preflight fetch, step 7.8)."""
    return f"Request header field {name} is not allowed by Access-Control-Allow-Headers in preflight response."


def preflight_redirect() -> str:
    """The answer to the preflight is a redirect (Fetch, CORS-preflight fetch, step 7)."""
    return _PREFLIGHT + "Redirect is not allowed for a preflight request."


def unparsable_list(name: str) -> str:
    """A header of the answer to the preflight is no list (Fetch, CORS-preflight fetch, step 7.3)."""
    return f"Cannot parse {name} response header field in preflight response."


def redirect_to_scheme(scheme: str) -> str:
    """A redirect to a scheme that has no CORS (Fetch, HTTP-redirect fetch, step 5)."""
    return f"Redirect to {scheme}."


def redirect_with_credentials(location: str) -> str:
    """A redirect to a URL with a user name or password (Fetch, HTTP-redirect fetch, step 9)."""
    return (
        f"Redirect location '{location}' contains a username and password, which is disallowed for cross-origin "
        "requests."
    )


_TYPE_ERROR = "Uncaught (in promise) TypeError: Failed to execute 'fetch' on 'Window': "


def invalid_method(method: str) -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}'{method}' is not a valid HTTP method."


def forbidden_method(method: str) -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}'{method}' HTTP method is unsupported."


def body_not_allowed() -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}Request with GET/HEAD method cannot have body."


def url_with_credentials(url: str) -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}Request cannot be constructed from a URL that includes credentials: {url}"


def invalid_header_name(name: str) -> str:
    """Printed when a page does not catch the error."""
    return (
        f"{_TYPE_ERROR}Failed to read the 'headers' property from 'RequestInit': '{name}' is not a valid header name."
    )


def invalid_header_value() -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}Invalid value"
