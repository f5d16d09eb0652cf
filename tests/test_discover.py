"""Which files a folder gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.discover import Candidate, candidates

Tree = Callable[..., None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Makes files in an empty folder that is a repository, and the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def make(*names: str, **files: str) -> None:
        for name in names:
            path, _, text = name.partition(" = ")
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text.replace(";", "\n"), encoding="utf-8")

    return make


def paths(*arguments: str) -> list[str]:
    return [candidate.path for candidate in candidates(arguments)]


def test_the_suffixes_of_templates_in_order(tree: Tree) -> None:
    tree("b.yml", "a.yaml", "c.json", "d.template", "e.txt", "f.yaml.j2", "sub/a.yaml", "README.md")
    assert paths(".") == ["a.yaml", "b.yml", "c.json", "d.template", "sub/a.yaml"]


def test_hidden_folders_and_dependencies_are_left_out(tree: Tree) -> None:
    tree("a.yaml", ".aws-sam/build/template.yaml", ".github/x.yml", "node_modules/p/t.yaml", "web/node_modules/t.yaml")
    assert paths(".") == ["a.yaml"]


def test_what_was_named_is_taken_whatever_it_is_called(tree: Tree) -> None:
    tree("stack.txt", ".hidden/t.yaml")
    assert list(candidates(["stack.txt", ".hidden"])) == [
        Candidate("stack.txt"),
        Candidate(".hidden/t.yaml", ".hidden"),
    ]


def test_each_file_once_in_the_order_of_the_arguments(tree: Tree) -> None:
    tree("a.yaml", "sub/b.yaml")
    assert paths("sub", "a.yaml", ".", "./sub/b.yaml", "-", "missing.yaml") == [
        "sub/b.yaml",
        "a.yaml",
        "-",
        "missing.yaml",
    ]


def test_gitignore_is_respected_below_and_above(tree: Tree) -> None:
    tree(".gitignore = build/;*.gen.yaml;!keep.gen.yaml", "a.yaml", "build/a.yaml", "b.gen.yaml", "keep.gen.yaml")
    tree("sub/.gitignore = /local.yaml;!c.gen.yaml", "sub/local.yaml", "sub/c.gen.yaml", "sub/deep/local.yaml")
    tree("sub/build/a.yaml")
    assert paths(".") == ["a.yaml", "keep.gen.yaml", "sub/c.gen.yaml", "sub/deep/local.yaml"]
    assert paths("sub/deep") == ["sub/deep/local.yaml"]
    assert paths("sub") == ["sub/c.gen.yaml", "sub/deep/local.yaml"]


def test_an_ignored_folder_that_was_named_is_searched(tree: Tree) -> None:
    tree(".gitignore = /cdk.out", "cdk.out/stack.template.json")
    assert paths(".") == []
    assert paths("cdk.out") == ["cdk.out/stack.template.json"]


def test_an_app_of_the_cdk_gives_its_synthesised_templates(tree: Tree) -> None:
    """Its assembly is ignored by git; nested assemblies hold the stages; assets are none of ours."""
    tree(".gitignore = cdk.out;.sst", "app/cdk.json", "app/tsconfig.json", "app/cdk.out/manifest.json")
    tree("app/cdk.out/Notes.template.json", "app/cdk.out/assembly-Prod/ProdNotes.template.json")
    tree("app/cdk.out/asset.1a2b/inner.template.json", "other/cdk.out/Old.template.json")
    tree("sst/sst.config.ts", "sst/.sst/dist/dev-notes-Api.template.json")
    assert paths("app") == [
        "app/cdk.out/Notes.template.json",
        "app/cdk.out/assembly-Prod/ProdNotes.template.json",
        "app/cdk.json",
        "app/tsconfig.json",
    ]
    assert paths("sst") == ["sst/.sst/dist/dev-notes-Api.template.json"]
    assert "other/cdk.out/Old.template.json" not in paths(".")


def test_where_cdk_json_says_that_templates_are_written(tree: Tree) -> None:
    tree(
        ".gitignore = build", 'app/cdk.json = {"output": "./build/assembly"}', "app/build/assembly/Notes.template.json"
    )
    tree('bad/cdk.json = {"output": [', "bad/cdk.out/Notes.template.json", "odd/cdk.json = []")
    tree("odd/cdk.out/Notes.template.json")
    assert paths("app") == ["app/build/assembly/Notes.template.json", "app/cdk.json"]
    assert paths("bad")[0] == "bad/cdk.out/Notes.template.json"
    assert paths("odd")[0] == "odd/cdk.out/Notes.template.json"


def test_an_assembly_in_git_gives_each_template_once_and_no_assets(tree: Tree) -> None:
    asset = "asset." + "0a" * 32
    tree("cdk.json", "cdk.out/Notes.template.json", f"cdk.out/{asset}/template.yaml", "asset.files/template.yaml")
    assert paths(".") == ["cdk.out/Notes.template.json", "asset.files/template.yaml", "cdk.json"]


def test_what_amplify_writes_is_found_and_its_copies_are_left_out(tree: Tree) -> None:
    api = "amplify/backend/api/notes"
    tree(".gitignore = build/;.amplify", f"{api}/cli-inputs.json", f"{api}/build/notes-cloudformation-template.json")
    tree(f"{api}/build/parameters.json", "amplify/backend/function/f/f-cloudformation-template.json")
    tree("amplify/#current-cloud-backend/function/f/f-cloudformation-template.json")
    tree("second/.amplify/artifacts/cdk.out/App.template.json", "second/amplify/backend.ts")
    assert paths(".") == [
        f"{api}/build/notes-cloudformation-template.json",
        f"{api}/cli-inputs.json",
        "amplify/backend/function/f/f-cloudformation-template.json",
        "second/.amplify/artifacts/cdk.out/App.template.json",
    ]


SOURCE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: src/app.handler
      Runtime: python3.13
      CodeUri: .
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
"""


def test_a_packaged_template_is_told_where_it_was_packaged_from(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``packaged.yaml`` stands beside ``template.yaml`` in many repositories."""
    packaged = SOURCE.replace("CodeUri: .", f"CodeUri: s3://bucket/notes/{'0a' * 16}")
    (tmp_path / "template.yaml").write_text(SOURCE, "utf-8")
    (tmp_path / "packaged.yaml").write_text(packaged, "utf-8")
    main(["check", "-q", "."])
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["template.yaml"]
    main(["check", "-q", "packaged.yaml"])
    assert "packaged.yaml:" in capsys.readouterr().out
    (tmp_path / "template.yaml").write_text(SOURCE.replace("src/app", "src/other"), "utf-8")
    main(["check", "-q", "."])
    assert "packaged.yaml:" in capsys.readouterr().out  # packaged from another


def test_gitignore_above_the_repository_does_not_count(tree: Tree, tmp_path: Path) -> None:
    tree(".gitignore = *.yaml", "repo/.git/HEAD", "repo/a.yaml")
    assert paths("repo") == ["repo/a.yaml"]


def test_links_to_folders_are_not_followed_and_links_to_files_are(tree: Tree, tmp_path: Path) -> None:
    tree("sub/a.yaml")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "linked.yaml").symlink_to(tmp_path / "sub" / "a.yaml")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    assert paths(".") == ["linked.yaml", "sub/a.yaml"]


def test_a_named_folder_that_may_not_be_listed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(folder: str) -> object:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr("cfncors.discover.os.scandir", refuse)
    assert main(["check", str(tmp_path)]) == 2
    assert "cannot be listed: Permission denied; name a folder that you may read" in capsys.readouterr().err
