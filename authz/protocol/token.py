"""The token endpoint (RFC 6749 §3.2): form parameters only, each once, then the grant's phases."""

from __future__ import annotations

from flask import Blueprint, Response

from authz.guard import mark
from authz.protocol import client_auth, running

bp = Blueprint("token", __name__)


@bp.post("/token")
@mark("public")
def issue() -> Response:
    """Answer a token request."""
    return client_auth.checked(running.token_response)
