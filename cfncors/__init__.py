"""cfncors: a linter and transformer for CORS in AWS serverless templates."""

__version__ = "0.1.0"
