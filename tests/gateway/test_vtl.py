"""The part of Velocity that chooses an origin: what frameworks and AWS's examples write, and nothing guessed."""

from __future__ import annotations

import pytest

from cfncors.gateway.vtl import NotUnderstood, overrides, possibilities

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


# -- any request ------------------------------------------------------------------------------------------------------

ORIGINS = [f"$input.params('Origin') == 'https://{n}.example.com'" for n in range(40)]
LISTED = """
#set($origin = $input.params().header.get("Origin"))
#if($origin == "") #set($origin = $input.params().header.get("origin")) #end
#set($allowed = ["https://a.example.com", "https://b.example.com"])
#set($known = $allowed.contains($origin))
#if($known)
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end
#if($known)
#set($context.responseOverride.header.Access-Control-Allow-Credentials = 'true')
#else
#set($context.responseOverride.header.Access-Control-Allow-Credentials = 'false')
#end
"""


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "#set($context.responseOverride.header.Access-Control-Allow-Methods = 'GET,OPTIONS')",
            {"access-control-allow-methods": (("GET,OPTIONS",), True)},
        ),
        ("#set($context.responseOverride.status = 403)", {"": (("403",), True)}),
        (
            "#if($input.params('Origin').startsWith('https://')) #set($context.responseOverride.status = 204) #end",
            {"": (("204",), False)},
        ),
        # what is set by a truth of the template's own is no choice
        (
            "#set($on = true) #if($on) #set($context.responseOverride.header.Vary = 'Origin') #end",
            {"vary": (("Origin",), True)},
        ),
        ("#set($context.responseOverride.header.X = $input.params('Origin'))", {"x": ((None,), True)}),
        (
            "#set($o = $input.params('Origin')) #set($context.responseOverride.header.X = \"https://${o}/\")",
            {"x": ((None,), True)},
        ),
        (
            """#if(!$input.params('X').trim().isEmpty() && $input.params('Y') != 'z')
            #set($context.responseOverride.header.X = 'a') #else #set($context.responseOverride.header.X = 'b') #end""",
            {"x": (("a", "b"), True)},
        ),
        (  # a long list of alternatives is two ways, not two to its length
            f"#if({' || '.join(ORIGINS)}) #set($context.responseOverride.status = 204) #end",
            {"": (("204",), False)},
        ),
        (
            """#set($is = $input.params('Origin') == 'x')
            #if($is) #set($context.responseOverride.header.X = 'a') #end
            #if(!$is) #set($context.responseOverride.header.X = 'b') #end""",
            {"x": (("a", "b"), True)},
        ),
        # one truth turns out one way wherever it is asked for
        (
            LISTED,
            {
                "access-control-allow-origin": ((None,), False),
                "access-control-allow-credentials": (("true", "false"), True),
            },
        ),
        ("", {}),
    ],
)
def test_what_a_template_may_set_for_any_request(
    template: str, expected: dict[str, tuple[tuple[str | None, ...], bool]]
) -> None:
    assert {key: (each.texts, each.always) for key, each in possibilities(template).items()} == expected


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($x in [1]) #end",
        "#set($context.responseOverride.header.X = $util.base64Encode('x'))",
        "#set($context.responseOverride.header.X = $input.params('Origin').split(','))",
        "".join(f"#if({origin}) #set($context.responseOverride.status = {n}) #end" for n, origin in enumerate(ORIGINS)),
    ],
)
def test_what_is_not_understood_is_said(template: str) -> None:
    with pytest.raises(NotUnderstood):
        possibilities(template)


@pytest.mark.parametrize("origin", ["https://a.example.com", "https://b.example.com", "https://c.example.com", ""])
def test_what_one_request_gets_is_among_what_any_may_get(origin: str) -> None:
    possible = possibilities(LISTED)
    found = overrides(LISTED, {"origin": origin}).headers
    for key, (_, text) in found.items():
        assert text in possible[key].texts or None in possible[key].texts
    assert all(key in found for key, each in possible.items() if each.always)
