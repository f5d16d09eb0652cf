"""What the rules ask of a template: each thing is worked out when it is asked for, and once in a check."""

from __future__ import annotations

import gc
import inspect
import weakref
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pytest

import cfncors.facts.allow_lists
import cfncors.facts.chosen_in_code
import cfncors.facts.chosen_in_template
import cfncors.facts.code
import cfncors.facts.headers
import cfncors.facts.lacking
import cfncors.facts.listings
import cfncors.facts.preflights_in_code
from cfncors.checks import CHECKS
from cfncors.config import Settings
from cfncors.facts import Facts
from cfncors.functions import Functions
from cfncors.lint import examine
from tests.gateway.templates import model_of

#: A REST API whose code sends headers on some of its responses and answers preflights, and lists in the template.
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            headers = {'Access-Control-Allow-Origin': 'https://app.example.com',
                       'Access-Control-Allow-Methods': 'GET', 'Access-Control-Allow-Headers': 'X-One'}
            if event['httpMethod'] == 'OPTIONS':
                return {'statusCode': 204, 'headers': headers}
            if not event.get('body'):
                return {'statusCode': 400, 'body': 'no note'}
            return {'statusCode': 200, 'headers': headers, 'body': ''}
      Events:
        Any: {Type: Api, Properties: {Path: /notes, Method: any}}
        Put: {Type: Api, Properties: {Path: /notes, Method: put}}
  Other:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: {AllowOrigin: "'*'", AllowMethods: "'GET'", AllowHeaders: "'*'"}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration: {CorsRules: [{AllowedOrigins: ["*"], AllowedMethods: [GET]}]}
"""

#: How facts are found: what is called, and how often a check may.
FINDERS = {
    (cfncors.facts.headers, "sites"): 1,
    (cfncors.facts.listings, "listings"): 1,
    (cfncors.facts.allow_lists, "configured"): 2,  # methods, headers
    (cfncors.facts.allow_lists, "called_rest_apis"): 1,
    (cfncors.facts.allow_lists, "called_http_apis"): 1,
    (cfncors.facts.chosen_in_template, "choices"): 1,
    (cfncors.facts.code, "behind"): 1,
    (cfncors.facts.code, "covered"): 1,
    (cfncors.facts.code, "places"): 1,
    (cfncors.facts.preflights_in_code, "answering"): 1,
    (cfncors.facts.preflights_in_code, "lists_in_code"): 2,  # methods, headers
    (cfncors.facts.lacking, "lacking"): 1,
    (cfncors.facts.chosen_in_code, "chosen"): 1,
    (cfncors.facts.chosen_in_code, "allowed"): 1,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each fact is worked out."""
    times: Counter[str] = Counter()

    def counted(name: str, found: Callable[..., object]) -> Callable[..., object]:
        def finder(*given: object) -> object:
            times[name] += 1
            return found(*given)

        return finder

    for module, name in FINDERS:
        monkeypatch.setattr(module, name, counted(f"{module.__name__}.{name}", getattr(module, name)))
    monkeypatch.setattr(Functions, "_followed", counted("followed", Functions._followed))
    return times


def test_a_check_works_out_each_fact_once(asked: Counter[str]) -> None:
    audits = tuple(rule.id for rule, _ in CHECKS.values() if rule.audit)
    found = examine(TEMPLATE, "t.yaml", Settings(select=("E", "W", "I", *audits)))
    assert found.report.internal == ()
    assert asked == {f"{module.__name__}.{name}": often for (module, name), often in FINDERS.items()} | {"followed": 1}


def test_the_code_that_was_looked_at_for_evidence_is_not_followed_again(asked: Counter[str], tmp_path: Path) -> None:
    """An API without CORS in the template is known as one that pages call by the code in a file of the project."""
    (tmp_path / "app.py").write_text(
        "def handler(event, context):\n"
        "    return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}, 'body': ''}\n",
        "utf-8",
    )
    template = (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Notes:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Runtime: python3.13\n      Handler: app.handler\n      CodeUri: .\n"
        "      Events:\n        Get: {Type: Api, Properties: {Path: /notes, Method: get}}\n"
    )
    found = examine(template, str(tmp_path / "t.yaml"), Settings(root=str(tmp_path)))
    assert found.facts is not None
    assert found.model is found.facts.model
    assert [each.kind for each in found.facts.model.evidence.values()] == ["code"]
    assert [each.function.logical_id for each in found.facts.behind] == ["Notes"]
    assert found.facts.model_with_code.code
    assert asked["followed"] == 1


def test_every_fact_says_what_it_is() -> None:
    facts = [value for value in vars(Facts).values() if isinstance(value, cached_property)]
    public = [fact for fact in facts if not str(fact.attrname).startswith("_")]
    assert public
    assert [fact.attrname for fact in public if not inspect.getdoc(fact)] == []


def test_facts_go_with_their_last_reader() -> None:
    """A check runs without the garbage collector: what refers to itself would stay in memory for ever."""
    facts = Facts(model_of(TEMPLATE))
    for name, value in vars(Facts).items():
        if isinstance(value, cached_property):
            getattr(facts, name)
    for _, check in CHECKS.values():
        tuple(check(facts))
    gone = weakref.ref(facts), weakref.ref(facts.functions)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        del facts
        assert [each() for each in gone] == [None, None]
    finally:
        if was_enabled:
            gc.enable()
