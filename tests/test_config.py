"""Settings: which rules are on, where, and what is said of a configuration that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfncors.config import Settings, load, origin, rule_ids
from cfncors.errors import UsageError

RULES = [("E9421", "gateway-response-without-cors"), ("W9422", "api-without-gateway-cors"), ("I9491", "unused")]


@pytest.mark.parametrize(
    ("select", "ignore", "on"),
    [
        ((), (), {"E9421", "W9422", "I9491"}),
        (("E",), (), {"E9421"}),
        (("E942", "I"), (), {"E9421", "I9491"}),
        ((), ("W94",), {"E9421", "I9491"}),
        (("E9421",), ("E94",), {"E9421"}),
        (("E94",), ("E9421",), set()),
    ],
)
def test_which_rules_are_on(select: tuple[str, ...], ignore: tuple[str, ...], on: set[str]) -> None:
    settings = Settings(select=select, ignore=ignore)
    assert {rule_id for rule_id, _ in RULES if settings.wants(rule_id)} == on


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.cfncors]\norigin = "https://above.example"\n')
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "sub" / "pyproject.toml").write_text("[tool.other]\n")
    assert load(str(tmp_path / "sub" / "deep"), RULES).origin == "https://above.example"
    (tmp_path / "sub" / ".cfncors.toml").write_text('origin = "https://near.example"\ncredentials = true\n')
    near = load(str(tmp_path / "sub" / "deep"), RULES)
    assert (near.origin, near.credentials) == ("https://near.example", True)


def test_all_keys(tmp_path: Path) -> None:
    (tmp_path / ".cfncors.toml").write_text(
        "[tool.cfncors]\n"
        'select = ["E", "api-without-gateway-cors"]\nignore = ["e9421"]\n'
        'per-file-ignores = {"tests/**" = ["W"], "*.gen.yaml" = ["I9491"]}\n'
    )
    settings = load(str(tmp_path), RULES)
    assert settings.select == ("E", "W9422")
    assert settings.ignore == ("E9421",)
    assert settings.ignored_in(str(tmp_path / "tests" / "deep" / "a.yaml")) == ("W",)
    assert settings.ignored_in(str(tmp_path / "tests" / "a.gen.yaml")) == ("W", "I9491")
    assert settings.ignored_in(str(tmp_path / "a.yaml")) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('selct = ["E"]', "unknown key 'selct'; known are select, ignore, per-file-ignores, origin, credentials"),
        ('select = "E9421"', 'select is a list of rules: ["E9421", "W944"]'),
        ('ignore = ["E99"]', "no rule begins with 'E99'; `cfncors explain` lists them"),
        ('ignore = [""]', "no rule begins with ''; `cfncors explain` lists them"),
        ("per-file-ignores = 3", 'per-file-ignores is a table: "tests/*" = ["E942"]'),
        ('credentials = "yes"', "credentials is true or false, without quotes"),
        ('origin = "https://a.example/"', "write https://a.example"),
        ("origin = ", "not TOML"),
        ("tool.cfncors = 3", "tool.cfncors is not a table; write [tool.cfncors]"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / ".cfncors.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        load(str(tmp_path), RULES)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://app.example.com",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
        "capacitor://localhost",
        "https://a.example:80",
    ],
)
def test_an_origin(text: str) -> None:
    assert origin(text) == text


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("https://app.example.com/", "https://app.example.com"),
        ("https://App.Example.com/path?q#f", "https://app.example.com"),
        ("app.example.com", "https://app.example.com"),
        ("'https://app.example.com'", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        ("https://user:secret@app.example.com", "https://app.example.com"),
        ("https://*.example.com", "scheme://host"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a.example:99999", "scheme://host"),
        ("", "scheme://host"),
        ("null", "scheme://host"),
        ("localhost:3000", "http://localhost:3000"),
    ],
)
def test_what_is_not_an_origin(text: str, instead: str) -> None:
    with pytest.raises(UsageError, match="is not an origin as browsers send it; write ") as raised:
        origin(text)
    assert str(raised.value).partition("; write ")[2].startswith(instead)


def test_the_wildcard_is_no_origin() -> None:
    with pytest.raises(UsageError, match="is what a fix uses without it"):
        origin("*")


def test_names_stand_for_ids() -> None:
    assert rule_ids(["unused", "w94"], RULES) == ("I9491", "W94")
