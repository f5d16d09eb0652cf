"""aws-sam-translator as a witness: what CloudFormation's own transform makes of a SAM template, offline."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

# Properties that name local files: `sam package` replaces them by S3 places before the transform runs.
_LOCAL = {"CodeUri": "s3://bucket/code", "ContentUri": "s3://bucket/layer"}


class TransformRefused(Exception):
    """The translator does not accept the template."""


class _Here(NamedTuple):
    """What the translator asks a session of boto3, which takes longer to make than most templates to translate."""

    region_name: str = "us-east-1"


def transformed(text: str, folder: Path = Path()) -> str:
    """The template that deploys, as JSON. Included files lie in ``folder``. Raises :class:`TransformRefused`."""
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template
    from samtranslator.yaml_helper import yaml_parse

    _trust_own_policies()
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    plain = text.removeprefix("\ufeff")
    # The translator's YAML reader does not take JSON with tabs; the service reads it as JSON.
    template = json.loads(plain) if plain.lstrip().startswith("{") else yaml_parse(plain)
    template = _included(template, folder)
    _package(template)
    lists = _lists(template)
    try:
        # As samtranslator/translator/transform.py does it, where only the session differs.
        to_py27_compatible_template(template, lists)
        translator = Translator(None, Parser(), boto_session=_Here())
        made = translator.translate(template, parameter_values=lists, get_managed_policy_map=dict)
        return json.dumps(json.loads(json.dumps(undo_mark_unicode_str_in_template(made))))
    except Exception as error:  # the translator raises whatever its parts raise
        raise TransformRefused(str(getattr(error, "causes", error))) from error


@cache
def _trust_own_policies() -> None:
    """The translator checks its own policy templates against their schema each time: two thirds of a translation."""
    from samtranslator.policy_template_processor.processor import PolicyTemplatesProcessor

    PolicyTemplatesProcessor._is_valid_templates_dict = classmethod(lambda *_: True)


def _lists(template: dict[str, Any]) -> dict[str, list[str]]:
    """The defaults of list parameters: CloudFormation gives the transform lists, where the translator alone would take
    the default as one text (aws-sam-cli issue #4026: ``AllowOrigins: !Ref`` such a parameter deploys)."""
    found = {}
    for name, parameter in (template.get("Parameters") or {}).items():
        kind, default = str(parameter.get("Type")), parameter.get("Default")
        if (kind == "CommaDelimitedList" or kind.startswith("List<")) and isinstance(default, str):
            found[name] = [part.strip() for part in default.split(",")]
    return found


def _included(node: Any, folder: Path) -> Any:
    """``AWS::Include`` of a local file is expanded by CloudFormation before SAM's transform runs."""
    from samtranslator.yaml_helper import yaml_parse

    if isinstance(node, dict):
        include = node.get("Fn::Transform")
        if len(node) == 1 and isinstance(include, dict) and include.get("Name") == "AWS::Include":
            path = folder / str(include["Parameters"]["Location"])
            if path.is_file():
                return yaml_parse(path.read_text(encoding="utf-8"))
        return {key: _included(value, folder) for key, value in node.items()}
    return [_included(item, folder) for item in node] if isinstance(node, list) else node


def _package(template: dict[str, Any]) -> None:
    resources = template.get("Resources", {})
    for logical_id in [i for i, r in resources.items() if r.get("Type") == "AWS::Serverless::Application"]:
        del resources[logical_id]  # an application is looked up in a repository on the network
    holders = [r.get("Properties", {}) for r in resources.values()]
    holders += list((template.get("Globals") or {}).values())
    for holder in holders:
        for name, place in _LOCAL.items():
            if isinstance(holder, dict) and isinstance(holder.get(name), str) and "InlineCode" not in holder:
                holder[name] = place
    for resource in resources.values():
        properties = resource.setdefault("Properties", {})
        if resource.get("Type") == "AWS::Serverless::Function" and not {"InlineCode", "ImageUri"} & set(properties):
            properties.setdefault("CodeUri", "s3://bucket/code")
            if properties.get("PackageType") == "Image":
                properties.pop("CodeUri")
                properties["ImageUri"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
        if "InlineCode" in properties:
            properties.pop("CodeUri", None)
