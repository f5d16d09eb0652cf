"""Templates with one front door and no CORS, generated from a seed, and the wishes that they are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import yaml

from cfncors.enable import Asked, asked

Data = dict[str, Any]
ORIGINS = (
    "https://app.example.com",
    "https://admin.example.com:8443",
    "http://localhost:3000",
    "https://a-b.example.org",
)
SAM = "AWS::Serverless-2016-10-31"
_URI = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${AWS::StackName}/invocations"}
_ROUTES = (("/notes", "get"), ("/notes", "post"), ("/notes/{id}", "put"), ("/notes/{id}", "delete"), ("/tags", "patch"))


class Kind(NamedTuple):
    """A kind of front door: what it is called, its template, whether it takes several origins and lists any method."""

    logical_id: str
    template: Callable[[Random], Data]
    several: bool = True
    any_method: bool = False


def wish(rng: Random, kind: Kind) -> Asked:
    """Something that browsers and every front door accept."""
    credentials = rng.random() < 0.4
    anybody = not credentials and rng.random() < 0.25
    number = rng.randint(1, 3) if kind.several else 1
    origins = ["*"] if anybody else rng.sample(ORIGINS, number)
    verbs = ["GET", "PUT"] if kind.any_method and not anybody and rng.random() < 0.5 else []
    headers = rng.sample(["X-Tenant", "X-Request-Id", "If-Match"], rng.randint(0, 2))
    expose = rng.sample(["X-Total-Count", "ETag", "Location"], rng.randint(0, 2))
    max_age = rng.choice([None, "0", "60", "7200", "86400"])
    return asked(origins, credentials, verbs, headers, expose, max_age)


def _function(rng: Random, events: Data | None = None, **more: Any) -> Data:
    properties: Data = {"Handler": "notes.handler", "Runtime": "python3.13", "CodeUri": "s3://bucket/code", **more}
    if events:
        properties["Events"] = events
    if rng.random() < 0.5:
        properties["MemorySize"] = 256
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def _routes(rng: Random) -> list[tuple[str, str]]:
    return [*rng.sample(_ROUTES, rng.randint(1, len(_ROUTES))), *([("/{proxy+}", "any")] if rng.random() < 0.3 else [])]


def _sam(resources: Data, **sections: Any) -> Data:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Transform": SAM, **sections, "Resources": resources}


def _plain(resources: Data) -> Data:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": "Notes: of everybody", "Resources": resources}


def _rest_auth(rng: Random) -> Data:
    pool = {"Users": {"UserPoolArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_x"}}
    token = {"Users": {"FunctionArn": {"Fn::GetAtt": ["Notes", "Arn"]}, "Identity": {"Header": "X-Session"}}}
    return rng.choice(
        [
            {},
            {"Auth": {"DefaultAuthorizer": "Users", "Authorizers": pool}},
            {"Auth": {"DefaultAuthorizer": "Users", "Authorizers": token}},
            {"Auth": {"DefaultAuthorizer": "AWS_IAM"}},
            {"Auth": {"ApiKeyRequired": True}},
            {"Auth": {"ApiKeyRequired": True, "DefaultAuthorizer": "Users", "Authorizers": pool}},
        ]
    )


def sam_rest(rng: Random) -> Data:
    events = {
        f"Event{number}": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Path": path, "Method": verb}}
        for number, (path, verb) in enumerate(_routes(rng))
    }
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod", **_rest_auth(rng)}}
    return _sam({"Api": api, "Notes": _function(rng, events)})


def sam_implicit(rng: Random) -> Data:
    events = {
        f"Event{number}": {"Type": "Api", "Properties": {"Path": path, "Method": verb}}
        for number, (path, verb) in enumerate(_routes(rng))
    }
    auth = _rest_auth(rng)
    return _sam({"Notes": _function(rng, events)}, **({"Globals": {"Api": auth}} if auth else {}))


def plain_rest(rng: Random) -> Data:
    api: Data = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "notes"}}
    if rng.random() < 0.3:
        api["Properties"]["BinaryMediaTypes"] = ["*/*"]
    resources: Data = {"Api": api}
    owner: Data = {"RestApiId": {"Ref": "Api"}}
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    parts = {"/notes": ("Notes", root, "notes"), "/notes/{id}": ("Note", {"Ref": "NotesPath"}, "{id}")}
    parts |= {"/tags": ("Tags", root, "tags"), "/{proxy+}": ("Rest", root, "{proxy+}")}
    methods = []
    routes = _routes(rng)
    for path in dict.fromkeys(["/notes", *(path for path, _ in routes)]):
        name, parent, part = parts[path]
        properties = {**owner, "ParentId": parent, "PathPart": part}
        resources[f"{name}Path"] = {"Type": "AWS::ApiGateway::Resource", "Properties": properties}
    for path, verb in routes:
        name = f"{parts[path][0]}{verb.title()}"
        resources[name] = _plain_method(rng, {"Ref": f"{parts[path][0]}Path"}, verb)
        methods.append(name)
    resources["Deployment"] = {"Type": "AWS::ApiGateway::Deployment", "DependsOn": methods, "Properties": owner}
    return _plain(resources)


def _plain_method(rng: Random, path: Data, verb: str) -> Data:
    choices: list[Data] = [{"AuthorizationType": "NONE"}, {"AuthorizationType": "AWS_IAM"}, {"ApiKeyRequired": True}]
    security = rng.choice(choices)
    properties: Data = {"RestApiId": {"Ref": "Api"}, "ResourceId": path, "HttpMethod": verb.upper(), **security}
    integration: Data
    if rng.random() < 0.6:
        integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": _URI}
    else:
        integration = {
            "Type": "AWS",
            "IntegrationHttpMethod": "POST",
            "Uri": _URI,
            "IntegrationResponses": [{"StatusCode": "200"}, {"StatusCode": "400", "SelectionPattern": "4\\d{2}"}],
        }
        properties["MethodResponses"] = [{"StatusCode": "200"}, {"StatusCode": "400"}][: rng.randint(1, 2)]
    return {"Type": "AWS::ApiGateway::Method", "Properties": {**properties, "Integration": integration}}


def openapi_rest(rng: Random) -> Data:
    paths: Data = {}
    for path, verb in _routes(rng):
        key = "x-amazon-apigateway-any-method" if verb == "any" else verb
        operation: Data = {
            "responses": {"200": {"description": "fine"}},
            "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": _URI},
        }
        if rng.random() < 0.3:
            operation["security"] = [{"AWS_IAM": []}]
        paths.setdefault(path, {})[key] = operation
    version = rng.choice([{"swagger": "2.0"}, {"openapi": "3.0.1"}])
    body = {**version, "info": {"title": "notes", "version": "1"}, "paths": paths}
    return _plain({"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}})


def _jwt(rng: Random) -> Data:
    authorizer = {
        "IdentitySource": "$request.header.Authorization",
        "JwtConfiguration": {"issuer": "https://issuer.example.com", "audience": ["notes"]},
    }
    return rng.choice([{}, {"Auth": {"DefaultAuthorizer": "Users", "Authorizers": {"Users": authorizer}}}])


def _http_events(rng: Random, **more: Any) -> Data:
    routes = rng.sample(_ROUTES, rng.randint(1, len(_ROUTES)))
    return {
        f"Event{number}": {"Type": "HttpApi", "Properties": {**more, "Path": path, "Method": verb}}
        for number, (path, verb) in enumerate(routes)
    }


def sam_http(rng: Random) -> Data:
    api = {"Type": "AWS::Serverless::HttpApi", "Properties": {"StageName": "prod", **_jwt(rng)}}
    return _sam({"Api": api, "Notes": _function(rng, _http_events(rng, ApiId={"Ref": "Api"}))})


def sam_http_implicit(rng: Random) -> Data:
    auth = _jwt(rng)
    return _sam({"Notes": _function(rng, _http_events(rng))}, **({"Globals": {"HttpApi": auth}} if auth else {}))


def plain_http(rng: Random) -> Data:
    owner = {"ApiId": {"Ref": "Api"}}
    resources: Data = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "notes", "ProtocolType": "HTTP"}}
    }
    resources["Backend"] = {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {**owner, "IntegrationType": "AWS_PROXY", "IntegrationUri": _URI, "PayloadFormatVersion": "2.0"},
    }
    for number, (path, verb) in enumerate(rng.sample(_ROUTES, rng.randint(1, len(_ROUTES)))):
        security = rng.choice([{}, {"AuthorizationType": "AWS_IAM"}])
        target = {"Fn::Sub": "integrations/${Backend}"}
        properties = {**owner, "RouteKey": f"{verb.upper()} {path}", "Target": target, **security}
        resources[f"Route{number}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
    return _plain(resources)


def http_body(rng: Random) -> Data:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": _URI, "payloadFormatVersion": "2.0"}
    paths: Data = {}
    for path, verb in rng.sample(_ROUTES, rng.randint(1, len(_ROUTES))):
        paths.setdefault(path, {})[verb] = {"x-amazon-apigateway-integration": integration}
    body = {"openapi": "3.0.1", "info": {"title": "notes", "version": "1"}, "paths": paths}
    return _plain({"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}}})


def _auth_type(rng: Random) -> str:
    return rng.choice(["NONE", "AWS_IAM"])


def lambda_url(rng: Random) -> Data:
    properties = {"TargetFunctionArn": {"Ref": "Notes"}, "AuthType": _auth_type(rng)}
    code = {"S3Bucket": "bucket", "S3Key": "code.zip"}
    role = "arn:aws:iam::123456789012:role/notes"
    function = {"Handler": "notes.handler", "Runtime": "python3.13", "Role": role, "Code": code}
    return _plain(
        {
            "Notes": {"Type": "AWS::Lambda::Function", "Properties": function},
            "NotesUrl": {"Type": "AWS::Lambda::Url", "Properties": properties},
        }
    )


def url_config(rng: Random) -> Data:
    return _sam({"Notes": _function(rng, FunctionUrlConfig={"AuthType": _auth_type(rng)})})


def bucket(rng: Random) -> Data:
    made: Data = {"Type": "AWS::S3::Bucket"}
    if rng.random() < 0.5:
        made["Properties"] = {"VersioningConfiguration": {"Status": "Enabled"}}
    return _plain({"Files": made})


def distribution(rng: Random) -> Data:
    behavior: Data = {
        "TargetOriginId": "files",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    if rng.random() < 0.3:
        behavior["AllowedMethods"] = ["GET", "HEAD", "OPTIONS"]
    config: Data = {
        "Enabled": True,
        "Origins": [
            {
                "Id": "files",
                "DomainName": {"Fn::GetAtt": ["Files", "RegionalDomainName"]},
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
        "DefaultCacheBehavior": behavior,
    }
    if rng.random() < 0.5:
        config["CacheBehaviors"] = [{**behavior, "PathPattern": "/static/*"}]
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"], "AllowedHeaders": ["*"], "MaxAge": 600}
    files = {"Type": "AWS::S3::Bucket", "Properties": {"CorsConfiguration": {"CorsRules": [rule]}}}
    cdn = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": config}}
    return _plain({"Files": files, "Cdn": cdn})


KINDS = {
    "sam-rest": Kind("Api", sam_rest, several=False),
    "sam-implicit": Kind("ServerlessRestApi", sam_implicit, several=False),
    "plain-rest": Kind("Api", plain_rest, several=False),
    "openapi-rest": Kind("Api", openapi_rest, several=False),
    "sam-http": Kind("Api", sam_http),
    "sam-http-implicit": Kind("ServerlessHttpApi", sam_http_implicit),
    "plain-http": Kind("Api", plain_http),
    "http-body": Kind("Api", http_body),
    "lambda-url": Kind("NotesUrl", lambda_url, any_method=True),
    "url-config": Kind("Notes", url_config, any_method=True),
    "bucket": Kind("Files", bucket, any_method=True),
    "distribution": Kind("Cdn", distribution),
}


def written(rng: Random, data: Data) -> str:
    """The template in one of several hands: block or flow, wide or narrow, with comments, JSON, Windows' line ends."""
    hand = rng.choice(["block", "mixed", "wide", "json", "json-tabs", "crlf", "comments"])
    if hand.startswith("json"):
        return json.dumps(data, indent="\t" if hand == "json-tabs" else 2) + "\n"

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, _: object) -> bool:
            return True

    flow = None if hand == "mixed" else False
    text = yaml.dump(data, Dumper=Plain, sort_keys=False, default_flow_style=flow, indent=4 if hand == "wide" else 2)
    if hand == "comments":
        lines = text.splitlines()
        text = "\n".join(
            line + "  # as agreed" if line.endswith(":") and at % 3 == 0 else line for at, line in enumerate(lines)
        )
        text = f"# Notes\n{text}\n"
    return text.replace("\n", "\r\n") if hand == "crlf" else text
