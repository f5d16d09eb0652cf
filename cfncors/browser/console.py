"""What Chromium prints in its console when a response fails the CORS protocol, word for word.

The texts are those of Chromium's ``third_party/blink/renderer/platform/loader/cors/cors_error_string.cc``.
"""

from __future__ import annotations

import re

from cfncors.browser.faults import Fault

#: http: and https: with a host and a port, or any other scheme; ASCII.
_URL = (
    r"""(?i:https?:[/\\]*(?:[^][/\\?#:\s"<>^`{|}'\x80-\xff]+|\[[0-9a-f:.]+\])(?::([0-9]*))?(?:[/\\?#].*)?"""
    r"""|(?!https?:)[a-z][a-z0-9+.-]*:.*)"""
)

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
    """No Access-Control-Allow-Origin (Fetch, CORS check, step 2)."""
    return (_PREFLIGHT if preflight else "") + _NO_ORIGIN


def not_ok_status() -> str:
    """The preflight's status is not 200 to 299 (Fetch, CORS-preflight fetch, step 7)."""
    return _PREFLIGHT + "It does not have HTTP ok status."


def not_this_origin(value: str, *, preflight: bool = False) -> str:
    """A value that is neither the page's origin nor ``*``, by what it looks like."""
    words = {Fault.SEVERAL_ORIGINS: several_origins, Fault.OTHER_ORIGIN: other_origin}
    return words.get(kind_of_origin(value), invalid_origin)(value, preflight=preflight)


def kind_of_origin(value: str) -> Fault:
    """What Chromium takes a value for that is neither the page's origin nor ``*``."""
    if "," in value or " " in value:
        return Fault.SEVERAL_ORIGINS
    return Fault.OTHER_ORIGIN if _is_url(value) or value == "null" else Fault.INVALID_ORIGIN


def several_origins(value: str, *, preflight: bool = False) -> str:
    """More than one origin in the header (Fetch, CORS check, step 4)."""
    return _value(f"contains multiple values '{value}', but only one is allowed", preflight)


def other_origin(value: str, *, preflight: bool = False) -> str:
    """Another origin than the page's (Fetch, CORS check, step 4)."""
    return _value(f"has a value '{value}' that is not equal to the supplied origin", preflight)


def invalid_origin(value: str, *, preflight: bool = False) -> str:
    """No origin at all (Fetch, CORS check, step 4)."""
    return _value(f"contains the invalid value '{value}'", preflight)


def _value(what: str, preflight: bool) -> str:
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The 'Access-Control-Allow-Origin' header {what}. Have the server send the header with a valid value."
    )


def _is_url(value: str) -> bool:
    """Whether Chromium can parse the value as a URL."""
    found = re.fullmatch(_URL, value)
    return found is not None and int(found[1] or 0) <= 65_535


def wildcard_with_credentials(*, preflight: bool = False) -> str:
    """``*`` for a request with credentials (Fetch, CORS check, steps 3 to 5)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' "
        "when the request's credentials mode is 'include'."
    )


def no_credentials(value: str = "", *, preflight: bool = False) -> str:
    """No Access-Control-Allow-Credentials: true for a request with credentials (Fetch, CORS check, step 8)."""
    check = _PREFLIGHT if preflight else ""
    return (
        f"{check}The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be "
        "'true' when the request's credentials mode is 'include'."
    )


def method_not_allowed(method: str) -> str:
    """The method is not listed (Fetch, CORS-preflight fetch, step 7.5)."""
    return f"Method {method} is not allowed by Access-Control-Allow-Methods in preflight response."


def header_not_allowed(name: str) -> str:
    """A request header is not listed (Fetch, CORS-preflight fetch, steps 7.6 and 7.7)."""
    return f"Request header field {name} is not allowed by Access-Control-Allow-Headers in preflight response."


def preflight_redirect() -> str:
    """The answer to the preflight is a redirect (Fetch, CORS-preflight fetch, step 7)."""
    return _PREFLIGHT + "Redirect is not allowed for a preflight request."


def unparsable_list(name: str) -> str:
    """A header of the answer to the preflight is no list (Fetch, CORS-preflight fetch, step 7.3)."""
    return f"Cannot parse {name} response header field in preflight response."


def redirect_to_scheme() -> str:
    """A redirect to a scheme that has no CORS (Fetch, HTTP-redirect fetch, step 5). The list is the browser's."""
    return (
        "Cross origin requests are only supported for protocol schemes: chrome, "
        "chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, https, isolated-app."
    )


def redirect_with_credentials() -> str:
    """A redirect to a URL with a user name or password (Fetch, HTTP-redirect fetch, step 9). Chromium leaves it out."""
    return "Redirect location '' contains a username and password, which is disallowed for cross-origin requests."


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


def invalid_header_name() -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}Invalid name"


def not_latin_1() -> str:
    """Printed when a page does not catch the error."""
    return (
        f"{_TYPE_ERROR}Failed to read the 'headers' property from 'RequestInit': "
        "String contains non ISO-8859-1 code point."
    )


def invalid_header_value() -> str:
    """Printed when a page does not catch the error."""
    return f"{_TYPE_ERROR}Invalid value"
