"""The browser's side of CORS: what the Fetch standard asks of a response, and what a console prints."""
