"""Templates with SAM HTTP APIs and function URLs, made by hypothesis: what people write, in all combinations."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Made = st.SearchStrategy[Any]

NO_VALUE = {"Ref": "AWS::NoValue"}
JWT = {
    "JwtConfiguration": {"issuer": "https://i.example", "audience": ["a"]},
    "IdentitySource": "$request.header.Authorization",
}
CUSTOM = {
    "FunctionArn": {"Fn::GetAtt": ["F0", "Arn"]},
    "AuthorizerPayloadFormatVersion": "2.0",
    "Identity": {"Headers": ["X-Token", "X-Tenant"], "QueryStrings": ["q"]},
}
BARE = {"FunctionArn": {"Fn::GetAtt": ["F0", "Arn"]}, "AuthorizerPayloadFormatVersion": "2.0"}
AUTHORIZERS = {"Jwt": JWT, "Custom": CUSTOM, "Bare": BARE}
SCHEME = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "jwtConfiguration": {"issuer": "https://i.example", "audience": ["a"]},
        "identitySource": "$request.header.X-Own",
    },
}
PATHS = ("/a", "/b/{id}", "/{proxy+}", "$default", "/")
VERBS = ("get", "POST", "any", "ANY", "options", "delete")


def _either(*values: Any) -> Made:
    return st.sampled_from(values)


def _if(one: Made, other: Made) -> Made:
    return st.tuples(one, other).map(lambda sides: {"Fn::If": ["Prod", *sides]})


ORIGINS = _either(
    ["*"],
    ["https://a.example", "https://b.example"],
    ["https://*"],
    "https://a.example",
    [{"Ref": "Given"}],
    [{"Fn::Sub": "https://${Given}"}],
    {"Ref": "Default"},
    {"Ref": "List"},
    {"Fn::Split": [",", {"Ref": "Default"}]},
    {"Fn::FindInMap": ["Stages", "dev", "origins"]},
    {"Fn::If": ["Prod", ["https://a.example"], ["https://b.example"]]},
    [],
    None,
    NO_VALUE,
)
LISTS = _either(["Content-Type"], ["GET", "PUT"], ["*"], [], [{"Ref": "Given"}, "x"], {"Ref": "List"}, NO_VALUE)
NAMES = st.one_of(LISTS, st.just("x,y"))


def cors(**more: Made) -> Made:
    """A configuration with some of its keys, right and wrong; ``more`` replaces some."""
    keys: dict[str, Made] = {
        "AllowOrigins": ORIGINS,
        "AllowMethods": NAMES,
        "AllowHeaders": NAMES,
        "ExposeHeaders": NAMES,
        "MaxAge": _either(0, 600, "600", None),
        "AllowCredentials": _either(True, False, "true", {"Fn::If": ["Prod", True, False]}),
        **more,
    }
    return st.fixed_dictionaries({}, optional=keys).filter(_is_taken)


def _is_taken(made: dict[str, Any]) -> bool:
    """The translator refuses credentials for any origin where it sees them."""
    return not (made.get("AllowCredentials") is True and made.get("AllowOrigins") == ["*"])


CORS = st.one_of(cors(), cors(), _either(True, False, {}, None), _if(cors(), cors()), _if(cors(), st.just(NO_VALUE)))
BODY_CORS = cors().map(lambda made: {key[0].lower() + key[1:]: value for key, value in made.items()})
AUTH = st.fixed_dictionaries(
    {"Authorizers": st.just(AUTHORIZERS), "EnableIamAuthorizer": st.just(True)},
    optional={"DefaultAuthorizer": _either("Jwt", "Custom", "Bare", "AWS_IAM")},
)
INTEGRATION = {"type": "http_proxy", "httpMethod": "GET", "uri": "https://x.example", "payloadFormatVersion": "1.0"}
OPERATION: Made = st.fixed_dictionaries(
    {"responses": st.just({})},
    optional={
        "x-amazon-apigateway-integration": st.just(INTEGRATION),
        "security": _either([], [{"Own": []}], [{"Jwt": []}], [{"Own": []}, {"Custom": []}]),
    },
)
ITEM = st.dictionaries(
    _either("get", "post", "options", "x-amazon-apigateway-any-method"), OPERATION, min_size=1, max_size=2
)
BODY = st.fixed_dictionaries(
    {
        "openapi": st.just("3.0.1"),
        "info": st.just({"title": "t", "version": "1"}),
        "paths": st.dictionaries(
            _either(*PATHS),
            st.one_of(ITEM, ITEM, ITEM.map(lambda item: {"Fn::If": ["Prod", item, NO_VALUE]})),
            max_size=3,
        ),
        "components": st.just({"securitySchemes": {"Own": SCHEME}}),
    },
    optional={"x-amazon-apigateway-cors": BODY_CORS, "security": st.just([{"Own": []}])},
)
EVENT_AUTH = _either(
    {"Authorizer": "Jwt"},
    {"Authorizer": "Custom", "AuthorizationScopes": ["s"]},
    {"Authorizer": "AWS_IAM"},
    {"Authorizer": "NONE"},
    {},
)
URL_CORS = cors(
    AllowOrigins=_either(["*"], ["https://a.example"], {"Ref": "List"}),
    AllowMethods=LISTS,
    AllowHeaders=LISTS,
    ExposeHeaders=LISTS,
    MaxAge=_either(0, 600),
    AllowCredentials=_either(True, False),
)
URL: Made = st.fixed_dictionaries(
    {"AuthType": _either("NONE", "AWS_IAM", {"Fn::If": ["Prod", "AWS_IAM", "NONE"]})},
    optional={"Cors": st.one_of(URL_CORS, st.just({}))},
)
#: ``Globals`` may not be empty.
SHARED = st.one_of(
    st.fixed_dictionaries({"CorsConfiguration": CORS}, optional={"Auth": AUTH}), st.fixed_dictionaries({"Auth": AUTH})
)


@st.composite
def templates(draw: st.DrawFn) -> dict[str, Any]:
    """A template with an HTTP API, functions with events for it and for the implicit one, URLs, and ``Globals``."""
    properties = {"CorsConfiguration": CORS, "Auth": AUTH, "FailOnWarnings": st.just(True)}
    api: dict[str, Any] = {
        "Type": "AWS::Serverless::HttpApi",
        "Properties": draw(st.fixed_dictionaries({}, optional={**properties, "DefinitionBody": BODY})),
    }
    ignored = draw(_either(None, None, None, "*", ["CorsConfiguration"]))
    if ignored is not None:
        api["IgnoreGlobals"] = ignored
    resources: dict[str, Any] = {"Api": api}
    keys = draw(
        st.lists(st.tuples(_either(*PATHS, None), _either(*VERBS), st.booleans()), max_size=5, unique_by=_route)
    )
    for at in range(draw(st.integers(1, 3))):
        resources[f"F{at}"] = _function(draw, keys[at::3])
    shared = {"HttpApi": SHARED, "Function": URL.map(_configured)}
    shared_in = draw(st.fixed_dictionaries({}, optional=shared))
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {
            "Given": {"Type": "String"},
            "Default": {"Type": "String", "Default": "https://d.example"},
            "List": {"Type": "CommaDelimitedList", "Default": "https://one.example, https://two.example"},
        },
        "Mappings": {"Stages": {"dev": {"origins": ["https://m.example"]}}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Given"}, "prod"]}},
        "Resources": resources,
        **({"Globals": shared_in} if shared_in else {}),
    }


def _configured(url: dict[str, Any]) -> dict[str, Any]:
    return {"FunctionUrlConfig": url}


def _route(key: tuple[str | None, str, bool]) -> tuple[str | None, str, bool]:
    path, verb, implicit = key
    return path, "any" if path in (None, "$default") else verb.lower(), implicit


def _function(draw: st.DrawFn, keys: list[tuple[str | None, str, bool]]) -> dict[str, Any]:
    properties: dict[str, Any] = {"InlineCode": "x", "Handler": "index.handler", "Runtime": "python3.12"}
    events: dict[str, Any] = {}
    for at, (path, verb, implicit) in enumerate(keys):
        event: dict[str, Any] = {} if path is None else {"Path": path, "Method": verb}
        if not implicit:
            event["ApiId"] = draw(_either({"Ref": "Api"}, "Api"))
            auth = draw(st.one_of(st.none(), EVENT_AUTH))
            if auth is not None:
                event["Auth"] = auth
        events[f"Event{at}"] = {"Type": "HttpApi", "Properties": event} if event else {"Type": "HttpApi"}
    if events:
        properties["Events"] = events
    if draw(st.booleans()):
        properties["FunctionUrlConfig"] = draw(URL)
    if draw(st.integers(0, 3)) == 0:
        properties["AutoPublishAlias"] = "live"
    function: dict[str, Any] = {"Type": "AWS::Serverless::Function", "Properties": properties}
    if draw(st.integers(0, 3)) == 0:
        function["Condition"] = "Prod"
    return function
