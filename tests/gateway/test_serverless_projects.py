"""Services of several files, with plugins and variables: what is found in them, and where a fix goes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cfncors.config import Settings
from cfncors.discover import candidates
from cfncors.fix import fix_file
from cfncors.lint import check_file, check_files
from cfncors.report import FileReport, told_once
from cfncors.template import variables
from tests.programs import CHECKOUT, run

HEAD = "service: notes\nprovider:\n  name: aws\n  runtime: nodejs20.x\n  stage: ${opt:stage, 'dev'}\n"
FUNCTION = """functions:
  notes:
    handler: notes.handler
    events:
      - http:
          path: notes
          method: put
          cors: %s
"""
TOPIC = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
API = """Resources:
  Shared:
    Type: AWS::ApiGateway::RequestValidator
    Properties:
      RestApiId: !Ref ApiGatewayRestApi
"""


def written(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder / "serverless.yml")


def ids(service: str) -> list[str]:
    return [each.finding.rule.id for each in check_file(service, Settings()).placed]


def mended(service: str) -> dict[str, str]:
    return {Path(each.name).name: each.after for each in fix_file(service, Settings()).files}


# -- where a fix goes --------------------------------------------------------------------------------------------------


def test_what_variables_stand_for_is_no_model_of_the_indent(tmp_path: Path) -> None:
    """A mapping from another file has the place of its variable, far to the right of its key."""
    files = {
        "serverless.yml": HEAD
        + FUNCTION % "true"
        + "resources:\n  Resources:\n    Topic: ${file(parts.yml):topic}\n    Other: ${file(parts.yml):topic}\n",
        "parts.yml": "topic:\n  Type: AWS::SNS::Topic\n",
    }
    after = mended(written(tmp_path, files))["serverless.yml"]
    assert (
        "\n    GatewayResponseDefault5XX:\n      Type: AWS::ApiGateway::GatewayResponse\n      Properties:\n" in after
    )


def test_gateway_responses_go_to_the_part_with_the_api(tmp_path: Path) -> None:
    listed = "resources:\n  - ${file(topic.yml)}\n  - ${file(api.yml)}\n"
    files = {"serverless.yml": HEAD + FUNCTION % "true" + listed, "topic.yml": TOPIC, "api.yml": API}
    assert list(mended(written(tmp_path, files))) == ["api.yml"]


def test_a_list_of_files_about_other_things_gets_a_part_of_its_own(tmp_path: Path) -> None:
    listed = "resources:\n  - ${file(topic.yml)}\n"
    files = {"serverless.yml": HEAD + FUNCTION % "true" + listed, "topic.yml": TOPIC}
    after = mended(written(tmp_path, files))
    assert list(after) == ["serverless.yml"]
    assert "  - ${file(topic.yml)}\n  - Resources:\n      GatewayResponseDefault4XX:\n" in after["serverless.yml"]


# -- variables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cors", "custom", "origin"),
    [
        (
            "${self:custom.cors.${sls:stage}}",
            "cors: {dev: {origin: 'http://localhost:3000'}}",
            "${self:custom.cors.${sls:stage}.origin}",
        ),
        ("${file(cors.${sls:stage}.yml)}", "x: 1", "${file(cors.${sls:stage}.yml):origin}"),
        ("${file(cors.dev.yml):all.${sls:stage}}", "x: 1", "${file(cors.dev.yml):all.${sls:stage}.origin}"),
        ("${self:custom.cors}", "cors: ${file(cors.${sls:stage}.yml)}", "${file(cors.${sls:stage}.yml):origin}"),
        (
            "${self:custom.cors.${sls:stage}, self:custom.cors.all}",
            "cors: {all: {origin: 'http://localhost:3000'}}",
            "${self:custom.cors.${sls:stage}.origin, self:custom.cors.all.origin}",
        ),
        ("${self:custom.cors}", "cors: {origin: '${param:origin}'}", "${param:origin}"),
        # the same on every stage
        ("${self:custom.cors}", "cors: {origin: 'http://localhost:3000'}", "http://localhost:3000"),
    ],
)
def test_an_origin_of_one_stage_is_not_copied_to_all(tmp_path: Path, cors: str, custom: str, origin: str) -> None:
    params = "params:\n  default:\n    origin: http://localhost:3000\n"
    files = {
        "serverless.yml": f"{HEAD}{params}custom:\n  {custom}\n{FUNCTION % cors}",
        "cors.dev.yml": "origin: http://localhost:3000\nall:\n  dev:\n    origin: http://localhost:3000\n",
    }
    after = mended(written(tmp_path, files))["serverless.yml"]
    assert after.count(f"""Access-Control-Allow-Origin: "'{origin}'"\n""") == 2


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("${self:a}", ("b", "c"), "${self:a.b.c}"),
        ("${file(a.yml)}", ("b",), "${file(a.yml):b}"),
        ("${file(${self:x}.yml):a, self:d}", ("0",), "${file(${self:x}.yml):a.0, self:d.0}"),
        ("${self:a, 'text'}", ("b",), None),
        ("${param:a}", ("b",), None),
        ("${self:a}", ("b.c",), None),
    ],
)
def test_the_variable_for_a_part(text: str, path: tuple[str, ...], expected: str | None) -> None:
    (variable,) = variables.parse(text)
    assert isinstance(variable, variables.Variable)
    assert variables.below(variable, path) == expected


def test_a_key_that_a_variable_leads_to_keeps_its_name(tmp_path: Path) -> None:
    custom = "custom:\n  cors:\n    origin: [https://a.example.com, https://b.example.com]\n"
    web = "  environment:\n    WEB: ${self:custom.cors.origin.0}\n"
    service = written(tmp_path, {"serverless.yml": HEAD + web + custom + FUNCTION % "${self:custom.cors}"})
    report = check_file(service, Settings())
    (listed,) = (each.finding for each in report.placed if each.finding.rule.id == "E9442")
    assert (listed.fix, listed.no_fix) == (None, "a variable leads to it")


def test_quotes_stand_around_the_variable(tmp_path: Path) -> None:
    """REST's quotes go around a variable in a gateway response, and away from one in an event, whose value may differ
    from stage to stage."""
    custom = "custom:\n  web: https://app.example.com\n  quoted: \"'https://app.example.com'\"\n"
    again = "      - http: {method: put, path: again, cors: {origin: '${self:custom.quoted}'}}\n"
    bare = OWN.replace("\"'https://app.example.com'\"", "${self:custom.web}")
    text = HEAD + custom + FUNCTION % "{origin: \"'${self:custom.web}'\", maxAge: 600}" + again + bare
    service = written(tmp_path, {"serverless.yml": text})
    messages = {each.finding.message: each.finding for each in check_file(service, Settings()).placed}
    assert (
        "Access-Control-Allow-Origin of DEFAULT_4XX is https://app.example.com, without the single quotes of a static "
        "value; write \"'${self:custom.web}'\""
    ) in messages
    elsewhere = next(finding for message, finding in messages.items() if "PUT /again is 'https" in message)
    assert (elsewhere.rule.id, elsewhere.no_fix) == ("E9412", "the quotes are in what the variable leads to")
    after = mended(service)["serverless.yml"]
    assert """Access-Control-Allow-Origin: "'${self:custom.web}'"\n""" in after
    assert 'cors: {origin: "${self:custom.web}", maxAge: 600}\n' in after


OWN = """resources:
  Resources:
    Refused:
      Type: AWS::ApiGateway::GatewayResponse
      Properties:
        RestApiId: !Ref ApiGatewayRestApi
        ResponseType: DEFAULT_4XX
        ResponseParameters:
          gatewayresponse.header.Access-Control-Allow-Origin: "'https://app.example.com'"
