"""The deployments that a template allows: which values parameters take, and what conditions come to."""

from __future__ import annotations

import pytest

from cfncors.source import parse
from cfncors.template import Known, Template, load
from cfncors.template.worlds import World, read, truth, worlds

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: {Type: String, Default: dev}
  Size: {Type: String, AllowedValues: [small, large], Default: large}
  Site: {Type: String}
  Unused: {Type: String, AllowedValues: [a, b, c]}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Equals ["test", !Ref Stage]
  IsLarge: {"Fn::Equals": [{Ref: Size}, large]}
  Big: !And [!Condition IsProd, {Condition: IsLarge}]
  Either: !Or [!Condition IsProd, !Condition IsTest]
  Small: !Not [!Condition IsLarge]
  InEurope: !Equals [!Ref "AWS::Region", eu-central-1]
Resources:
  Values:
    Type: AWS::SNS::Topic
    Properties:
      Plain: text
      Stage: !Ref Stage
      Site: !Sub "https://${Site}"
      Big: !If [Big, !If [IsTest, a, b], !Sub "${Size}"]
      Europe: !If [InEurope, eu, us]
"""


@pytest.fixture
def template() -> Template:
    found = load(parse(TEMPLATE, "t.yaml"))
    assert found is not None
    return found


def node(template: Template, name: str) -> object:
    found = template.resources["Values"].get(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("stage", "size", "expected"),
    [
        ("prod", "large", {"IsProd": True, "Big": True, "Either": True, "Small": False}),
        ("prod", "small", {"Big": False, "Either": True, "Small": True}),
        ("test", "large", {"IsProd": False, "Big": False, "Either": True}),
        ("dev", "large", {"Either": False}),
    ],
)
def test_conditions(template: Template, stage: str, size: str, expected: dict[str, bool]) -> None:
    here = template.in_world(World({"Stage": stage, "Size": size}, {}))
    assert {name: truth(here, name) for name in expected} == expected


def test_what_is_not_known_stays_open(template: Template) -> None:
    here = template.in_world(World({"Stage": "dev"}, {}))
    assert [truth(here, name) for name in ("InEurope", "Missing")] == [None, None]
    assert truth(template.in_world(World({}, {"InEurope": True})), "InEurope") is True
    assert template.truth("IsProd") is None, "without a world nothing is decided"


def test_expressions_name_all_that_decides_them(template: Template) -> None:
    names = read(template, [node(template, "Big")])  # type: ignore[list-item]
    assert names.parameters == {"Stage", "Size"}
    assert names.conditions == {"Big", "IsTest", "IsProd", "IsLarge"}


def test_worlds_take_defaults_allowed_values_and_what_conditions_compare_with(template: Template) -> None:
    names = read(template, [node(template, "Big")])  # type: ignore[list-item]
    found = [tuple(world.parameters[name] for name in ("Stage", "Size")) for world in worlds(template, names, {})]
    stages, sizes = ("dev", "test", "prod"), ("large", "small")
    assert sorted(found) == sorted((stage, size) for stage in stages for size in sizes)
    assert found[0] == ("dev", "large"), "the defaults come first"
    values = []
    for world in worlds(template, names, {"Stage": "prod"}):
        value = template.in_world(world).value(node(template, "Big"))  # type: ignore[arg-type]
        assert isinstance(value, Known)
        values.append(value.text)
    assert values == ["b", "small"]


def test_conditions_that_no_parameter_decides_turn_out_both_ways(template: Template) -> None:
    names = read(template, [node(template, "Europe")])  # type: ignore[list-item]
    assert [world.conditions for world in worlds(template, names, {})] == [{"InEurope": True}, {"InEurope": False}]


def test_a_parameter_without_a_value_stays_unknown(template: Template) -> None:
    names = read(template, [node(template, "Site")])  # type: ignore[list-item]
    (world,) = worlds(template, names, {})
    assert not isinstance(template.in_world(world).value(node(template, "Site")), Known)  # type: ignore[arg-type]
    (told,) = worlds(template, names, {"Site": "a.example.com"})
    value = template.in_world(told).value(node(template, "Site"))  # type: ignore[arg-type]
    assert isinstance(value, Known)
    assert value.text == "https://a.example.com"


def test_many_choices_vary_one_at_a_time() -> None:
    names = [f"P{number}" for number in range(12)]
    parameters = "".join(f"  {name}: {{Type: String, AllowedValues: [a, b]}}\n" for name in names)
    used = "".join(f"${{{name}}}" for name in names)
    resource = f"{{Type: AWS::SNS::Topic, Properties: {{X: !Sub '{used}'}}}}"
    text = f"Parameters:\n{parameters}Resources:\n  R: {resource}\n"
    template = load(parse(text, "t.yaml"))
    assert template is not None
    found = worlds(template, read(template, [template.resources["R"].node]), {})
    assert len(found) == 13
    assert [sum(value == "b" for value in world.parameters.values()) for world in found] == [0, *[1] * 12]
