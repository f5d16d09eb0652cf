"""What a template means to a browser: its model as plain data, lists without their order."""

from __future__ import annotations

import re
from typing import Any

from cfncors.gateway import build
from cfncors.gateway.summary import summary
from cfncors.source import parse
from cfncors.template import load

_LISTS = ("access-control-allow-methods", "access-control-allow-headers")
_STATUS = re.compile(r"""statusCode["']?\s*:\s*["']?(\d+)""")


def meaning(text: str, name: str) -> dict[str, Any]:
    """The APIs of a template. Equal for two texts that deploy the same answers for a browser."""
    template = load(parse(text, name))
    assert template is not None
    found: dict[str, Any] = _plain(summary(build(template)))
    return found


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, key) for inner in value]
    if key in _LISTS and isinstance(value, str):
        return sorted(token.strip().lower() for token in value.strip("'").split(","))
    if key == "application/json" and isinstance(value, str):
        status = _STATUS.search(value)
        return status[1] if status else value
    return value
