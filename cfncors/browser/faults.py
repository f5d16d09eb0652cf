"""What can be wrong with an exchange, as a closed list: the value behind each reason and console line of a verdict."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """Why a browser blocks an exchange. Each member says what the response, or the request, is like.

    A preflight's response and the response itself fail the same checks; :attr:`Verdict.step
    <cfncors.browser.Verdict>` says which of the two it was.
    """

    NO_ALLOW_ORIGIN = "the response has no Access-Control-Allow-Origin"
    OTHER_ORIGIN = "Access-Control-Allow-Origin names another origin than the page's"
    SEVERAL_ORIGINS = "Access-Control-Allow-Origin holds more than one value"
    INVALID_ORIGIN = "Access-Control-Allow-Origin holds what is no origin"
    WILDCARD_WITH_CREDENTIALS = "Access-Control-Allow-Origin is * and the request carries credentials"
    NO_ALLOW_CREDENTIALS = "the request carries credentials and Access-Control-Allow-Credentials is not true"
    STATUS_NOT_OK = "the preflight's status is not one of 200 to 299"
    PREFLIGHT_REDIRECTED = "the preflight is answered with a redirect"
    UNREADABLE_LIST = "a list in the preflight's response is no list of names"
    METHOD_NOT_ALLOWED = "Access-Control-Allow-Methods does not have the method"
    HEADER_NOT_ALLOWED = "Access-Control-Allow-Headers does not have a request header"
    AUTHORIZATION_NOT_NAMED = "Access-Control-Allow-Headers is *, which does not cover Authorization"
    REDIRECT_REFUSED = "a redirect leads where a browser does not follow it"
    REQUEST_REFUSED = "the page's own code may not make such a request"
