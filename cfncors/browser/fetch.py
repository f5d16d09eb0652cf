"""What ``fetch()`` does: https://fetch.spec.whatwg.org/#concept-main-fetch and what it calls."""

from __future__ import annotations

from cfncors.browser import console, methods, preflight, redirects
from cfncors.browser.cache import PreflightCache
from cfncors.browser.check import cors_check
from cfncors.browser.exchange import Failure, Request, Response, Server, Verdict
from cfncors.browser.origins import origin_of
from cfncors.browser.profiles import Profile, ProfileName, profile_named
from cfncors.browser.readable import readable_headers, without_empty_lines
from cfncors.browser.request import construct
from cfncors.browser.safelist import unsafe_names
from cfncors.browser.steps import Step


def evaluate(
    request: Request, server: Server, profile: ProfileName = "fetch", cache: PreflightCache | None = None
) -> Verdict:
    """Do what a page's ``fetch()`` does with ``request``, asking ``server``, and say what the page gets.

    ``profile`` is the standard, or a browser with its differences; ``cache`` keeps preflights from call to call.
    Raises ValueError, with what to write instead, for an origin that is none, a URL that is not absolute, an unknown
    profile or credentials mode.
    """
    return fetch(request, server, profile_named(profile), cache)


def fetch(request: Request, server: Server, profile: Profile, cache: PreflightCache | None = None) -> Verdict:
    """The same for a profile that need not have a name."""
    made = construct(request, profile)
    if isinstance(made, Failure):
        return Verdict(False, made.step, made.reason, made.console, [], None, made.fault)
    return _Fetch(made, server, profile, cache).run()


def judge_response(request: Request, response: Response, profile: Profile) -> Verdict:
    """The verdict on the one response to ``request``, which :func:`construct` made, as if its preflight had passed. For
    those who judge many responses to one request; a redirect has to be followed with :func:`fetch`."""
    if "empty-lines-ignored" in profile.differences:
        response = without_empty_lines(response)
    failure = cors_check(request, response)
    if failure is None:
        return Verdict(True, Step.CORS_CHECK, f"The response may be read by {request.origin}.", None, [], None)
    text = failure.console
    if text is not None:
        text = console.blocked(text, request.url, request.origin)
    return Verdict(False, failure.step, failure.reason, text, [], None, failure.fault)


class _Fetch:
    """One call of ``fetch()``, hop by hop."""

    def __init__(self, request: Request, server: Server, profile: Profile, cache: PreflightCache | None) -> None:
        self.first = request
        self.server = server
        self.profile = profile
        self.cache = cache
        self.preflight: Request | None = None
        self.needs_preflight = False

    def run(self) -> Verdict:
        """Main fetch: hop after hop until a response is the last or a step fails."""
        request, page = self.first, self.first.origin
        cors, count = False, 0
        if "preflights-go-on" in self.profile.differences:
            self.needs_preflight = bool(unsafe_names(request.headers, self.profile))
        while True:
            cors = cors or origin_of(request.url) != page
            response = self._http_fetch(request) if cors else self._send(request, cors=False)
            if isinstance(response, Failure):
                return self._blocked(response, request)
            location = redirects.location_of(response, request.url, self.profile)
            if location is None:
                return self._allowed(request, response, cors)
            failure = redirects.location_failure(request, location, cors=cors, count=count)
            if failure:
                where = location if failure.console == console.redirect_to_scheme() else request.url
                return self._blocked(failure, request._replace(url=where))
            request = redirects.redirected(request, location, response.status, page, self.profile)
            count += 1

    def _http_fetch(self, request: Request) -> Response | Failure:
        """HTTP fetch of a request to another origin: https://fetch.spec.whatwg.org/#concept-http-fetch."""
        unsafe = unsafe_names(request.headers, self.profile)
        due = self.needs_preflight or bool(unsafe) or request.method not in methods.SAFELISTED
        if due and "preflights-go-on" in self.profile.differences:
            self.needs_preflight = True
        asked = request
        if "page-origin-in-preflight" in self.profile.differences:
            asked = request._replace(origin=self.first.origin)
        failure = self._ask(asked, unsafe) if due and not self._is_cached(asked, unsafe) else None
        if failure is None:
            response = self._send(request, cors=True)
            failure = cors_check(request, response)
            if failure is None:
                return response
            due = due and "keep-cache-on-fail" not in self.profile.differences
        if due and self.cache is not None:  # main fetch: "clear cache entries"
            self.cache.clear(asked)
        return failure

    def _is_cached(self, request: Request, unsafe: list[str]) -> bool:
        return self.cache is not None and self.cache.covers(request, unsafe, self.profile)

    def _ask(self, request: Request, unsafe: list[str]) -> Failure | None:
        """CORS-preflight fetch."""
        question = preflight.preflight_request(request, unsafe)
        self.preflight = self.preflight or question
        answer = self._answer(question)
        consent = preflight.judge(request, unsafe, answer, self.profile)
        if isinstance(consent, Failure):
            return consent
        if self.cache is not None:
            self.cache.store(request, answer, consent, self.profile)
        return None

    def _send(self, request: Request, *, cors: bool) -> Response:
        """The request on the wire: https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch."""
        headers = list(request.headers)
        if not any(name.lower() == "accept" for name, _ in headers):
            headers.append(("Accept", "*/*"))
        if cors or request.method not in ("GET", "HEAD"):
            headers.append(("Origin", request.origin))
        return self._answer(request._replace(headers=headers))

    def _answer(self, request: Request) -> Response:
        response = self.server(request)
        return without_empty_lines(response) if "empty-lines-ignored" in self.profile.differences else response

    def _allowed(self, request: Request, response: Response, cors: bool) -> Verdict:
        readable = readable_headers(response, cors=cors, credentials=request.credentials)
        if not cors:
            reason = "The page and the URL have the same origin: CORS does not apply."
            return Verdict(True, Step.SAME_ORIGIN, reason, None, readable, None)
        reason = f"The response may be read by {request.origin}."
        return Verdict(True, Step.CORS_CHECK, reason, None, readable, self.preflight)

    def _blocked(self, failure: Failure, request: Request) -> Verdict:
        text = failure.console
        if text is not None:
            text = console.blocked(text, request.url, self.first.origin, self.first.url)
        reason = failure.reason
        if request.url != self.first.url and failure.step is not Step.REDIRECT:
            reason = f"After a redirect to {request.url}: {reason}"
        return Verdict(False, failure.step, reason, text, [], self.preflight, failure.fault)
