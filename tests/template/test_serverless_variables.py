"""Variables of serverless.yml: what they stand for, what they assume, and what stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfncors.errors import UnreadableTemplate
from cfncors.source import Mapping, Node, parse
from cfncors.template import Absent, Known, Template, Unknown, Value, load
from cfncors.template.variables import Literal, Source, SyntaxFault, Variable
from cfncors.template.variables import parse as parse_text

HEAD = "service: notes\nprovider: {name: aws, runtime: nodejs20.x}\n"


def service(text: str, name: str = "<text>") -> Template:
    template = load(parse(text, name))
    assert template is not None
    assert template.service is not None
    return template


def node(template: Template, *path: str) -> Node:
    assert template.service is not None
    found = template.service.at(*path)
    assert found is not None
    return found


def value(custom: str, key: str = "it", name: str = "<text>") -> Value:
    """The value of a key under ``custom``."""
    template = service(f"{HEAD}custom:\n{custom}", name)
    return template.value(node(template, "custom", key))


def text(custom: str) -> str:
    found = value(custom)
    assert isinstance(found, Known), found
    return found.text


def assumed(custom: str) -> tuple[str, set[str]]:
    found = value(custom)
    assert isinstance(found, Known), found
    return found.text, set(found.assumes)


# -- grammar -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("plain", ("plain",)),
        ("${self:a.b}", (Variable((Source("self", (), ("a.b",)),)),)),
        ("x-${opt:stage, 'dev'}", ("x-", Variable((Source("opt", (), ("stage",)), Literal("dev", quoted=True))))),
        ("${env:A, null}", (Variable((Source("env", (), ("A",)), Literal(None))),)),
        ("${ssm(eu-west-1):/a/b}", (Variable((Source("ssm", (("eu-west-1",),), ("/a/b",)),)),)),
        ('${file("a b.yml")}', (Variable((Source("file", (("a b.yml",),)),)),)),
        ("${AWS::Region}", ("${AWS::Region}",)),
        ("${name}", ("${name}",)),
        (r"\${self:a}", ("${self:a}",)),
        (r"\\${self:a}", ("\\", Variable((Source("self", (), ("a",)),)))),
        ("${AWS::X-${self:a}}", ("${AWS::X-", Variable((Source("self", (), ("a",)),)), "}")),
    ],
)
def test_the_grammar_is_the_frameworks(written: str, pieces: object) -> None:
    assert parse_text(written) == pieces


@pytest.mark.parametrize(
    "written", ["${opt:stage, dev}", "${self:a", "${self:a, ${self:b}}", "${file(a.yml}", "${opt:a, 'x}"]
)
def test_what_the_framework_refuses_is_a_fault(written: str) -> None:
    with pytest.raises(SyntaxFault):
        parse_text(written)


@given(st.text(alphabet="${}():,.'\"\\ selfopt01", max_size=60))
def test_any_text_is_read_or_refused(written: str) -> None:
    try:
        pieces = parse_text(written)
    except SyntaxFault:
        return
    assert isinstance(pieces, tuple)


# -- values ------------------------------------------------------------------------------------------------------------


def test_self_reaches_any_key_and_list_item() -> None:
    custom = "  domain: example.com\n  all: [a, 'b.${self:custom.domain}']\n  it: https://${self:custom.all.1}\n"
    assert text(custom) == "https://b.example.com"


def test_a_whole_value_may_be_a_mapping_where_it_is_written() -> None:
    template = service(f"{HEAD}custom:\n  cors: {{origin: '*'}}\n  it: ${{self:custom.cors}}\n")
    found = node(template, "custom", "it")
    assert isinstance(found, Mapping)
    assert template.document.path(found) == ["custom", "cors"]
    assert not found.foreign


def test_a_value_that_a_variable_brings_stands_where_the_variable_stands() -> None:
    template = service(f"{HEAD}custom:\n  origin: https://a.example.com\n  it: ${{self:custom.origin}}\n")
    assert template.service is not None
    found = template.service.root.get("custom")
    assert isinstance(found, Mapping)
    scalar = found.get("it")
    assert scalar is not None
    assert template.document.source(scalar) == "${self:custom.origin}"
    assert template.document.path(scalar) == ["custom", "it"]
    assert scalar.foreign


def test_the_stage_is_dev_unless_the_provider_says() -> None:
    assert assumed("  it: ${sls:stage}\n") == ("dev", {"opt:stage"})
    assert assumed("  it: ${self:provider.stage}\n") == ("dev", {"opt:stage"})
    template = service(
        "service: a\nprovider: {name: aws, stage: \"${opt:stage, 'test'}\"}\ncustom: {it: '${sls:stage}'}\n"
    )
    found = template.value(node(template, "custom", "it"))
    assert isinstance(found, Known)
    assert (found.text, set(found.assumes)) == ("test", {"opt:stage"})


def test_a_fallback_says_what_was_taken_as_not_given() -> None:
    assert assumed("  it: ${opt:origin, 'https://a.example.com'}\n") == ("https://a.example.com", {"opt:origin"})
    assert assumed("  it: x${env:A, env:B, 'c'}\n") == ("xc", {"env:A", "env:B"})


def test_parameters_are_those_of_the_stage_then_the_default() -> None:
    both = "params:\n  default: {a: 1, b: 2}\n  dev: {a: 3}\n"
    template = service(f"{HEAD}{both}custom: {{a: '${{param:a}}', b: '${{param:b}}', c: \"${{param:c, 'x'}}\"}}\n")
    assert [template.known(node(template, "custom", key)) for key in "abc"] == ["3", "2", "x"]


@pytest.mark.parametrize(
    "written",
    [
        "${env:ORIGIN}",
        "${opt:stage}",
        "${param:missing}",
        "${self:custom.missing}",
        "${ssm:/origin}",
        "${ssm:/origin, 'https://a.example.com'}",
        "${cf:stack.Output}",
        "${s3:bucket/key}",
        "${aws:accountId}",
        "${sls:instanceId}",
        "${git:branch}",
        "${self:}",
        "${self:custom.it}",
        "${self:custom.${env:KEY}}",
        "${self:custom.it.deeper}",
        "${file(gone.yml)}",
        "${opt:stage, dev}",
    ],
)
def test_what_is_known_only_later_is_unknown(written: str) -> None:
    assert isinstance(value(f"  it: {written}\n"), Unknown)


def test_what_is_known_around_an_unknown_part_is_kept() -> None:
    found = value("  d: example.com\n  it: https://${env:HOST}.${self:custom.d}\n")
    assert isinstance(found, Unknown)
    assert found.pieces == ("https://", None, ".example.com")


def test_values_that_refer_to_one_another_are_unknown() -> None:
    custom = "  a: ${self:custom.b}\n  b: ${self:custom.it}\n  it: ${self:custom.a}\n"
    assert isinstance(value(custom), Unknown)
    assert isinstance(value("  it: [a, '${self:custom.it}']\n  x: ${self:custom}\n", "x"), Unknown)


def test_a_chain_and_a_tree_of_variables_end() -> None:
    chain = "".join(f"  a{n}: ${{self:custom.a{n + 1}}}\n" for n in range(400))
    assert isinstance(value(f"{chain}  a400: x\n  it: ${{self:custom.a0}}\n"), Unknown)
    tree = "".join(f"  a{n}: ['${{self:custom.a{n + 1}}}', '${{self:custom.a{n + 1}}}']\n" for n in range(24))
    service(f"{HEAD}custom:\n{tree}  a24: x\n")


def test_null_and_typed_fallbacks() -> None:
    assert isinstance(value("  it: ${opt:a, null}\n"), Absent)
    assert text("  it: ${opt:a, 600}\n") == "600"
    assert text("  it: ${strToBool('1')}\n") == "true"
    assert text("  it: ${aws:region}\n") == "us-east-1"


def test_cloudformations_own_holes_stay() -> None:
    template = service(f"{HEAD}custom:\n  it: !Sub '${{self:service}}-${{AWS::Region}}'\n")
    found = template.value(node(template, "custom", "it"))
    assert isinstance(found, Unknown)
    assert found.pieces == ("notes-", None)


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a service in a folder of it."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "service").mkdir()
    (tmp_path / "outside.yml").write_text("secret: https://outside.example.com\n", encoding="utf-8")
    return tmp_path / "repository" / "service"


def in_project(project: Path, custom: str) -> Value:
    return value(custom, name=str(project / "serverless.yml"))


def test_a_file_beside_the_service_is_read_where_it_is(project: Path) -> None:
    (project / "cors.yml").write_text("dev:\n  origin: https://${self:service}.example.com\n", encoding="utf-8")
    template = service(
        f"{HEAD}custom:\n  cors: ${{file(./cors.yml):${{sls:stage}}}}\n  it: ${{self:custom.cors.origin}}\n",
        str(project / "serverless.yml"),
    )
    assert template.known(node(template, "custom", "it")) == "https://notes.example.com"
    mapping = node(template, "custom", "cors")
    home = template.document.home(mapping.start)
    assert home.name == str(project / "cors.yml")
    assert home.path(mapping) == ["dev"]


def test_json_and_a_file_above_the_service_in_its_repository(project: Path) -> None:
    (project.parent / "shared.json").write_text('{"origins": ["https://a.example.com"]}', encoding="utf-8")
    found = in_project(project, "  it: ${file(../shared.json):origins.0}\n")
    assert isinstance(found, Known)
    assert found.text == "https://a.example.com"


def test_a_name_that_no_file_can_have(project: Path) -> None:
    text = '{"service": "a", "provider": {"name": "aws"}, "custom": {"it": "${file(a\\u0000b.yml):x}"}}'
    template = service(text, str(project / "serverless.json"))
    assert isinstance(template.value(node(template, "custom", "it")), Unknown)


def test_nothing_outside_of_the_repository_is_read(project: Path) -> None:
    assert isinstance(in_project(project, "  it: ${file(../../outside.yml):secret, 'x'}\n"), Unknown)
    (project / "link.yml").symlink_to(project.parent.parent / "outside.yml")
    assert isinstance(in_project(project, "  it: ${file(link.yml):secret, 'x'}\n"), Unknown)


def test_a_missing_file_falls_back_and_one_with_code_does_not(project: Path) -> None:
    (project / "values.js").write_text("module.exports = {}\n", encoding="utf-8")
    (project / "broken.yml").write_text("a: [\n", encoding="utf-8")
    missing = in_project(project, "  it: ${file(gone.yml):a, 'x'}\n")
    assert isinstance(missing, Known)
    assert isinstance(in_project(project, "  it: ${file(values.js):a, 'x'}\n"), Unknown)
    assert isinstance(in_project(project, "  it: ${file(broken.yml):a, 'x'}\n"), Unknown)


# -- shapes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("functions: notes\n", "functions is a single value where a mapping belongs"),
        ("functions: {notes: [a]}\n", "function notes is a list where a mapping belongs"),
        ("resources: [Resources]\n", "resources is a single value where a mapping belongs"),
        ("resources: {Resources: [a]}\n", "Resources is a list where a mapping belongs"),
    ],
)
def test_a_part_of_the_wrong_shape_is_named_with_its_place(rest: str, reason: str) -> None:
    with pytest.raises(UnreadableTemplate) as raised:
        load(parse(HEAD + rest))
    assert raised.value.reason == reason
    assert raised.value.line == 3


@pytest.mark.parametrize(
    "text",
    [
        "service: a\nprovider: {name: google}\n",
        "provider: {name: aws}\n",
        "service: a\nfunctions: {}\n",
        "provider: aws\nservice: a\nResources: {}\n",
    ],
)
def test_other_files_are_no_services(text: str) -> None:
    template = load(parse(text))
    assert template is None or template.service is None
