"""Code in the assets of a cloud assembly: followed in the project that it was copied or bundled from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cfncors.cli import main

HASH = "asset." + "0a" * 32
OTHER = "asset." + "1b" * 32
ALLOWED = {"Methods": "GET,POST", "Headers": "Content-Type"}
RESPONDS = "exports.handler = async () => ({ statusCode: 200, body: '' });\n"


def template(
    *assets: str, origin: str = "https://app.example.com", runtime: str = "nodejs22.x", bundled: bool = False
) -> str:
    """A synthesised stack: a preflight and gateway responses that are right, and a function per asset."""
    resources: dict[str, Any] = {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "Notes"}}}
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        parameters = {"gatewayresponse.header.Access-Control-Allow-Origin": f"'{origin}'"}
        properties: dict[str, Any] = {"RestApiId": {"Ref": "Api"}, "ResponseType": kind}
        resources[kind.replace("_", "")] = {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {**properties, "ResponseParameters": parameters},
        }
    mapped = {f"method.response.header.Access-Control-Allow-{name}": f"'{value}'" for name, value in ALLOWED.items()}
    mapped["method.response.header.Access-Control-Allow-Origin"] = f"'{origin}'"
    resources["Options"] = {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "HttpMethod": "OPTIONS",
            "AuthorizationType": "NONE",
            "Integration": {
                "Type": "MOCK",
                "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
                "IntegrationResponses": [{"StatusCode": "204", "ResponseParameters": mapped}],
            },
            "MethodResponses": [{"StatusCode": "204", "ResponseParameters": dict.fromkeys(mapped, True)}],
        },
    }
    for number, asset in enumerate(assets):
        resources[f"Fn{number}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": {"Fn::Sub": "assets-${AWS::Region}"}, "S3Key": f"{asset[6:]}.zip"},
                "Handler": "index.handler",
                "Runtime": runtime,
            },
            "Metadata": {"aws:cdk:path": f"Notes/Fn{number}/Resource", "aws:asset:path": asset}
            | {"aws:asset:is-bundled": bundled, "aws:asset:property": "Code"},
        }
        arn = {"Fn::GetAtt": [f"Fn{number}", "Arn"]}
        start = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        uri = {"Fn::Join": ["", [start, arn, "/invocations"]]}
        resources[f"Get{number}"] = {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "HttpMethod": ("GET", "POST")[number],
                "AuthorizationType": "NONE",
                "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri},
            },
        }
    return json.dumps({"Resources": resources}, indent=1)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository with an app of the CDK, and the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, **files: str) -> None:
    for name, text in {"cdk.json": "{}", ".gitignore": "cdk.out\n", **files}.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["check", "-q", "--select", "E9462", *(arguments or (".",))])
    return capsys.readouterr().out.splitlines()


def test_a_copied_folder_is_told_and_mended_where_it_was_copied_from(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": RESPONDS})
    write(project, **{"services/notes/index.js": RESPONDS, "services/users/index.js": "exports.handler = 1;\n"})
    (line,) = told(capsys)
    assert line.startswith("services/notes/index.js:1:32: E9462 GET / answers 200 without Access-Control-Allow-Origin")
    assert "in CDK" not in line
    main(["fix", "-q", "--unsafe-fixes", "."])
    assert "'Access-Control-Allow-Origin': 'https://app.example.com'" in (
        project / "services/notes/index.js"
    ).read_text("utf-8")
    assert (project / "cdk.out" / HASH / "index.js").read_text("utf-8") == RESPONDS


def test_a_comment_of_a_person_names_no_module(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "// lib/http.js\n" + RESPONDS
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": code})
    write(project, **{"lib/http.js": RESPONDS, "fn/index.js": code})
    (line,) = told(capsys)
    assert line.startswith("fn/index.js:2:32: E9462")


def test_the_output_of_a_compiler_is_told_in_its_source(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": RESPONDS})
    write(project, **{"lambda/dist/index.js": RESPONDS})
    assert told(capsys) == []
    source = "export const handler = async () => ({ statusCode: 200, body: '' });\n"
    write(project, **{"lambda/src/index.ts": source})
    (line,) = told(capsys)
    assert line.startswith("lambda/src/index.ts:1:37: E9462")


def test_a_definition_is_read_from_its_asset(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origin = {"method.response.header.Access-Control-Allow-Origin": "*"}
    mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    mock |= {"responses": {"default": {"statusCode": "200", "responseParameters": origin}}}
    answer = {"description": "ok", "headers": {"Access-Control-Allow-Origin": {"type": "string"}}}
    options = {"responses": {"200": answer}, "x-amazon-apigateway-integration": mock}
    definition = {"swagger": "2.0", "paths": {"/notes": {"options": options}}}
    api = {
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {"BodyS3Location": {"Bucket": {"Fn::Sub": "assets-${AWS::Region}"}, "Key": "0a.json"}},
        "Metadata": {"aws:cdk:path": "Spec/Api/Resource", "aws:asset:path": f"{HASH}.json"}
        | {"aws:asset:property": "BodyS3Location"},
    }
    write(project, **{"cdk.out/Spec.template.json": json.dumps({"Resources": {"Api": api}})})
    write(project, **{f"cdk.out/{HASH}.json": json.dumps(definition, indent=1)})
    main(["check", "-q", "--select", "E9411", "."])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"cdk.out/{HASH}.json:")
    assert line.endswith("(construct Spec/Api); in CDK: the definition in ApiDefinition of SpecRestApi")
    main(["fix", "-q", "."])
    assert "\"'*'\"" not in (project / f"cdk.out/{HASH}.json").read_text("utf-8")


def test_without_a_repository_the_project_is_around_the_assembly(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".git").rmdir()
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": RESPONDS})
    write(project, **{"fn/index.js": RESPONDS})
    (line,) = told(capsys)
    assert line.startswith("fn/index.js:1:32: E9462")


def test_two_folders_alike_leave_open_which_is_meant(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": RESPONDS})
    write(project, **{"services/notes/index.js": RESPONDS, "services/users/index.js": RESPONDS})
    assert told(capsys) == []
    main(["simulate", "cdk.out/Notes.template.json"])
    assert f"200 from the code,\n  cdk.out/{HASH}/index.js:1" in capsys.readouterr().out


BUNDLE = """\
// src/http.ts
var ok = () => ({ statusCode: 200, body: "" });

