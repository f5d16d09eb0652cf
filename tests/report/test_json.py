"""The contract for programs: keys and kinds, to the letter."""

from __future__ import annotations

import json

from cfncors.errors import UnreadableTemplate
from cfncors.findings import Explained, Finding, Fix, Rule, Says
from cfncors.report import FileReport, place
from cfncors.report import json as report
from cfncors.source import Edit, Mapping, Node, Sequence, parse


def test_the_contract() -> None:
    text = "\ufeffResources:\r\n  Api: {Cors: ['日', b]}\r\n"
    document = parse(text, "t.yaml")
    node: Node = document.root
    for key in ("Resources", "Api", "Cors"):
        assert isinstance(node, Mapping)
        node = node.get(key) or node
    assert isinstance(node, Sequence)
    node = node.items[1]
    fix = Fix("quote it", "safe", (Edit(node.start, node.end, '"b"'),))
    rule = Rule("E9411", "unquoted-literal", "", ("safe",))
    exchange = Explained("Api", "PUT", "/a", "preflight", 403, "MOCK", "https://a.example.com", False, ("Stage=prod",))
    finding = Finding(rule, "message", node, fix, says=Says("browser", "blocked"), exchanges=(exchange,))
    finding = finding._replace(deployments=("Stage=prod",))
    reports = [
        FileReport("t.yaml", document, (place(document, finding),)),
        FileReport("bad.yaml", error=UnreadableTemplate("not YAML", 3, 7, 20)),
        FileReport("odd.yaml", internal=("rule E9411: KeyError",)),
    ]
    offset = text.index("b]")
    assert json.loads(report.render(reports, 2)) == {
        "version": 1,
        "findings": [
            {
                "file": "t.yaml",
                "rule": "E9411",
                "name": "unquoted-literal",
                "severity": "error",
                "message": "message",
                "path": ["Resources", "Api", "Cors", 1],
                "start": {"line": 2, "column": 21, "offset": offset},
                "end": {"line": 2, "column": 22, "offset": offset + 1},
                "fix": {
                    "title": "quote it",
                    "safety": "safe",
                    "edits": [{"start": offset, "end": offset + 1, "text": '"b"'}],
                },
                "no_fix": None,
                "says": {"who": "browser", "text": "blocked"},
                "url": rule.url,
                "about": "exchange",
                "exchanges": [
                    {
                        "api": "Api",
                        "method": "PUT",
                        "path": "/a",
                        "case": "preflight",
                        "status": 403,
                        "kind": "MOCK",
                        "origin": "https://a.example.com",
                        "credentials": False,
                        "deployment": ["Stage=prod"],
                    }
                ],
                "deployments": ["Stage=prod"],
            }
        ],
        "files": 2,
        "errors": [
            {"file": "bad.yaml", "line": 3, "column": 7, "message": "not YAML"},
            {"file": "odd.yaml", "line": 1, "column": 1, "message": "internal error: rule E9411: KeyError"},
        ],
    }


def test_nothing_found() -> None:
    assert json.loads(report.render([], 0)) == {"version": 1, "findings": [], "files": 0, "errors": []}
