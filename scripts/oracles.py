"""What the Serverless Framework, its fork osls and the AWS CDK make of the projects in ``fixtures``.

``make oracles`` runs the first two on every service of ``fixtures/serverless`` and records the templates, cut down to
what decides about CORS, beside the service as ``packaged-3.json`` and ``packaged-osls.json``; and it synthesises the
apps of ``fixtures/cdk``. The tests compare our models with them, without running anything. None of it needs an AWS
account; installing the three needs npm.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ROOT / "fixtures" / "serverless"
APPS = ROOT / "fixtures" / "cdk"
#: Where npm installs them; left for the next run.
INSTALLED = ROOT / ".oracles"

#: Name of the recording -> npm package, and its command line inside of the installation.
FRAMEWORKS = {
    "3": ("serverless@3", "serverless/bin/serverless.js"),
    "osls": ("osls@4", "osls/bin/serverless.js"),
}

#: The types of resources that decide about CORS.
KEPT = (
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::Lambda::Url",
    "AWS::S3::Bucket",
)
#: Resources of the framework's own that are in every service.
OWN = ("ServerlessDeploymentBucket",)


def main(names: list[str]) -> int:
    """Record the services named, or all."""
    chosen = [path for path in sorted(SERVICES.iterdir()) if path.is_dir() and (not names or path.name in names)]
    failed = 0
    for name, (package, program) in FRAMEWORKS.items():
        command = installed(name, package) / "node_modules" / program
        for service in chosen:
            template = packaged(command, service)
            if template is None:
                failed += 1
                continue
            recording = service / f"packaged-{name}.json"
            text = json.dumps(reduced(template), indent=1, ensure_ascii=False) + "\n"
            before = recording.read_text(encoding="utf-8") if recording.exists() else ""
            recording.write_text(text, encoding="utf-8")
            print(f"{recording.relative_to(ROOT)}: {'as before' if text == before else 'written'}")
    for app in sorted(APPS.iterdir()):
        if not names or app.name in names:
            failed += not synthesised(app)
    return 1 if failed else 0


def synthesised(app: Path) -> bool:
    """Record the templates that an app of the CDK synthesises; false when it does not run."""
    modules = installed("cdk", "aws-cdk-lib@2", "constructs@10") / "node_modules"
    with tempfile.TemporaryDirectory() as work:
        environment = {"PATH": os.environ["PATH"], "HOME": work, "NODE_PATH": str(modules), "CDK_OUTDIR": work}
        done = subprocess.run(["node", "app.js"], cwd=app, env=environment, capture_output=True, text=True)
        made = sorted(Path(work).glob("*.template.json"))
        if done.returncode or not made:
            print(f"{app.name}: not synthesised\n{done.stdout}{done.stderr}", file=sys.stderr)
            return False
        for template in made:
            recording, text = app / template.name, template.read_text(encoding="utf-8")
            before = recording.read_text(encoding="utf-8") if recording.exists() else ""
            recording.write_text(text, encoding="utf-8")
            print(f"{recording.relative_to(ROOT)}: {'as before' if text == before else 'written'}")
    return True


def installed(name: str, *packages: str) -> Path:
    """The folder of an installation, made when it is not there."""
    folder = INSTALLED / name
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        subprocess.run(["npm", "install", "--no-fund", "--no-audit", *packages], cwd=folder, check=True)
    return folder


def packaged(command: Path, service: Path) -> dict[str, Any] | None:
    """The template that a framework makes of a service, in a copy of its folder with an empty home."""
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as home:
        copy = Path(work) / "service"
        shutil.copytree(service, copy, ignore=shutil.ignore_patterns("packaged-*.json"))
        (copy / "handler.js").touch()  # an archive may not be empty
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        done = subprocess.run(
            ["node", str(command), "package"],
            cwd=copy,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        made = copy / ".serverless" / "cloudformation-template-update-stack.json"
        if done.returncode or not made.exists():
            print(f"{service.name}: {command.name} failed\n{done.stdout}{done.stderr}", file=sys.stderr)
            return None
        template: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
        return template


def reduced(template: dict[str, Any]) -> dict[str, Any]:
    """What decides about CORS, without hashes, dates and the long request templates of Lambda integrations."""
    resources = {
        name: _reduced_resource(resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] in KEPT and name not in OWN
    }
    functions = {name: {"Type": r["Type"]} for name, r in template["Resources"].items() if _is_function(r)}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {**functions, **resources}}


def _is_function(resource: dict[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::Lambda::Function")


def _reduced_resource(resource: dict[str, Any]) -> dict[str, Any]:
    properties = dict(resource.get("Properties", {}))
    integration = properties.get("Integration")
    if isinstance(integration, dict) and integration.get("Type") == "AWS":
        kept = {name: value for name, value in integration.items() if name != "RequestTemplates"}
        properties["Integration"] = kept
    return {"Type": resource["Type"], "Properties": properties}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
