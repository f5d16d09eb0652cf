"""Properties: routing by a tree is routing by the rules, and no template text breaks the reader of Velocity."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.gateway.answer import path_of
from cfncors.gateway.model import ANY_METHODS, Method
from cfncors.gateway.routing import route
from cfncors.gateway.vtl import NotUnderstood, overrides
from tests.gateway.test_respond import routes

SEGMENTS = st.lists(st.sampled_from(["a", "b", "{id}", "{x}"]), max_size=3)
PATHS = st.builds(
    lambda parts, greedy: "/" + "/".join([*parts, *greedy]), SEGMENTS, st.sampled_from([[], ["{proxy+}"]])
)
VERBS = st.sampled_from(["GET", "PUT", "OPTIONS", "ANY"])
KEYS = st.lists(st.builds("{} {}".format, VERBS, PATHS), min_size=1, max_size=6, unique=True)


def kinds(template: str, path: str) -> list[int] | None:
    """How a resource's path fits, as the rules say it: literal, parameter, greedy; ``None`` when it does not."""
    parts, asked = [p for p in template.split("/") if p], [p for p in path.split("/") if p]
    found: list[int] = []
    for index, part in enumerate(parts):
        if index >= len(asked):
            return None
        if part.endswith("+}"):
            return [*found, 0 if asked[index:] == [part] else 2]
        if part != asked[index] and not part.startswith("{"):
            return None
        found.append(0 if part == asked[index] else 1)
    return found if len(parts) == len(asked) else None


def rank(method: Method, verb: str, path: str) -> tuple[list[int], bool] | None:
    fit = kinds(method.path, path)
    takes = method.verb == verb or (method.verb == "ANY" and verb in ANY_METHODS)
    return (fit, method.verb != verb) if fit is not None and takes else None


@settings(deadline=None)
@given(KEYS, st.sampled_from(["GET", "PUT", "OPTIONS", "PURGE"]), PATHS | st.sampled_from(["/c", "/a/c/d", "/b/a/"]))
def test_a_route_is_the_best_that_fits(keys: list[str], verb: str, path: str) -> None:
    api = routes(*keys)
    ranked = [(found, index) for index, m in enumerate(api.methods) if (found := rank(m, verb, path)) is not None]
    match = route(api, verb, path)
    if not ranked:
        assert match is None
        return
    assert match is not None
    assert rank(match.method, verb, path) == min(ranked)[0]


WORDS = "#if( #set( ) #end #else #elseif( $origin = == \" ' || && ! $input .params( [ ] , { } true 1 \\ ## #*"
TARGETS = ["$context.responseOverride.header.X", "$context.responseOverride.status", "\n", " "]
PIECES = st.sampled_from([*WORDS.split(), *TARGETS])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40), st.text(max_size=10))
def test_any_text_is_read_or_not_understood(template: str, origin: str) -> None:
    try:
        found = overrides(template, {"origin": origin})
    except NotUnderstood:
        return
    assert found == overrides(template, {"origin": origin})


def test_brackets_without_end_are_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        overrides(f"#if({'(' * 50_000}{')' * 50_000})#end", {})


@given(st.text())
def test_every_url_has_a_path(url: str) -> None:
    assert path_of(f"https://api.example.com/{url}").startswith("/")
