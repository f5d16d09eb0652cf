"""``serve`` over HTTP: the headers that the template decides and no other, forced outcomes, real demands, bad input."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.serve import Choice, Server, Site, Watched
from tests.serve.local import PAGE_ORIGIN, TEMPLATE, Local, ask, serving
from tests.shared import ROOT

TOKEN = {"authorization": "x"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    path = tmp_path_factory.mktemp("serve") / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    with serving(path) as running:
        yield running


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_a_preflight_is_answered_as_the_template_says(local: Local) -> None:
    answer = local.preflight("/notes", "GET", "authorization")
    assert answer.status == 200
    assert answer.cors == {
        "allow-origin": PAGE_ORIGIN,
        "allow-methods": "GET,PUT,DELETE",
        "allow-headers": "authorization,content-type,x-api-key",
    }


def test_a_handler_is_assumed_to_be_correct_and_the_answer_says_so(local: Local) -> None:
    answer = local.fetch("/notes", authorization="x")
    assert answer.status == 200
    assert answer.cors == {"allow-origin": PAGE_ORIGIN}
    assert dict(answer.headers)["x-cfncors-assumed"] == "the function Notes decides; here: as a correct one answers"
    assert answer.json["cfncors"]["type"] == "handler"


def test_a_correct_handler_does_not_allow_strangers(local: Local) -> None:
    answer = local.ask("GET", "/notes", {"Origin": "https://evil.example.net", **TOKEN})
    assert answer.cors == {"allow-origin": PAGE_ORIGIN}


def test_no_handler_sends_nothing(template: Path) -> None:
    with serving(template, Choice(handler="none")) as local:
        answer = local.fetch("/notes", authorization="x")
        assert (answer.status, answer.cors) == (200, {})
        assert dict(answer.headers)["x-cfncors-assumed"].endswith("here: without headers")


@pytest.mark.parametrize(
    ("path", "headers", "status", "kind"),
    [
        ("/notes", {}, 401, "UNAUTHORIZED"),
        ("/notes", {"authorization": " "}, 401, "UNAUTHORIZED"),
        ("/notes", TOKEN, 200, "handler"),
        ("/keyed", {}, 403, "INVALID_API_KEY"),
        ("/keyed", {"x-api-key": "any"}, 200, "handler"),
        ("/signed", {}, 403, "MISSING_AUTHENTICATION_TOKEN"),
        ("/signed", TOKEN, 200, "handler"),
        ("/", {}, 200, "handler"),
        ("/nothing", TOKEN, 403, "MISSING_AUTHENTICATION_TOKEN"),
        ("/notes/7", TOKEN, 403, "MISSING_AUTHENTICATION_TOKEN"),
        ("/files/a/b", {}, 200, "handler"),
        ("/files", {}, 403, "MISSING_AUTHENTICATION_TOKEN"),
        ("/notes/", TOKEN, 200, "handler"),
        ("/notes?page=2", TOKEN, 200, "handler"),
        ("/ServerlessRestApi/notes", TOKEN, 200, "handler"),
    ],
)
def test_real_demands_apply(local: Local, path: str, headers: dict[str, str], status: int, kind: str) -> None:
    answer = local.ask("GET", path, {"Origin": PAGE_ORIGIN, **headers})
    assert (answer.status, answer.json["cfncors"]["type"]) == (status, kind)


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        ("401", 401, "UNAUTHORIZED"),
        ("403", 403, "ACCESS_DENIED"),
        ("413", 413, "REQUEST_TOO_LARGE"),
        ("429", 429, "THROTTLED"),
        ("502", 502, "DEFAULT_5XX"),
        ("504", 504, "INTEGRATION_FAILURE"),
        ("THROTTLED", 429, "THROTTLED"),
        ("waf_filtered", 403, "WAF_FILTERED"),
        ("404", 404, "handler"),
        ("500", 500, "handler"),
        ("200", 200, "handler"),
    ],
)
def test_an_outcome_is_forced_by_header_and_by_path(local: Local, outcome: str, status: int, kind: str) -> None:
    by_header = local.fetch("/notes", X_Cfncors_Outcome=outcome)
    by_path = local.fetch(f"/~{outcome}/notes")
    assert (by_header.status, by_header.json["cfncors"]["type"]) == (status, kind)
    assert by_path[0] == by_header[0]
    assert (by_path.cors, by_path.body) == (by_header.cors, by_header.body)


def test_an_error_has_the_headers_of_its_own_gateway_response_only(local: Local) -> None:
    assert local.fetch("/~401/notes").cors == {"allow-origin": PAGE_ORIGIN}
    assert local.fetch("/~403/notes").cors == {}
    throttled = local.fetch("/~THROTTLED/notes")
    assert throttled.cors == {"allow-origin": f"{PAGE_ORIGIN}/"}
    assert ("retry-after", "2") in throttled.headers
    assert throttled.json["message"] == "Too Many Requests"


@pytest.mark.parametrize("outcome", ["199", "600", "TEAPOT", "4xx"])
def test_an_unknown_outcome_is_told_with_the_list(local: Local, outcome: str) -> None:
    answer = local.fetch(f"/~{outcome}/notes")
    assert answer.status == 400
    assert answer.cors == {}
    assert answer.json["message"].startswith(
        f"no outcome is named '{outcome}'; write a status from 200 to 599, or one of"
    )
    assert "THROTTLED" in answer.json["message"]


def test_a_preflight_is_never_forced(local: Local) -> None:
    forced, plain = local.preflight("/~401/notes", "GET"), local.preflight("/notes", "GET")
    assert (forced.status, forced.cors, forced.body) == (plain.status, plain.cors, plain.body)


def test_our_own_header_is_allowed_only_when_it_is_asked_for(local: Local) -> None:
    asked = local.preflight("/notes", "GET", "authorization,x-cfncors-outcome")
    assert asked.cors["allow-headers"] == "authorization,content-type,x-api-key,x-cfncors-outcome"
    assert "x-cfncors-outcome" not in local.preflight("/notes", "GET", "x-other").cors["allow-headers"]


def test_a_refused_preflight_does_not_allow_our_header(local: Local) -> None:
    answer = local.preflight("/nothing", "GET", "x-cfncors-outcome")
    assert (answer.status, answer.cors) == (403, {})


def test_head_has_no_body(local: Local) -> None:
    answer = local.ask("HEAD", "/files/a", {"Origin": PAGE_ORIGIN})
    assert (answer.status, answer.body) == (200, b"")
    assert int(dict(answer.headers)["content-length"]) > 0


@pytest.mark.parametrize("status", ["204", "304"])
def test_a_status_without_body_has_none(local: Local, status: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.server.port, timeout=10)
    answer = ask(connection, "GET", f"/~{status}/files/a")
    assert (answer.status, answer.body) == (int(status), b"")
    assert "content-length" not in dict(answer.headers)
    assert ask(connection, "GET", "/files/a").status == 200, "the connection goes on"
    connection.close()


def test_a_connection_stays_open(local: Local) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.server.port, timeout=10)
    ask(connection, "GET", "/files/a")
    socket_ = connection.sock
    assert ask(connection, "PUT", "/notes/1", TOKEN, '{"text": "x"}').status == 200
    assert ask(connection, "QUERY", "/notes").status == 403
    assert connection.sock is socket_
    connection.close()


def test_a_chunked_body_is_read(local: Local) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.server.port, timeout=10)
    connection.request("PUT", "/notes/1", iter([b"one", b"two"]), TOKEN, encode_chunked=True)
    response = connection.getresponse()
    response.read()
    assert response.status == 200
    assert ask(connection, "GET", "/files/a").status == 200
    connection.close()


def test_more_than_ten_megabytes_are_too_large(local: Local) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local.server.port, timeout=10)
    connection.putrequest("PUT", "/notes/1")
    connection.putheader("Content-Length", str(10 * 1024 * 1024 + 1))
    connection.putheader("authorization", "x")
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.getheader("connection")) == (413, "close")
    response.read()
    connection.close()


@pytest.mark.parametrize(
    "request_line",
    [
        b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /notes HTTP/9.9\r\n\r\n",
        b"GET /notes HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET /notes HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT /notes/1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PUT /notes/1 HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"GET /notes HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"GET /%ff%00/~/~~401 HTTP/1.1\r\nOrigin: \xff\xfe\r\n\r\n",
    ],
)
def test_what_is_no_http_ends_its_connection_only(local: Local, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", local.server.port), 10) as raw:
        raw.sendall(request_line)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass
    assert not any("internal error" in line for line in local.lines)
    assert local.fetch("/~401/notes").status == 401


def test_every_request_is_told_on_one_line(template: Path) -> None:
    with serving(template) as local:
        local.preflight("/notes", "GET")
        local.fetch("/~403/notes?x=1")
        local.ask("GET", "/notes", TOKEN)
        local.ask("GET", "/a%0Ab%1B[2J")
        assert local.lines[:3] == [
            f"OPTIONS /notes → 200 MOCK · Access-Control-Allow-Origin: {PAGE_ORIGIN}",
            "GET /~403/notes → 403 ACCESS_DENIED · no Access-Control-Allow-Origin",
            f"GET /notes → 200 handler, assumed · Access-Control-Allow-Origin: {PAGE_ORIGIN}",
        ]
        assert all(line.isprintable() for line in local.lines)


def test_the_page_goes_to_people_and_the_route_to_scripts(local: Local) -> None:
    for headers in ({"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,*/*"}):
        page = local.ask("GET", "/", headers)
        assert dict(page.headers)["content-type"] == "text/html; charset=utf-8"
        assert b"Run again" in page.body
    for headers in (
        {"Sec-Fetch-Mode": "cors", "Accept": "text/html"},
        {},
        {"Origin": PAGE_ORIGIN, "Accept": "text/html"},
    ):
        assert local.ask("GET", "/", headers).json["cfncors"]["type"] == "handler"


def test_the_page_loads_nothing_from_elsewhere() -> None:
    text = (ROOT / "cfncors" / "serve" / "page.html").read_text(encoding="utf-8")
    assert not {"src=", "@import", "url(", "https://"} & {
        each for each in ("src=", "@import", "url(", "https://") if each in text
    }


def test_the_page_plays_an_origin(local: Local) -> None:
    own = f"http://127.0.0.1:{local.server.port}"
    assert local.preflight("/notes", "GET", origin=own).cors["allow-origin"] == own
    assert local.ask("GET", "/notes", {"Origin": own, **TOKEN}).cors["allow-origin"] == own
    wrong = local.ask("GET", "/~THROTTLED/notes", {"Origin": own})
    assert wrong.cors["allow-origin"] == f"{PAGE_ORIGIN}/", "what does not match stays as it is"
    stranger = local.preflight("/notes", "GET", origin="http://127.0.0.1:1")
    assert stranger.cors["allow-origin"] == PAGE_ORIGIN


def test_the_page_may_play_another_origin(template: Path) -> None:
    with serving(template, Choice(origin="https://other.example.com")) as local:
        own = f"http://localhost:{local.server.port}"
        assert local.preflight("/notes", "GET", origin=own).cors["allow-origin"] == PAGE_ORIGIN


def test_several_apis_have_their_logical_ids_as_paths(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        """\
Resources:
  One:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, Cors: "'https://one.example.com'"}
  Two:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, Cors: "'https://two.example.com'"}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref One}}
        B: {Type: Api, Properties: {Path: /b, Method: get, RestApiId: !Ref Two}}