// src/notes.ts
var handler = async () => ok();
module.exports = { handler };
"""


def test_a_bundle_names_its_modules(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """esbuild writes the name of each above it, the entry last, from the folder that it runs in."""
    write(project, **{"app/cdk.json": "{}", "app/cdk.out/Notes.template.json": template(HASH, bundled=True)})
    write(project, **{f"app/cdk.out/{HASH}/index.js": BUNDLE})
    write(project, **{"app/src/http.ts": "export const ok = () => ({ statusCode: 200, body: '' });\n"})
    write(project, **{"app/src/notes.ts": "import { ok } from './http';\nexport const handler = async () => ok();\n"})
    (line,) = told(capsys, "app")
    assert line.startswith("app/src/http.ts:1:26: E9462 GET / answers 200 ")


def test_a_minified_bundle_is_followed_by_its_source_map(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    minified = "var a=" + "1+" * 2000 + "1;exports.handler=async()=>({statusCode:200});\n"
    source_map = json.dumps({"version": 3, "sources": ["../../src/http.ts", "../../src/notes.ts"], "mappings": ""})
    assembly = {"cdk.out/Notes.template.json": template(HASH, bundled=True), f"cdk.out/{HASH}/index.js": minified}
    write(project, **assembly)
    assert told(capsys) == []
    write(project, **{f"cdk.out/{HASH}/index.js.map": source_map})
    write(project, **{"src/notes.ts": "export const handler = async () => ({ statusCode: 200, body: '' });\n"})
    (line,) = told(capsys)
    assert line.startswith("src/notes.ts:1:37: E9462")


@pytest.mark.parametrize("text", ["[]", "{", '{"sources": 1}', '{"sources": [1, "../../../../etc/passwd"]}'])
def test_a_source_map_that_is_none_is_no_matter(project: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assembly = {"cdk.out/Notes.template.json": template(HASH, bundled=True), f"cdk.out/{HASH}/index.js": RESPONDS}
    write(project, **assembly, **{f"cdk.out/{HASH}/index.js.map": text})
    assert told(capsys) == []


def test_a_bundle_that_cannot_be_followed_is_not_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every app has such bundles, and nobody could do anything about them."""
    write(project, **{"cdk.out/Notes.template.json": template(HASH), f"cdk.out/{HASH}/index.js": "x" * 2000})
    main(["check", "-q", "--select", "I9467", "."])
    assert capsys.readouterr().out == ""


def test_code_that_stages_share_is_told_once_and_takes_the_origin_of_none(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The origin of the one stage would lock out the other."""
    for stage, origin in (("Beta", "https://beta.example.com"), ("Prod", "https://app.example.com")):
        name = f"cdk.out/assembly-{stage}/{stage}Notes.template.json"
        write(project, **{name: template(f"../{HASH}", origin=origin)})
    write(project, **{f"cdk.out/{HASH}/index.js": RESPONDS, "fn/index.js": RESPONDS})
    (line,) = told(capsys)
    assert line.startswith("fn/index.js:1:32: E9462")
    main(["check", "--select", "E9462", "."])
    assert "no fix: other stacks of the app use this code" in capsys.readouterr().out
    main(["fix", "-q", "--unsafe-fixes", "."])
    assert (project / "fn/index.js").read_text("utf-8") == RESPONDS


def test_code_that_stages_share_takes_an_origin_that_is_the_same_for_all(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in ("Beta", "Prod"):
        write(project, **{f"cdk.out/{stage}.template.json": template(HASH, origin="*")})
    write(project, **{f"cdk.out/{HASH}/index.js": RESPONDS, "fn/index.js": RESPONDS})
    main(["fix", "--unsafe-fixes", "--diff", "."])
    assert capsys.readouterr().out.count("+++ b/fn/index.js") == 1
    main(["fix", "-q", "--unsafe-fixes", "."])
    assert (project / "fn/index.js").read_text("utf-8").count("Access-Control-Allow-Origin") == 1


def test_python_is_followed_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = 'def handler(event, context):\n    return {"statusCode": 200, "body": ""}\n'
    write(project, **{"cdk.out/Notes.template.json": template(HASH, OTHER, runtime="python3.13")})
    write(project, **{f"cdk.out/{HASH}/index.py": code, f"cdk.out/{OTHER}/index.py": code + "\n"})
    write(project, **{"backend/posts/index.py": code})
    (line,) = told(capsys)
    assert line.startswith("backend/posts/index.py:2:12: E9462 GET / answers 200")
