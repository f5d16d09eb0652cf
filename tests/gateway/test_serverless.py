"""The model of a service is that of the template which the Serverless Framework packages from it.

The templates were recorded by ``make oracles`` from ``serverless`` 3 and ``osls``; see ``scripts/oracles.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.config import Settings
from cfncors.fix import fix_file
from cfncors.gateway import build
from cfncors.gateway.model import Model
from cfncors.gateway.summary import summary
from cfncors.lint import check_file, check_text, screen
from cfncors.report import FileReport
from cfncors.source import Node, Scalar, Sequence, decode, parse
from cfncors.template import load
from cfncors.verdicts import simulate
from tests.shared import ROOT, SHARED, needs_shared

FOLDER = ROOT / "fixtures" / "serverless"
SERVICES = sorted(FOLDER.glob("*/serverless.*"))
RECORDINGS = ("packaged-3.json", "packaged-osls.json")
#: The front ends of services that a recording keeps, beside functions.
COMPARED = ("AWS::ApiGateway", "AWS::ApiGatewayV2", "AWS::Lambda::Url", "AWS::S3", "AWS::CloudFront", "AWS::Lambda::F")


def model(path: Path) -> Model:
    template = load(parse(decode(path.read_bytes()), str(path)))
    assert template is not None
    return build(template)


def ids(of: Model) -> dict[str, str]:
    return {name: r.type for name, r in of.template.resources.items() if r.type.startswith(COMPARED)}


@pytest.mark.parametrize("recording", RECORDINGS)
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.parent.name)
def test_the_model_is_that_of_the_packaged_template(service: Path, recording: str) -> None:
    packaged = model(service.parent / recording)
    ours = model(service)
    assert summary(ours) == summary(packaged)
    assert ids(ours) == ids(packaged)


def test_there_are_enough_services() -> None:
    assert len(SERVICES) >= 25


@needs_shared
@pytest.mark.parametrize("name", ["authorizer-cors", "cors-object", "cors-true", "gatewayresponse", "httpapi-cors"])
def test_the_model_is_that_of_templates_which_others_packaged(name: str) -> None:
    folder = SHARED / "framework-templates"
    ours = summary(model(folder / "serverless" / name / "serverless.yml"))
    for framework in ("sls3", "osls4"):
        assert ours == summary(model(folder / f"{framework}-{name}.json"))


# -- places, and what a user sees --------------------------------------------------------------------------------------


def test_findings_of_a_service_stand_at_its_events() -> None:
    report = check_file(str(FOLDER / "rest-lambda-integration" / "serverless.yml"), Settings())
    listed = next(each for each in report.placed if each.finding.rule.id == "E9442")
    assert listed.source.strip() == "origins: [https://a.example.com, https://b.example.com]"
    assert listed.path == ("functions", "plain", "events", 1, "http", "cors", "origins", 0)
    assert "lambda-proxy" in listed.finding.message


def test_what_another_file_holds_is_found_and_mended_there(tmp_path: Path) -> None:
    copytree(FOLDER / "variables-file", tmp_path / "service")
    service = tmp_path / "service" / "serverless.yml"
    report = check_file(str(service), Settings())
    lacking = next(each for each in report.placed if each.finding.rule.id == "E9421")
    assert lacking.source.strip() == "cors:"
    result = fix_file(str(service), Settings())
    assert result.before == result.after
    changed = {Path(each.name).name: each.after for each in result.beside}
    assert "DEFAULT_4XX" in changed["resources.json"]


def test_a_value_that_differs_from_stage_to_stage_is_copied_with_its_variable() -> None:
    result = fix_file(str(FOLDER / "variables-env" / "serverless.yml"), Settings())
    wanted = """Access-Control-Allow-Origin: "'${env:CFNCORS_FIXTURE_ORIGIN, 'https://app.example.com'}'\""""
    assert wanted in result.after


def test_the_simulation_says_what_was_taken_as_not_given() -> None:
    visits = simulate(model(FOLDER / "variables-stage" / "serverless.yml")).visits
    preflight = visits[0].routes[0].cases[0]
    assert preflight.assumes == ("opt:stage not given",)


def test_a_service_is_found_by_its_name_in_a_folder(tmp_path: Path) -> None:
    text = (FOLDER / "httpapi-cors-object" / "serverless.yml").read_bytes()
    assert b"Resources" not in text
    assert not isinstance(screen(text, str(tmp_path / "serverless.yml"), found=True), FileReport)
    assert isinstance(screen(text, str(tmp_path / "values.yml"), found=True), FileReport)


def test_files_of_other_providers_and_with_the_wrong_shape() -> None:
    google = check_text("service: a\nprovider: {name: google}\nfunctions: {}\n", "serverless.yml", Settings())
    assert google.skipped
    wrong = check_text("service: a\nprovider: aws\nfunctions: [x]\n", "serverless.yml", Settings())
    assert wrong.error is not None
    assert (wrong.error.reason, wrong.error.line) == ("functions is a single value where a mapping belongs", 3)


#: What people write in the wrong place.
ODD: tuple[object, ...] = (
    None,
    True,
    7,
    "",
    "x",
    "${self:",
    "${ssm:x}",
    "${self:functions}",
    [],
    {},
    [None],
    {"a": []},
    {"Ref": "X"},
)


@given(st.sampled_from(SERVICES), st.data())
@settings(max_examples=60, deadline=None)
def test_wrong_types_anywhere_never_crash(service: Path, data: st.DataObject) -> None:
    plain = _plain(parse(decode(service.read_bytes())).root)
    place = data.draw(st.sampled_from(list(_places(plain))))
    broken = _with(plain, place, data.draw(st.sampled_from(ODD)))
    report = check_text(json.dumps(broken), str(service), Settings())
    assert report.internal == ()


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value if node.tag is None else {"Ref": node.text}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {name: _plain(entry.value) for name, entry in node.items()}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _with(value: Any, path: tuple[str | int, ...], new: object) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: _with(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [_with(item, path[1:], new) if number == path[0] else item for number, item in enumerate(value)]
