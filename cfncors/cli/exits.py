"""Exit codes: one meaning each, for all commands."""

from __future__ import annotations

from typing import Final

#: Nothing is wrong; findings, or something left to do; wrong usage; a file that could not be read or written.
CLEAN: Final = 0
FINDINGS: Final = 1
USAGE: Final = 2
FAILED: Final = 3
#: Ctrl-C, and a reader of the output that goes away, as shells count signals.
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
