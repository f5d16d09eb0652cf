"""What an expression may be when nobody says which deployment is meant."""

from __future__ import annotations

import time

import pytest

from cfncors.errors import UnreadableTemplate
from cfncors.source import Node, Sequence, parse
from cfncors.template import Absent, Known, Template, Unknown, leaves, load
from cfncors.template.worlds import World, read, truth, worlds

HEAD = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: {Type: String, AllowedValues: [dev, test, prod], Default: dev}
  Domain: {Type: String, Default: ''}
  Env: {Type: String, Default: dev}
  Free: {Type: String}
Mappings:
  Site:
    dev: {web: "https://dev.example.com", list: [https://a.example.com, https://b.example.com]}
    test: {web: "https://test.example.com", list: [https://c.example.com]}
    prod: {web: "https://www.example.com", list: [https://d.example.com]}
  Part:
    dev: {web: "https://part.example.com"}
  Names:
    dev: {row: test}
    test: {row: dev}
    prod: {row: prod}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
  HasDomain: !Not [!Equals [!Ref Domain, '']]
  InEurope: !Equals [!Ref "AWS::Region", eu-central-1]
  InAmerica: !Equals [!Ref "AWS::Region", us-east-1]
  Abroad: !Not [!Condition InEurope]
  Never: !Equals [one, other]
Resources:
"""


def template(*lines: str) -> Template:
    found = load(parse(HEAD + "\n".join(lines), "t.yaml"))
    assert found is not None
    return found


def value(expression: str, condition: str = "") -> list[str | None]:
    """The possibilities of an expression in a resource, sorted; ``…`` for a part that is not known, ``None`` for
    nothing."""
    head = f", Condition: {condition}" if condition else ""
    made = template("  R:", f"    {{Type: AWS::SNS::Topic{head}, Properties: {{X: {expression}}}}}")
    node = made.resources["R"].get("X")
    assert node is not None
    return sorted(map(_shown, leaves(made.value(node))), key=str)


def _shown(leaf: Known | Unknown | Absent) -> str | None:
    if isinstance(leaf, Absent):
        return None
    return leaf.text if isinstance(leaf, Known) else "".join("…" if piece is None else piece for piece in leaf.pieces)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # a side of a condition is not made with a value for which the condition is otherwise
        ('!If [HasDomain, !Sub "https://${Domain}", "*"]', ["*", "https://…"]),
        ('!If [IsProd, !Sub "${Stage}.example.com", other]', ["other", "prod.example.com"]),
        ('!If [NotProd, !Sub "${Stage}.example.com", other]', ["dev.example.com", "other", "test.example.com"]),
        # conditions that go together, and conditions that exclude each other
        ("!If [IsProd, !If [IsProd, a, b], c]", ["a", "c"]),
        ("!If [IsProd, !If [NotProd, a, b], !If [NotProd, c, d]]", ["b", "c"]),
        ("!If [InEurope, !If [Abroad, a, b], c]", ["b", "c"]),
        ("!If [InEurope, !If [InAmerica, a, b], !If [InAmerica, c, d]]", ["b", "c", "d"]),
        ('!Join ["-", [!If [IsProd, a, b], !If [IsProd, c, d]]]', ["a-c", "b-d"]),
        ("!If [Never, a, b]", ["b"]),
        # one parameter has one value
        ('!Sub "${Stage}.${Stage}"', ["dev.dev", "prod.prod", "test.test"]),
        ("!If [Missing, a, b]", ["a", "b"]),
        ('!If [IsProd, !Ref "AWS::NoValue", a]', [None, "a"]),
    ],
)
def test_no_possibility_is_one_that_its_conditions_exclude(expression: str, expected: list[str | None]) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("IsProd", ["a"]), ("NotProd", ["b"]), ("HasDomain", ["a", "b"]), ("Never", ["a", "b"])],
)
def test_what_is_in_a_resource_counts_where_the_resource_is_made(condition: str, expected: list[str]) -> None:
    assert value("!If [IsProd, a, b]", condition) == expected


def test_a_parameter_in_a_resource_has_a_value_with_which_the_resource_is_made() -> None:
    assert value('!Sub "https://${Domain}"', "HasDomain") == ["https://…"]
    assert value('!Sub "https://${Domain}"') == ["https://"]
    assert value("!Ref Stage", "IsProd") == ["prod"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!FindInMap [Site, !Ref Stage, web]", ["dev", "test", "www"]),
        ("!FindInMap [Site, prod, web]", ["www"]),
        # the rows of a mapping are the values that a parameter without AllowedValues is made for
        ("!FindInMap [Site, !Ref Env, web]", ["dev", "test", "www"]),
        ('!FindInMap [Site, !Sub "${Stage}", web]', ["dev", "test", "www"]),
        ("!FindInMap [Site, !If [IsProd, prod, dev], web]", ["dev", "www"]),
        ("!FindInMap [Site, !FindInMap [Names, !Ref Stage, row], web]", ["dev", "test", "www"]),
        ('!FindInMap [Site, !Ref "AWS::Region", web]', ["dev", "test", "www"]),
        ("!If [IsProd, !FindInMap [Site, !Ref Stage, web], https://none.example.com]", ["none", "www"]),
        ("!FindInMap [Part, !Ref Stage, web, {DefaultValue: https://default.example.com}]", ["default", "part"]),
    ],
)
def test_rows_that_a_parameter_chooses_are_possibilities(expression: str, expected: list[str]) -> None:
    assert value(expression) == [f"https://{name}.example.com" for name in expected]


def test_a_row_that_is_not_there_is_not_passed_over() -> None:
    assert value("!FindInMap [Part, !Ref Stage, web]") == ["https://part.example.com", "…"]


def test_a_row_has_its_place_in_the_mapping_and_says_when() -> None:
    made = template("  R: {Type: AWS::SNS::Topic, Properties: {X: !FindInMap [Site, !Ref Stage, web]}}")
    node = made.resources["R"].get("X")
    assert node is not None
    found = [leaf for leaf in leaves(made.value(node)) if isinstance(leaf, Known)]
    text = made.document.text
    assert [text[leaf.node.start : leaf.node.end] for leaf in found] == [f'"{leaf.text}"' for leaf in found]
    assert [leaf.chosen for leaf in found] == ["Stage=dev", "Stage=test", "Stage=prod"]
    assert all(leaf.assumes == {"Stage"} for leaf in found)


def test_a_value_that_is_the_same_in_all_deployments_assumes_none() -> None:
    made = template("  R: {Type: AWS::SNS::Topic, Properties: {X: !If [IsProd, same, same]}}")
    node = made.resources["R"].get("X")
    assert node is not None
    found = made.value(node)
    assert [leaf.text for leaf in leaves(found) if isinstance(leaf, Known)] == ["same", "same"], "two places"
    assert [leaf.chosen for leaf in leaves(found) if isinstance(leaf, Known)] != ["", ""]


def test_what_an_alias_repeats_counts_under_what_all_its_places_have_in_common() -> None:
    made = template(
        "  A: {Type: AWS::SNS::Topic, Condition: IsProd, Properties: {X: &x !If [IsProd, a, b]}}",
        "  B: {Type: AWS::SNS::Topic, Properties: {X: *x}}",
    )
    node = made.resources["A"].get("X")
    assert node is not None
    assert sorted(map(str, map(_shown, leaves(made.value(node))))) == ["a", "b"]


def test_rows_that_are_lists_are_lists() -> None:
    made = template("  R: {Type: AWS::SNS::Topic, Properties: {X: !FindInMap [Site, !Ref Stage, list]}}")
    node = made.resources["R"].get("X")
    sides = made.branches(node)
    assert [len(side.items) for side in sides if isinstance(side, Sequence)] == [2, 1, 1]
    here = made.in_world(World({"Stage": "prod"}, {}))
    (row,) = here.branches(node)
    assert [_shown(leaf) for item in here.values(row) or () for leaf in leaves(item)] == ["https://d.example.com"]


def test_branches_are_those_that_a_deployment_takes() -> None:
    made = template(
        "  R: {Type: AWS::SNS::Topic, Condition: IsProd, Properties: {X: !If [IsProd, [a], [b]]}}",
        "  S: {Type: AWS::SNS::Topic, Properties: {X: !If [IsProd, !If [NotProd, [a], [b]], [c]]}}",
    )

    def texts(name: str) -> list[list[str | None]]:
        sides: list[Node] = made.branches(made.resources[name].get("X"))
        return [[_shown(leaf) for item in made.values(side) or () for leaf in leaves(item)] for side in sides]

    assert texts("R") == [["a"]]
    assert texts("S") == [["b"], ["c"]]


# -- conditions -------------------------------------------------------------------------------------------------------


def conditions(*lines: str) -> Template:
    text = "\n".join(("Conditions:", *lines, "Resources:", "  R: {Type: AWS::SNS::Topic}"))
    found = load(parse(text, "t.yaml"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lines", "ring", "line"),
    [
        (["  A: !Condition A"], "A → A", 2),
        (["  A: !Not [!Condition B]", "  B: !Not [{Condition: A}]"], "A → B → A", 2),
        (["  X: !Or [!Condition A, !Condition B]", "  A: !Condition B", "  B: !Not [!Condition A]"], "A → B → A", 3),
    ],
)
def test_conditions_in_a_ring_are_refused_at_their_place(lines: list[str], ring: str, line: int) -> None:
    with pytest.raises(UnreadableTemplate) as refused:
        conditions(*lines)
    assert ring in refused.value.reason
    assert (refused.value.line, refused.value.column) == (line, 3)


@pytest.mark.parametrize("fan", [2, 10])
@pytest.mark.parametrize("function", ["Or", "And"])
def test_a_chain_in_which_each_condition_uses_the_next_one_again_costs_little(function: str, fan: int) -> None:
    chain = [f"  C{n + 1}: !{function} [{', '.join([f'!Condition C{n}'] * fan)}]" for n in range(60)]
    made = conditions('  C0: !Equals [!Ref "AWS::Region", us-east-1]', *chain)
    started = time.perf_counter()
    names = read(made, [], ["C60"])
    found = worlds(made, names, {})
    assert [world.conditions for world in found] == [{"C0": True}, {"C0": False}]
    assert [truth(made.in_world(world), "C60") for world in found] == [True, False]
    assert time.perf_counter() - started < 2


def test_a_tree_of_conditions_costs_little() -> None:
    lines = ["  L0: !Equals [a, b]"]
    for depth in range(8):
        operands = ", ".join(f"!Condition L{depth}" for _ in range(10))
        lines.append(f"  L{depth + 1}: !Or [!Not [!And [{operands}]], {operands}]")
    made = conditions(*lines)
    started = time.perf_counter()
    assert truth(made.in_world(World({}, {})), "L8") is True
    assert time.perf_counter() - started < 2


def test_a_long_chain_is_worked_out() -> None:
    chain = [f"  C{n + 1}: !Not [!Condition C{n}]" for n in range(450)]
    made = conditions("  C0: !Equals [a, a]", *chain)
    assert truth(made.in_world(World({}, {})), "C450") is True


def test_many_open_conditions_turn_out_all_alike() -> None:
    lines = [f'  C{n}: !Equals [!Ref "AWS::Region", r{n}]' for n in range(3)]
    lines += [f"  D{n}: !Equals [!GetAtt X.Y{n}, yes]" for n in range(6)]
    made = conditions(*lines)
    found = worlds(made, read(made, [], [f"C{n}" for n in range(3)]), {})
    assert len(found) == 4, "each region, and another one"
    assert all(sum(truth(made.in_world(world), f"C{n}") is True for n in range(3)) <= 1 for world in found)
    many = worlds(made, read(made, [], [f"D{n}" for n in range(6)]), {})
    assert [set(world.conditions.values()) for world in many] == [{True}, {False}]


def test_parameters_that_only_conditions_ask_for_cost_little() -> None:
    names = [f"P{number}" for number in range(8)]
    text = "Parameters:\n" + "".join(f"  {name}: {{Type: String, AllowedValues: [a, b]}}\n" for name in names)
    text += f"Conditions:\n  C: !And [{', '.join(f'!Equals [!Ref {name}, b]' for name in names)}]\n"
    values = [f"V{n}: !If [C, a{n}, b{n}]" for n in range(300)]
    text += f"Resources:\n  R: {{Type: AWS::SNS::Topic, Properties: {{{', '.join(values)}}}}}\n"
    made = load(parse(text, "t.yaml"))
    assert made is not None
    started = time.perf_counter()
    for entry in made.resources["R"].properties.entries:  # type: ignore[union-attr]
        assert [_shown(leaf)[0] for leaf in leaves(made.value(entry.value))] == ["a", "b"]  # type: ignore[index]
    assert time.perf_counter() - started < 5
