"""Nested stacks whose templates are files: they are checked and mended with the stack that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfncors.cli import main

PARENT = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Books:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: stacks/books.yaml}
  Again:
    Type: AWS::Serverless::Application
    Properties: {Location: ./stacks/../stacks/books.yaml}
  Elsewhere:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: https://bucket.s3.amazonaws.com/other.yaml}
  Missing:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: stacks/missing.yaml}
  Itself:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: template.yaml}
"""
BOOKS = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Deeper:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: api.yaml}
"""
API = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "*"
"""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    for name, text in (("template.yaml", PARENT), ("stacks/books.yaml", BOOKS), ("stacks/api.yaml", API)):
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_nested_stack_of_the_cdk_is_beside_it(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The CDK names it in the metadata; its TemplateURL is put together at deployment."""
    nested = """\
Resources:
  Books:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, ".amazonaws.com/assets/0a.json"]]}
    Metadata: {"aws:asset:path": stacks/api.yaml, "aws:asset:property": TemplateURL}
"""
    (stack / "App.template.yaml").write_text(nested, "utf-8")
    assert main(["check", "-q", "App.template.yaml"]) == 1
    assert capsys.readouterr().out.startswith("stacks/api.yaml:")


def test_check_follows_local_templates_to_the_bottom(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "template.yaml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.split(":")[0] for line in lines} == {"stacks/api.yaml"}
    assert sum("E9411" in line for line in lines) == 1, "each file once"


def test_fix_mends_them(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "template.yaml"]) == 0
    assert "\"'*'\"" in (stack / "stacks" / "api.yaml").read_text("utf-8")
    assert "3 files checked" in capsys.readouterr().out
    assert (stack / "template.yaml").read_text("utf-8") == PARENT


def test_a_folder_counts_each_file_once(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "."])
    assert "(3 files checked)" in capsys.readouterr().out