"""


def test_cors_that_only_a_program_knows_is_no_cors_true(tmp_path: Path) -> None:
    http = "  httpApi:\n    cors: ${file(cors.js):http}\n"
    more = "      - httpApi: {method: put, path: /notes, authorizer: {type: aws_iam}}\n"
    more += "    url: {cors: '${file(cors.js):url}'}\n"
    text = HEAD + http + FUNCTION % "${file(cors.js):rest}" + more + OWN
    service = written(tmp_path, {"serverless.yml": text, "cors.js": "//\n"})
    found = [each for each in check_file(service, Settings()).placed if each.finding.rule.id != "I9467"]
    (lacking,) = found  # DEFAULT_5XX alone: no other origin than DEFAULT_4XX's, no header that AWS_IAM lacks
    assert lacking.finding.rule.id == "E9421"
    reason = "cors is made by a variable that is known only when the service is packaged"
    assert (lacking.finding.fix, lacking.finding.no_fix) == (None, reason)


# -- plugins -----------------------------------------------------------------------------------------------------------

PLUGIN = (
    "module.exports = class { hooks = { 'package:compileEvents': () => add('AWS::ApiGateway::GatewayResponse') } };\n"
)


@pytest.mark.parametrize(
    ("plugins", "file"),
    [
        ("plugins:\n  - ./plugins/errors\n", "plugins/errors.js"),
        ("plugins:\n  - ./plugins/errors\n", "plugins/errors/index.js"),
        ("plugins:\n  - errors\n", ".serverless_plugins/errors.js"),
        ("plugins:\n  localPath: tools\n  modules: [errors]\n", "tools/errors/index.js"),
        ("plugins:\n  - serverless-apigateway-plugin\n", "unused.js"),
    ],
)
def test_a_plugin_may_add_the_gateway_responses(tmp_path: Path, plugins: str, file: str) -> None:
    service = written(tmp_path, {"serverless.yml": HEAD + plugins + FUNCTION % "true", file: PLUGIN})
    assert "E9421" not in ids(service)


def test_a_plugin_of_the_service_that_does_something_else(tmp_path: Path) -> None:
    files = {"serverless.yml": HEAD + "plugins:\n  - ./plugins/other\n" + FUNCTION % "true", "plugins/other.js": "//\n"}
    assert "E9421" in ids(written(tmp_path, files))


# -- files in a folder -------------------------------------------------------------------------------------------------

BUCKET = """Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: ['${self:custom.web}']
            AllowedMethods: [PUT]
            AllowedHeaders: ['*']
            MaxAge: 600
