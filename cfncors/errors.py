"""What can go wrong outside of the rules. Each error is one clear line with a place, a reason and a next step.

CfncorsError
├── UsageError          the command was called wrongly (exit 2)
├── UnreadableTemplate  a file that cannot be read as a template (E9490, exit 3)
└── CannotEdit          an edit that would not be faithful; the finding stays, with the reason
"""

from __future__ import annotations

import os
from typing import Final

#: Set (or ``--debug``) to get a traceback for an internal error.
DEBUG: Final = "CFNCORS_DEBUG"


class CfncorsError(Exception):
    """Base of all errors that this package raises on purpose."""


class UsageError(CfncorsError):
    """The command line or configuration is wrong; the message says what to write instead."""


class UnreadableTemplate(CfncorsError):
    """A file that cannot be read as a template.

    ``offset`` is the place in code points from 0 in the decoded text, ``None`` when there is no text
    (not UTF-8, no permission); ``line`` and ``column`` count from 1.
    """

    def __init__(self, reason: str, line: int = 1, column: int = 1, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column
        self.offset = offset


class CannotEdit(CfncorsError):
    """An edit that cannot be made without changing something else; the message says why."""


def said_of(error: Exception) -> str:
    """What is said of a fault of ours, in one line. Raises the error itself in debug mode."""
    if os.environ.get(DEBUG):
        raise error
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{what}; please report it with the output of --debug"
