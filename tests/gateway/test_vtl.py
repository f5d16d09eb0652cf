"""The part of Velocity that chooses an origin: what frameworks and AWS's examples write, and nothing guessed."""

from __future__ import annotations

import pytest

from cfncors.gateway.vtl import NotUnderstood, overrides

A, B, EVIL = "https://a.example.com", "https://b.example.com", "https://evil.example.com"
SET = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
BOTH = '#set($origin = $input.params("Origin"))\n#if($origin == "") #set($origin = $input.params("origin")) #end\n'


def chosen(template: str, origin: str) -> str | None:
    found = overrides(template, {"origin": origin}).headers.get("access-control-allow-origin")
    return found[1] if found is not None else None


@pytest.mark.parametrize(
    "condition",
    [
        f'$origin == "{A}" || $origin == "{B}"',
        f"$origin == '{A}' or $origin.equals('{B}')",
        '($origin.matches("https://[ab][.]example[.]com"))',
        f'!($origin != "{A}" && $origin != "{B}")',
        f'["{A}", "{B}"].contains($origin)',
        '$origin.startsWith("https://") && $origin.endsWith(".example.com") && !$origin.contains("evil")',
        f'$!{{origin}} == "{A}" || $origin.toLowerCase() eq "{B}"',
    ],
)
def test_conditions(condition: str) -> None:
    template = f"{BOTH}#if({condition})\n  {SET}\n#end"
    if condition.startswith("["):
        template = f'{BOTH}#set($list = ["{A}", "{B}"])#if($list.contains($origin)){SET}#end'
    assert [chosen(template, origin) for origin in (A, B, EVIL)] == [A, B, None]


def test_the_first_branch_that_holds_is_taken() -> None:
    def to(text: str) -> str:
        return f'#set($context.responseOverride.header.Access-Control-Allow-Origin = "{text}")'

    template = (
        f'{BOTH}#if($origin == "{A}"){to("$origin")}#elseif($origin == "{B}"){to("two ${origin}")}#else{to("none")}#end'
    )
    assert [chosen(template, origin) for origin in (A, B, EVIL)] == [A, f"two {B}", "none"]


def test_nested_branches_and_comments() -> None:
    template = f'{BOTH}## #if(x)\n#* #end *#\n#if($origin == "{A}")#if(false)#set($x = 1)#else{SET}#end#end'
    assert [chosen(template, A), chosen(template, B)] == [A, None]


def test_the_status_is_overridden_too() -> None:
    assert overrides("#set($context.responseOverride.status = 204)", {}).status == "204"


@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_one_spelling_of_the_header_is_a_doubt(name: str) -> None:
    found = overrides(f'#set($origin = $input.params("{name}"))#if($origin == "{A}"){SET}#end', {"origin": A})
    assert (found.headers["access-control-allow-origin"][1], found.one_case) == (A, True)
    assert not overrides(f'{BOTH}#if($origin == "{A}"){SET}#end', {"origin": A}).one_case


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($o in $list) #end",
        "#if($util.parseJson($x)) #end",
        "#set($x = $context.identity.sourceIp)",
        "#if($unknown) #end",
        "#if(true)",
        "#end",
        '#set($x = "a" + "b")',
        "#set($context.responseOverride.body = 1)",
        '#set($x = $input.path("$.a"))',
        '#if($input.params("origin").replaceAll("a", "b") == "x") #end',
        '#if($input.params("origin").matches("(")) #end',
        '#if($input.params("origin").matches("(.*)*!")) #end',
    ],
)
def test_what_is_not_read_is_not_guessed(template: str) -> None:
    with pytest.raises(NotUnderstood):
        overrides(template, {"origin": A})
