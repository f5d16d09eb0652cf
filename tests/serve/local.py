"""A server on a free port of this machine, in a thread, for one test."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cfncors.serve import Choice, Server, Site, Watched

PAGE_ORIGIN = "https://notes.example.com"

#: A token authorizer, an API key, a signed route, a mapped integration, a greedy path; credentials on the preflight.
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Cors:
      AllowOrigin: "'https://notes.example.com'"
      AllowMethods: "'GET,PUT,DELETE'"
      AllowHeaders: "'authorization,content-type,x-api-key'"
    Auth:
      AddDefaultAuthorizerToCorsPreflight: false
      DefaultAuthorizer: Users
      Authorizers:
        Users:
          UserPoolArn: !GetAtt Pool.Arn
    GatewayResponses:
      UNAUTHORIZED:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'https://notes.example.com'"
      THROTTLED:
        StatusCode: "429"
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'https://notes.example.com/'"
            Retry-After: "'2'"
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Root: {Type: Api, Properties: {Path: /, Method: get, Auth: {Authorizer: NONE}}}
        List: {Type: Api, Properties: {Path: /notes, Method: get}}
        Save: {Type: Api, Properties: {Path: "/notes/{id}", Method: put}}
        Keyed: {Type: Api, Properties: {Path: /keyed, Method: get, Auth: {Authorizer: NONE, ApiKeyRequired: true}}}
        Signed: {Type: Api, Properties: {Path: /signed, Method: get, Auth: {Authorizer: AWS_IAM}}}
        Rest: {Type: Api, Properties: {Path: "/files/{proxy+}", Method: any, Auth: {Authorizer: NONE}}}
"""


class Answer(NamedTuple):
    """A response as a client saw it: header names in lower case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cors(self) -> dict[str, str]:
        """The headers of the protocol, without ``Access-Control-`` before their names."""
        return {n.removeprefix("access-control-"): v for n, v in self.headers if n.startswith("access-control-")}


class Local(NamedTuple):
    """A running server, and the lines that it told its user."""

    server: Server
    site: Site
    lines: list[str]

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: str | None = None) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            return ask(connection, method, path, headers, body)
        finally:
            connection.close()

    def fetch(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """A request of a page of PAGE_ORIGIN; ``x_api_key`` stands for ``x-api-key``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(method, path, {"Origin": PAGE_ORIGIN, **named})

    def preflight(self, path: str, method: str, asked: str = "", origin: str = PAGE_ORIGIN) -> Answer:
        """What a browser asks first."""
        headers = {"Origin": origin, "Access-Control-Request-Method": method}
        return self.ask("OPTIONS", path, {**headers, "Access-Control-Request-Headers": asked} if asked else headers)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> Answer:
    """One request on an open connection."""
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return Answer(response.status, [(n.lower(), v) for n, v in response.getheaders()], response.read())


@contextmanager
def serving(path: Path, choice: Choice | None = None, *, wait: bool = True) -> Iterator[Local]:
    """A template's file on a free port, until the block ends; without ``wait``, until soon after that."""
    lines: list[str] = []
    site = Site(Watched(str(path), choice or Choice()), lines.append)
    server = Server(site, port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Local(server, site, lines)
    finally:
        if wait:
            server.close()
            thread.join(10)
        else:
            threading.Thread(target=server.close).start()
