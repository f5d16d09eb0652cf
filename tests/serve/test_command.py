"""``cfncors serve`` as a command: how it begins, how it ends, and what it says of bad input."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cfncors.cli import main
from tests.programs import CHECKOUT, interruptible
from tests.serve.local import TEMPLATE

REMOTE = (
    "other machines could reach the server; add --allow-remote if that is meant, or leave --host away for 127.0.0.1"
)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_it_says_where_it_serves_and_ends_quietly(template: Path) -> None:
    command = [sys.executable, "-m", "cfncors", "serve", str(template), "--port", "0"]
    with interruptible():
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **CHECKOUT}
        )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(rf"{re.escape(str(template))}: ServerlessRestApi on http://127\.0\.0\.1:(\d+)\n", first)
        assert found is not None, first
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/~403/notes", headers={"Origin": "https://notes.example.com"})
        assert connection.getresponse().status == 403
        connection.close()
        second = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert second == f"Open http://127.0.0.1:{found[1]}/ to see what your browser makes of it; Ctrl-C ends.\n"
    assert err == "GET /~403/notes → 403 ACCESS_DENIED · no Access-Control-Allow-Origin\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--port", "70000"], "--port '70000' is no port; write a number from 0 to 65535, such as --port 3000"),
        (["--port", "http"], "--port 'http' is no port; write a number from 0 to 65535, such as --port 3000"),
        (["--as", "app.example.com"], "--as 'app.example.com' is not an origin as browsers send it; write https://app.example.com"),
        (["--host", "0.0.0.0"], f"--host 0.0.0.0: {REMOTE}"),
        (["--api", "Api"], "--api Api: the template has no such front door; it has ServerlessRestApi"),
        (["--parameter", "Stage"], "--parameter 'Stage' is no Key=Value; write --parameter Stage=prod"),
        (["--parameter", "Stage=x"], "--parameter Stage=x: the template has no parameter Stage; it has none"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(
    template: Path, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(template), *options]) == 2
    assert capsys.readouterr() == ("", f"cfncors: error: {told}\n")


def test_a_busy_port_is_one_line(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert main(["serve", str(template), "--port", str(port)]) == 2
    told = (
        f"port {port} of 127.0.0.1 is in use; choose another, such as --port {port + 1}, or --port 0 for any free one"
    )
    assert capsys.readouterr() == ("", f"cfncors: error: {told}\n")


def test_a_bad_template_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "template.yaml"
    assert main(["serve", str(path)]) == 3
    assert capsys.readouterr() == ("", f"{path}:1:1: E9490 there is no such file\n")
    path.write_text("Resources:\n  - x\n", encoding="utf-8")
    assert main(["serve", str(path)]) == 3
    assert capsys.readouterr() == ("", f"{path}:2:3: E9490 Resources is a list where a mapping belongs\n")
