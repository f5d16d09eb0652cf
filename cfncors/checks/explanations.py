"""Which blocked exchanges a rule explains, as its declaration says it."""

from __future__ import annotations

from typing import Final, cast

from cfncors.browser.faults import Fault
from cfncors.findings import Answerer, CaseName, Explains

_ERRORS: Final[frozenset[CaseName]] = frozenset(("client-error", "server-error"))
_ANSWERS: Final[frozenset[CaseName]] = _ERRORS | {"success"}

NO_ALLOW_ORIGIN: Final = Fault.NO_ALLOW_ORIGIN
#: Access-Control-Allow-Origin is there, and its value is not for the page.
WRONG_ORIGIN: Final = (Fault.OTHER_ORIGIN, Fault.SEVERAL_ORIGINS, Fault.INVALID_ORIGIN)
#: The same, or the credentials are not allowed.
NOT_FOR_THE_PAGE: Final = (*WRONG_ORIGIN, Fault.WILDCARD_WITH_CREDENTIALS, Fault.NO_ALLOW_CREDENTIALS)
METHOD: Final = Fault.METHOD_NOT_ALLOWED
HEADER: Final = (Fault.HEADER_NOT_ALLOWED, Fault.AUTHORIZATION_NOT_NAMED)
#: The preflight meets an answer that is not meant for it; a browser names the missing header before the status.
REFUSED: Final = (*NOT_FOR_THE_PAGE, NO_ALLOW_ORIGIN, Fault.STATUS_NOT_OK, Fault.PREFLIGHT_REDIRECTED)


def preflight(*faults: Fault, by: str = "") -> Explains:
    """Preflights that are blocked for one of ``faults``; ``by`` are those who answer, in words."""
    return Explains(frozenset(("preflight",)), frozenset(faults), _answerers(by))


def answers(*faults: Fault, by: str = "") -> Explains:
    """Answers to the request itself, errors too."""
    return Explains(_ANSWERS, frozenset(faults), _answerers(by))


def errors(*faults: Fault, by: str = "") -> Explains:
    """Errors, of the front door or of what is behind it."""
    return Explains(_ERRORS, frozenset(faults), _answerers(by))


def anything(*faults: Fault, by: str = "") -> Explains:
    """Preflights and answers alike."""
    return Explains(frozenset(), frozenset(faults), _answerers(by))


def _answerers(words: str) -> frozenset[Answerer]:
    return frozenset(cast("Answerer", word) for word in words.split())


#: What an origin that code writes can be wrong in: what the code answers.
IN_CODE: Final = (anything(NO_ALLOW_ORIGIN, *WRONG_ORIGIN, by="code"),)
