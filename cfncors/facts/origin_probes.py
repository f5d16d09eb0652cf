"""Origins of strangers that resemble those which a check names, to be tried on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

#: An origin that no template means.
STRANGER: Final = "https://a-stranger.invalid"
#: As many as anybody lists by hand.
_MOST_HOSTS: Final = 16
_HOST: Final = re.compile(r"(?:://|\b)([a-z0-9-]+(?:(?:\\*\.|\[\.\])[a-z0-9-]+)+)", re.IGNORECASE)


def hosts(text: str) -> list[str]:
    """The hosts that a text names, without what escapes their dots in a pattern."""
    found = dict.fromkeys(re.sub(r"[\\\[\]]", "", match[1]).lower() for match in _HOST.finditer(text))
    return list(found)[:_MOST_HOSTS]


def lookalikes(text: str) -> Iterator[str]:
    """Origins that resemble those named in a text (https://github.com/chenjj/CORScanner names the classes): the name as
    the beginning, as the end, with another character for a dot; each also with a name below it, which patterns such as
    ``.+\\.example\\.com`` ask for; and with ``_`` behind it, which names of hosts may have."""
    for host in hosts(text):
        name, dot, suffix = host.rpartition(".")
        yield f"https://{host}.attacker.example"
        yield f"https://attacker{host}"
        if "." in name:
            yield f"https://{name.replace('.', 'x')}{dot}{suffix}"
            yield f"https://www.{name.replace('.', 'x')}{dot}{suffix}"
        yield f"https://www.{host}.attacker.example"
        yield f"https://{host}_.attacker.example"
