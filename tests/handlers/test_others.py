"""Go, Java, C# and Ruby: literals of responses are seen, and nothing is claimed beyond them."""

from __future__ import annotations

import pytest

from cfncors.handlers import Handler, Source, responses
from cfncors.handlers.model import Language

CODE: dict[Language, str] = {
    "go": """
package main

import (
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

func handler(request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	if request.Body == "" {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusBadRequest, Body: "empty"}, nil
	}
	return events.APIGatewayProxyResponse{
		StatusCode: 200,
		Headers:    map[string]string{"Access-Control-Allow-Origin": "*", "Content-Type": "text/plain"},
		Body:       request.Body,
	}, nil
}
""",
    "ruby": """
def lambda_handler(event:, context:)
  return { statusCode: 400, body: 'empty' } if event['body'].nil?

  { statusCode: 200, headers: { 'Access-Control-Allow-Origin' => '*' }, body: event['body'] }
end
""",
    "csharp": """
public class Function
{
    public APIGatewayProxyResponse Handle(APIGatewayProxyRequest request)
    {
        if (request.Body == null) return new APIGatewayProxyResponse { StatusCode = 400, Body = "empty" };
        return new APIGatewayProxyResponse
        {
            StatusCode = (int)HttpStatusCode.OK,
            Headers = new Dictionary<string, string> { { "Access-Control-Allow-Origin", "*" } },
            Body = request.Body,
        };
    }
}
""",
}


@pytest.mark.parametrize("language", CODE)
def test_literals_are_seen(language: Language) -> None:
    found = responses(Source("/project/main.x", CODE[language], language, "handler", "/project"))
    assert isinstance(found, Handler)
    assert not found.complete
    refused, answered = found.responses
    assert (refused.status, refused.kind, refused.sends("access-control-allow-origin")) == (400, "error", "never")
    assert (answered.status, answered.kind) == (200, "success")
    assert answered.headers["access-control-allow-origin"].text == "*"


def test_java_builders_are_seen_and_their_headers_left_open() -> None:
    text = """
public class App {
    public APIGatewayProxyResponseEvent handleRequest(APIGatewayProxyRequestEvent input, Context context) {
        return new APIGatewayProxyResponseEvent().withStatusCode(200).withHeaders(headers).withBody("{}");
    }
}
"""
    found = responses(Source("/project/App.java", text, "java", "handleRequest", "/project"))
    assert isinstance(found, Handler)
    (response,) = found.responses
    assert response.status == 200
    assert response.sends("access-control-allow-origin") == "unknown"
    assert found.reasons == ("App.java: Java is not followed",)
