"""What a request has to bring along, or API Gateway itself turns it away."""

from __future__ import annotations

from typing import Final

from cfncors.gateway.model import Authorization, Method

#: What a page that API Gateway itself lets in has to send, when the method is signed (Signature Version 4): the
#: credentials of a browser are always temporary.
SIGNED: Final = ("authorization", "x-amz-date", "x-amz-security-token")
#: What a page sends with a body to CloudFront that signs for it: Lambda takes no body whose hash is not signed
#: (CloudFront Developer Guide, "Restrict access to an AWS Lambda function URL origin").
CONTENT_HASH: Final = "x-amz-content-sha256"
_HASHED: Final = ("PUT", "POST")
BY_CLOUDFRONT: Final = Authorization("none", (CONTENT_HASH,))
#: Safelisted: nobody has to allow them (Fetch, "CORS-safelisted request-header").
_SAFELISTED: Final = frozenset(("accept", "accept-language", "content-language"))


def demanded_headers(method: Method, verb: str | None = None) -> tuple[str, ...]:
    """Request headers (lower case) without which API Gateway turns a request away, and that a page can set. ``verb`` is
    the method of the request, where a route takes any."""
    authorization = method.authorization
    if authorization == BY_CLOUDFRONT and (verb or method.verb) not in _HASHED:
        return ()
    names = list(SIGNED) if authorization.kind == "iam" else list(authorization.headers)
    if method.api_key:
        names.append("x-api-key")
    if not names:
        return ()
    from cfncors.browser.safelist import is_forbidden  # most methods demand nothing, and a start is quicker without

    return tuple(name for name in names if name not in _SAFELISTED and not is_forbidden(name, ""))
