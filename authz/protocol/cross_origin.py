"""What apps that run in a browser may call from their own origin (Fetch §3.2): the endpoints that know no cookie.

Any origin may: a request counts by the secret, proof or token that it carries, and browsers are never asked to send a
cookie or certificate along. Pages, and whatever a browser session guards, answer no other origin.
"""

from __future__ import annotations

from flask import Response, request

OPEN = {"/token", "/revoke", "/userinfo", "/par", "/jwks", "/openapi.json"}
OPEN_UNDER = ("/.well-known/", "/fhir/", "/measures/fhir")
TAKEN = "Authorization, Content-Type, DPoP, Idempotency-Key"
SHOWN = "DPoP-Nonce, WWW-Authenticate, Location"
KEEP_SECONDS = "600"


def allow(response: Response) -> Response:
    """Let a script of another origin read the answer, and learn beforehand what it may send."""
    is_open = request.path in OPEN or request.path.startswith(OPEN_UNDER)
    if "Origin" not in request.headers or not is_open:
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = SHOWN
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = TAKEN
        response.headers["Access-Control-Max-Age"] = KEEP_SECONDS
    return response
