"""CloudFront's managed policies by id, as far as they matter for CORS.

Amazon CloudFront Developer Guide: "Use managed cache policies", "Use managed origin request policies" and "Use managed
response headers policies". An id that is not here belongs to a policy of the account, whose settings cannot be seen.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: What a preflight asks, and who asks.
CORS_REQUEST_HEADERS: Final = frozenset(("origin", "access-control-request-method", "access-control-request-headers"))
_METHOD_OVERRIDES: Final = frozenset(("host", "origin", "x-http-method", "x-http-method-override", "x-method-override"))


class CachePolicy(NamedTuple):
    """The request headers (lower case) in the cache key, which reach the origin too, and whether answers are kept."""

    keyed: frozenset[str] | None
    caches: bool


class OriginRequestPolicy(NamedTuple):
    """The request headers (lower case) that reach the origin beside those in the cache key; ``everything``: all."""

    forwarded: frozenset[str] | None
    everything: bool = False


class ManagedHeaders(NamedTuple):
    """CORS of a managed response headers policy: any origin, without credentials, where the origin sends none. Those
    for preflights add Access-Control-Allow-Origin, -Allow-Methods and -Expose-Headers to a preflight's answer ("all
    three") and only the first to others; none of them sends Access-Control-Allow-Headers."""

    name: str
    methods: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()


CACHE_POLICIES: Final = {
    # Amplify
    "2e54312d-136d-493c-8eb9-b001f22f67d2": CachePolicy(
        frozenset(("authorization", "cloudfront-viewer-country", "host")), True
    ),
    # CachingDisabled
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy(frozenset(), False),
    # CachingOptimized
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CachePolicy(frozenset(), True),
    # CachingOptimizedForUncompressedObjects
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CachePolicy(frozenset(), True),
    # Elemental-MediaPackage
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": CachePolicy(frozenset(("origin",)), True),
    # UseOriginCacheControlHeaders, and with query strings: kept only when the origin says so (default TTL 0)
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CachePolicy(_METHOD_OVERRIDES, False),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CachePolicy(_METHOD_OVERRIDES, False),
}

#: CORS-CustomOrigin, which hands on Origin alone.
FORWARD_ORIGIN: Final = "59781a5b-3903-41f3-afcb-af62929ccde1"
#: What hands on all that a preflight asks: CORS-S3Origin, AllViewerExceptHostHeader.
FORWARD_TO_BUCKET: Final = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
FORWARD_TO_API: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ORIGIN_REQUEST_POLICIES: Final = {
    # AllViewer
    "216adef6-5c7f-47e4-b989-5492eafa07d3": OriginRequestPolicy(CORS_REQUEST_HEADERS, True),
    # AllViewerAndCloudFrontHeaders-2022-06
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": OriginRequestPolicy(CORS_REQUEST_HEADERS, True),
    # AllViewerExceptHostHeader
    FORWARD_TO_API: OriginRequestPolicy(CORS_REQUEST_HEADERS, True),
    # CORS-CustomOrigin
    FORWARD_ORIGIN: OriginRequestPolicy(frozenset(("origin",))),
    # CORS-S3Origin
    FORWARD_TO_BUCKET: OriginRequestPolicy(CORS_REQUEST_HEADERS),
    # Elemental-MediaTailor-PersonalizedManifests
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": OriginRequestPolicy(
        CORS_REQUEST_HEADERS | {"user-agent", "x-forwarded-for"}
    ),
    # HostHeaderOnly
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": OriginRequestPolicy(frozenset(("host",))),
    # UserAgentRefererHeaders
    "acba4595-bd28-49b8-b9fe-13317c0390fa": OriginRequestPolicy(frozenset(("user-agent", "referer"))),
}

_ANY_METHOD: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
#: ``None`` for one without CORS. None of them overrides what the origin sends.
RESPONSE_HEADERS_POLICIES: Final[dict[str, ManagedHeaders | None]] = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": ManagedHeaders("SimpleCORS"),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": ManagedHeaders("CORS-With-Preflight", _ANY_METHOD, ("*",)),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": ManagedHeaders("CORS-and-SecurityHeadersPolicy"),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": ManagedHeaders(
        "CORS-with-preflight-and-SecurityHeadersPolicy", _ANY_METHOD, ("*",)
    ),
    # SecurityHeadersPolicy
    "67f7725c-6f97-4210-82d7-5512b31e9d03": None,
}
