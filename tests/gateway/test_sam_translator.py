"""The model of a SAM template equals the model of what aws-sam-translator makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings

from cfncors.gateway import build
from cfncors.gateway.summary import summary
from cfncors.source import decode, parse
from cfncors.template import Template, load
from tests.gateway.sam_http_templates import templates
from tests.gateway.translator import TransformRefused, transformed
from tests.shared import corpus, fixtures, needs_shared, sam_cases

#: Too few translated templates would mean that the test proves nothing.
LEAST_TRANSLATED = 75


def template(path: Path) -> Template | None:
    return load(parse(decode(path.read_bytes()), str(path)))


def models(text: str, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our model of a SAM template, and that of its transform, without APIs that no route or response speaks of."""
    written = load(parse(text, str(path)))
    assert written is not None
    deployed = load(parse(transformed(text, path.parent), "<transformed>"))
    assert deployed is not None
    ours, theirs = summary(build(written)), summary(build(deployed))
    return {k: v for k, v in ours.items() if v.get("routes") or k in theirs}, theirs


def is_sam(path: Path) -> bool:
    try:
        found = template(path)
    except Exception:  # the unreadable fixtures have their own tests
        return False
    return found is not None and found.is_sam


SOURCES = [path for path in (*sam_cases(), *corpus(), *fixtures()) if is_sam(path)]


@needs_shared
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_model_equals_the_translators(path: Path) -> None:
    try:
        ours, theirs = models(decode(path.read_bytes()), path)
    except TransformRefused:
        return  # counted below: what does not translate does not deploy
    assert ours == theirs


@given(templates())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_http_apis_and_function_urls_equal_the_translators(made: dict[str, Any]) -> None:
    try:
        ours, theirs = models(json.dumps(made), Path("template.json"))
    except TransformRefused as refused:
        event(f"refused: {str(refused)[:100]}")
        return
    event("translated")
    assert ours == theirs


@needs_shared
def test_most_templates_translate() -> None:
    translated = 0
    for path in (*sam_cases(), *corpus()):
        if is_sam(path):
            try:
                transformed(decode(path.read_bytes()), path.parent)
                translated += 1
            except TransformRefused:
                continue
    assert translated >= LEAST_TRANSLATED
