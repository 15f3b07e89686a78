"""The server at work in this application, and how its endpoints that take a token run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Response, current_app

from authz.protocol import client_auth, responses


def server() -> Any:
    """Return Authlib's server of the application at work."""
    return current_app.extensions["oauth_server"]


def token_response() -> Response:
    """Run the token endpoint."""
    return guarded(server().create_token_response)


def endpoint(name: str) -> Response:
    """Run revocation or introspection."""
    return guarded(lambda: server().create_endpoint_response(name))


def guarded(phases: Callable[[], Response]) -> Response:
    """Have Authlib's phases run; what is refused before them is told the same way."""
    try:
        client_auth.refuse_odd_proofs()
        response = phases()
    except OAuth2Error as error:
        response = server().handle_error_response(None, error)
    response.headers.extend(responses.NO_STORE)
    return response
