"""946x, the responses of a function's own code: whether a page may read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.checks.explanations import NO_ALLOW_ORIGIN, answers
from cfncors.checks.registry import rule
from cfncors.facts.code import in_words, names_of
from cfncors.findings import PROMISED, Finding, Rule
from cfncors.functions import Function
from cfncors.gateway.model import RestApi
from cfncors.template.intrinsics import scalar_text

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.facts.lacking import Lacking


@rule(
    "E9462",
    "handler-response-without-cors",
    "unsafe",
    doors="rest http url",
    explains=(answers(NO_ALLOW_ORIGIN, by="code"),),
)
def handler_response_without_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A function returns a response without Access-Control-Allow-Origin.

    ## Why
    With a Lambda proxy integration the function's answer is passed on as it is: `Cors` and OPTIONS methods answer the
    preflight alone. The preflight succeeds, the function runs, and the page cannot read what it returns. An HTTP API
    and a function URL send the header themselves where CORS is configured on them; where it is not, it is the code's
    business, and code that sends it on some responses has to send it on all.

    ## Example
    ```yaml
    InlineCode: |
      exports.handler = async () => ({
        statusCode: 200,
        headers: { 'Access-Control-Allow-Origin': 'https://app.example.com' },    // what is missing
        body: JSON.stringify([]),
      });
    ```

    ## Fix safety
    Unsafe: it edits code. The header is added where the response's headers are written, once for a shared helper, with
    the API's own origin, or with the environment variable of the function that holds the same; credentials are allowed
    when the API allows them.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
    """
    for each in facts.lacking:
        if not each.is_error:
            yield _finding(rule, facts, each, "a page cannot read it")


@rule(
    "W9463",
    "handler-error-without-cors",
    "unsafe",
    doors="rest http url",
    explains=(answers(NO_ALLOW_ORIGIN, by="code"),),
)
def handler_error_without_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A function returns an error without Access-Control-Allow-Origin.

    ## Why
    The page works until something goes wrong. Then, in the place of the 400, 404 or 500 and the message that the code
    has for it, it sees *blocked by CORS policy*, and so does whoever looks for the fault.

    ## Example
    ```yaml
    InlineCode: |
      def handler(event, context):
          if not event.get('body'):
              return {'statusCode': 400, 'body': 'no note'}      # no headers
          return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}, 'body': 'saved'}
    ```

    ## Fix safety
    Unsafe: it edits code, as that of E9462 does.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    for each in facts.lacking:
        if each.is_error:
            yield _finding(rule, facts, each, "the page is told of a CORS error in its place")


def _finding(rule: Rule, facts: Facts, each: Lacking, so: str) -> Finding:
    from cfncors.checks.handler_remedies import own_value, with_headers

    first = each.found[0][0]
    called = tuple(method for behind, _ in each.found for method in behind.methods)
    names = list(dict.fromkeys(name for behind, _ in each.found for name in names_of(behind)))
    verb = "answer" if len(names) > 1 else "answers"
    # Nothing here depends on what other fixes change, so that the finding is the same before and after them.
    send = "send the API's origin" if isinstance(first.door, RestApi) else "send it as other responses of this code do"
    message = f"{in_words(names)} {verb}{each.statuses} without Access-Control-Allow-Origin: {so}; {send}"
    value = own_value(facts.model, each.found)
    fix, why = with_headers(facts, each.found, value)
    return Finding(
        rule,
        message,
        facts.places.node(first.function, each.place),
        fix,
        why,
        PROMISED,
        tuple(dict.fromkeys((first.door.logical_id, *(behind.function.logical_id for behind, _ in each.found)))),
        tuple(dict.fromkeys(method.path for method in called)),
    )


@rule("I9467", "handler-not-read", doors="rest", about="advice")
def handler_not_read(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The code of a function cannot be read, so nothing is known of its responses.

    ## Why
    The API is called from other origins, and whether pages can read what this function returns depends on its code. It
    is in the project but was not read: a bundle, minified code, a syntax error, a handler that is not there, a folder
    outside of the project.

    ## Example
    ```yaml
    Notes:
      Type: AWS::Serverless::Function
      Properties:
        CodeUri: src/
        Handler: noets.handler        # src/notes.py
        Runtime: python3.13
    ```

    ## Fix safety
    No fix: name the source of the handler, or the project's root with `--root`.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
    - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
    """
    functions = facts.functions
    seen: set[str] = set()
    for api in facts.model.rest_apis:
        if not api.complete or api.private or facts.model.called(api) is None:
            continue
        for method in api.methods:
            function = functions.all.get(functions.name_behind(api, method) or "")
            if function is None or function.logical_id in seen or method.is_options:
                continue
            seen.add(function.logical_id)
            reason = functions.why_not_read(function)
            if reason is not None and not _is_made_elsewhere(function):
                message = f"the code of {function.logical_id} is not read, so what it answers is not known: {reason}"
                yield Finding(rule, message, function.place, resources=(api.logical_id, function.logical_id))


#: Handlers that a layer or a plugin brings, around the project's own: Datadog, New Relic and Sentry ("Instrumenting
#: Python serverless applications", "Monitor Lambda functions", "AWS Lambda"), serverless-wsgi (README, "Usage"), the
#: Lambda Web Adapter (README, "Lambda functions packaged as Zip package").
_BROUGHT: Final = ("/opt/", "datadog_lambda.", "newrelic_lambda_wrapper.", "sentry_sdk.", "wsgi_handler.", "run.sh")


def _is_made_elsewhere(function: Function) -> bool:
    """Whether a handler is none of the project's files, as it should be."""
    return (scalar_text(function.place) or "").startswith(_BROUGHT)