"""


def in_folder(folder: Path) -> list[FileReport]:
    return told_once(check_files(list(candidates([str(folder)])), Settings()))


def test_a_part_of_a_service_is_told_of_once(tmp_path: Path) -> None:
    """The part is a template by itself, where nobody knows what its variables stand for."""
    custom = "custom:\n  web: https://app.example.com/\nresources: ${file(resources/bucket.yml)}\n"
    written(tmp_path, {"serverless.yml": HEAD + custom + "functions: {}\n", "resources/bucket.yml": BUCKET})
    told = [(Path(report.name).name, each.finding.rule.id) for report in in_folder(tmp_path) for each in report.placed]
    assert told == [("bucket.yml", "I9471"), ("serverless.yml", "E9441")]


def test_a_diff_shows_a_part_of_a_service_once(tmp_path: Path) -> None:
    custom = "custom:\n  web: https://app.example.com\nresources: ${file(resources/bucket.yml)}\n"
    written(tmp_path, {"serverless.yml": HEAD + custom + "functions: {}\n", "resources/bucket.yml": BUCKET})
    command = [sys.executable, "-m", "cfncors", "fix", "--diff", "."]
    done = run(*command, cwd=tmp_path, env=CHECKOUT)
    assert done.stdout.count("ExposedHeaders") == 1


def test_a_service_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    written(tmp_path, {"serverless.yml": HEAD + "functions: [x]\n"})
    (report,) = in_folder(tmp_path)
    assert report.error is not None
    assert report.error.reason == "functions is a single value where a mapping belongs"


@pytest.mark.parametrize(
    ("id_", "shown"),
    [
        ("${cf:gateway.ApiId}", "<${cf:gateway.ApiId}>"),
        ("{'Fn::ImportValue': 'gateway-${self:provider.stage}'}", "<Fn::ImportValue gateway-dev>"),
        ("abc123", "<abc123>"),
    ],
)
def test_messages_name_the_api_of_another_stack_as_it_is_written(tmp_path: Path, id_: str, shown: str) -> None:
    shared = f"  apiGateway:\n    restApiId: {id_}\n    restApiRootResourceId: root\n"
    service = written(tmp_path, {"serverless.yml": HEAD + shared + FUNCTION % "true"})
    (note,) = check_file(service, Settings()).placed
    assert note.finding.message.startswith(f"the preflight of {shown} has no Access-Control-Max-Age")


def test_what_a_fix_opens_is_told_for_the_pages_of_each_route(tmp_path: Path) -> None:
    """Two routes for pages of different origins: neither loses the pages of the other."""
    second = (
        "      - http:\n          path: all\n          method: put\n          cors: {origin: 'https://b.example.com'}\n"
    )
    service = written(tmp_path, {"serverless.yml": HEAD + FUNCTION % "{origin: 'https://a.example.com'}" + second})
    said = fix_file(service, Settings()).changes
    assert "429 on PUT /notes: blocked → readable by https://a.example.com" in said
    assert not [line for line in said if "not there" in line]