""",
        encoding="utf-8",
    )
    with serving(path) as local:
        for where in ("/a", "/One/a", "/~200/One/a"):
            assert local.ask("GET", where).cors["allow-origin"] == "https://one.example.com"
        assert local.ask("GET", "/Two/b").cors["allow-origin"] == "https://two.example.com"
        assert local.ask("GET", "/b").status == 403
        assert local.ask("GET", "/Two").status == 403
    with serving(path, Choice(api="Two")) as local:
        assert local.ask("GET", "/b").status == 200
    with pytest.raises(UsageError, match="--api Three: the template has no such front door; it has One, Two"):
        Watched(str(path), Choice(api="Three"))


def test_a_parameter_decides(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    old = "Transform: AWS::Serverless-2016-10-31\n"
    parameter = 'Parameters: {Page: {Type: String, Default: "https://a.example.com"}}\n'
    text = TEMPLATE.replace(old, old + parameter).replace("\"'https://notes.example.com'\"", "!Sub \"'${Page}'\"")
    path.write_text(text, encoding="utf-8")
    with serving(path) as local:
        answer = local.fetch("/~401/notes")
        assert answer.cors["allow-origin"] == "https://a.example.com"
        assert answer.json["cfncors"]["assumes"] == ["Page=https://a.example.com"]
    with serving(path, Choice(parameters=(("Page", "https://b.example.com"),))) as local:
        answer = local.fetch("/~401/notes")
        assert answer.cors["allow-origin"] == "https://b.example.com"
        assert answer.json["cfncors"]["assumes"] == []
    with pytest.raises(UsageError, match="the template has no parameter Pages; it has Page"):
        Watched(str(path), Choice(parameters=(("Pages", "x"),)))


def test_a_changed_template_is_served_at_once(template: Path) -> None:
    with serving(template) as local:
        assert local.ask("GET", "/~edition").body == b"1"
        template.write_text(TEMPLATE.replace("notes.example.com", "new.example.com"), encoding="utf-8")
        assert local.preflight("/notes", "GET").cors["allow-origin"] == "https://new.example.com"
        assert local.lines[0] == f"{template} has changed: serving it as it is now"
        assert local.ask("GET", "/~edition").body == b"2"


def test_the_last_good_template_stays(template: Path) -> None:
    with serving(template) as local:
        template.write_text("Resources: {", encoding="utf-8")
        for _ in range(2):
            assert local.preflight("/notes", "GET").cors["allow-origin"] == PAGE_ORIGIN
        notes = [line for line in local.lines if "E9490" in line]
        assert len(notes) == 1, "told once"
        assert notes[0].startswith(f"{template}:1:")
        assert notes[0].endswith("; still serving what it was before")
        os.unlink(template)
        assert local.preflight("/notes", "GET").status == 200
        assert "there is no such file; still serving" in local.lines[-2]


def test_only_this_machine_is_served_unless_told(template: Path) -> None:
    site = Site(Watched(str(template), Choice()), lambda line: None)
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        with pytest.raises(
            UsageError, match=f"--host {host}: other machines could reach the server; add --allow-remote"
        ):
            Server(site, host, 0)
    with pytest.raises(UsageError, match="is no address of this machine"):
        Server(site, "192.0.2.1", 0, remote=True)


def test_a_busy_port_is_told(template: Path) -> None:
    site = Site(Watched(str(template), Choice()), lambda line: None)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(
            UsageError, match=rf"^port {port} of 127\.0\.0\.1 is in use; choose another, such as --port"
        ):
            Server(site, port=port)


def test_there_must_be_something_to_serve(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: {Bucket: {Type: AWS::S3::Bucket}}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="the template has nothing to serve: no API, function URL, bucket"):
        Watched(str(path), Choice())
    path.write_text("hello: world\n", encoding="utf-8")
    with pytest.raises(UnreadableTemplate, match="no CloudFormation or SAM template"):
        Watched(str(path), Choice())
