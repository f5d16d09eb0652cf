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

func main() { lambda.Start(handler) }
""",
    "ruby": """
def handler(event:, context:)
  return { statusCode: 400, body: 'empty' } if event['body'].nil?

  { statusCode: 200, headers: { 'Access-Control-Allow-Origin' => '*' }, body: event['body'] }
end
""",
    "csharp": """
public class Function
{
    public APIGatewayProxyResponse handler(APIGatewayProxyRequest request)
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


LATER: dict[Language, tuple[str, ...]] = {
    "go": (
        """
func handler() (events.APIGatewayProxyResponse, error) {
	response := events.APIGatewayProxyResponse{StatusCode: 200}
	response.Headers = map[string]string{"Access-Control-Allow-Origin": "*"}
	return response, nil
}

func main() { lambda.Start(handler) }
""",
        """
func handler() (events.APIGatewayProxyResponse, error) {
	return withCors(events.APIGatewayProxyResponse{StatusCode: 200}), nil
}

func main() { lambda.Start(handler) }
""",
        """
func handler() (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: 200}, nil
}

func main() { lambda.Start(withCors(handler)) }
""",
        """
func clientError(status int) events.APIGatewayProxyResponse {
	return events.APIGatewayProxyResponse{StatusCode: 400}
}

func main() { lambda.Start(handler) }
""",
    ),
    "ruby": (
        """
def cors(response)
  response[:headers] = { 'Access-Control-Allow-Origin' => '*' }
  response
end

def handler(event:, context:)
  cors({ statusCode: 200 })
end
""",
        """
def handler(event:, context:)
  { statusCode: 200 }.merge(headers: CORS)
end
""",
        """
def handler(event:, context:)
  response = if event['body'] then { statusCode: 200 } else { statusCode: 400 } end
  response.merge(headers: CORS)
end
""",
    ),
    "csharp": (
        """
public class Function
{
    public APIGatewayProxyResponse handler(APIGatewayProxyRequest request)
    {
        var response = new APIGatewayProxyResponse { StatusCode = 200 };
        response.Headers = new Dictionary<string, string> { { "Access-Control-Allow-Origin", "*" } };
        return response;
    }
}
""",
        """
public class Function
{
    public APIGatewayProxyResponse handler(APIGatewayProxyRequest request)
    {
        return WithCors(new APIGatewayProxyResponse { StatusCode = 200 });
    }
}
""",
    ),
}


@pytest.mark.parametrize(("language", "code"), [(name, code) for name, codes in LATER.items() for code in codes])
def test_what_may_get_headers_on_its_way_is_left_open(language: Language, code: str) -> None:
    found = responses(Source("/project/main.x", code, language, "App::App.Function::handler", "/project"))
    assert isinstance(found, Handler)
    assert found.responses
    assert {each.sends("access-control-allow-origin") for each in found.responses} == {"unknown"}


def test_a_method_of_ruby_gives_its_last_value() -> None:
    code = """
def handler(event:, context:)
  begin
    if event['body']
      puts 'saved'
      { statusCode: 201 }
    else
      { statusCode: 400 }
    end
  rescue StandardError => e
    { statusCode: 500 }
  end
end
"""
    found = responses(Source("/project/app.rb", code, "ruby", "app.handler", "/project"))
    assert isinstance(found, Handler)
    assert [(each.status, each.sends("access-control-allow-origin")) for each in found.responses] == [
        (201, "never"), (400, "never"), (500, "never"),
    ]  # fmt: skip


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
