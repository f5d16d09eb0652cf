"""What a finding in a template that a program wrote means for the program: the construct, the call, and no edit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from cfncors.findings import Finding, Fix
from cfncors.gateway.model import Model
from cfncors.template import Template
from cfncors.template.synthesised import Maker, asset, construct, made_in, maker

#: Why a file is not edited, by what writes it.
_WRITTEN_BY: Final[dict[Maker, str]] = {
    "CDK": "the CDK app writes this file: change it there",
    "SST": "the SST app writes this file: change it there",
    "sam build": "sam build writes this file: change the template that it builds",
    "sam package": "sam package or aws cloudformation package writes this file: change the template that it packages",
    "Serverless Framework": "the Serverless Framework writes this file: change the service's configuration",
    "Chalice": "chalice package writes this file: change the app, or what --merge-template adds",
    "Architect": "Architect writes this file: change app.arc or a plugin",
    "Amplify": "Amplify writes this file: change it with amplify override",
}


def for_the_program(model: Model, findings: Iterable[Finding]) -> list[Finding]:
    """The findings as they are, or, for a template that a program wrote, with the construct and the call that mends
    it, and without an edit of what the next run would write anew. Findings in code of the project are left alone."""
    tool = maker(model.template)
    return list(findings) if tool is None else [_for_the_program(model, tool, each) for each in findings]


def _for_the_program(model: Model, tool: Maker, finding: Finding) -> Finding:
    document = model.template.document
    home = document.home(finding.node.start)
    told = ""
    if home is document or made_in(home.name) is not None:
        told = _in_the_program(model, tool, finding)
    elif finding.fix is None or not any(document.home(edit.start) is document for edit in finding.fix.edits):
        return finding if finding.fix is None else _in_code(model, finding, finding.fix)
    without = None if finding.fix is None else _WRITTEN_BY[tool]
    return finding._replace(message=finding.message + told, fix=None, no_fix=without or finding.no_fix)


def _in_code(model: Model, finding: Finding, fix: Fix) -> Finding:
    """A fix of code that several stacks of an app use may not say the origin of one of them."""
    if any("://" in edit.text for edit in fix.edits) and _is_shared(model.template):
        why = "other stacks of the app use this code: set its origin in an environment variable"
        return finding._replace(fix=None, no_fix=why)
    return finding


def _is_shared(template: Template) -> bool:
    """Whether another template of the cloud assembly names an asset of this one's functions."""
    functions = template.of_type("AWS::Lambda::Function")
    names = {os.path.basename(path) for each in functions if (path := asset(each, "Code")) is not None}
    if not names:
        return False
    from cfncors.discover import templates_in_assembly

    own = os.path.abspath(template.document.name)
    folder = os.path.dirname(own)
    while os.path.basename(folder).startswith("assembly-"):
        folder = os.path.dirname(folder)
    others = (path for path in templates_in_assembly(folder) if os.path.abspath(path) != own)
    return any(name in text for text in map(_text, others) for name in names)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _in_the_program(model: Model, tool: Maker, finding: Finding) -> str:
    if tool not in ("CDK", "SST"):
        return ""
    from cfncors.checks.program_calls import call, in_sst

    paths = [path for name in reversed(finding.resources) if (path := construct(model.template, name)) is not None]
    where = f" (construct {paths[0]})" if paths else ""
    told = in_sst(model, finding) if tool == "SST" else call(model, finding)
    return f"{where}; in {tool}: {told}" if told else where
