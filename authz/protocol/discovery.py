"""Discovery documents and the key set (OpenID Connect Discovery §3, RFC 8414, RFC 7517): only what is really on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, Response, request

from authz import keys, settings
from authz.catalogue import resources, scopes
from authz.clients.metadata import GRANT_TYPES
from authz.clients.token_metadata import DETAIL_TYPES
from authz.guard import mark
from authz.protocol import device, openid, possession, registration
from authz.protocol.client_auth import ALGORITHMS
from authz.protocol.response_modes import MODES

bp = Blueprint("discovery", __name__)


@bp.get("/.well-known/openid-configuration")
@bp.get("/.well-known/oauth-authorization-server")
@mark("public")
def metadata() -> Response:
    """Answer with this server's metadata; both documents say the same."""
    return cached(document())


@bp.get("/jwks")
@mark("public")
def jwks() -> Response:
    """Answer with the published keys: next, current and retired."""
    return cached(keys.jwks())


def document() -> dict[str, Any]:
    """Build the metadata."""
    issuer = settings.current().issuer
    methods = possession.auth_methods()
    proven = [method for method in methods if method != "none"]
    return (
        {
            "issuer": issuer,
            "response_types_supported": ["code"],
            "response_modes_supported": list(MODES),
            "authorization_signing_alg_values_supported": ["RS256", "ES256", "PS256"],
            "grant_types_supported": list(GRANT_TYPES),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": scopes.KNOWN,
            "request_parameter_supported": True,
            "request_object_signing_alg_values_supported": ALGORITHMS,
            "require_pushed_authorization_requests": False,
            "request_uri_parameter_supported": False,
            "ui_locales_supported": list(scopes.LANGUAGES),
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "introspection_endpoint_auth_methods_supported": proven,
            "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "introspection_signing_alg_values_supported": list(keys.SIGNED_BY),
            "authorization_response_iss_parameter_supported": True,
            "authorization_details_types_supported": list(DETAIL_TYPES),
            "protected_resources": [issuer, *(one.address for one in resources.list_all())],
        }
        | _endpoints(issuer)
        | openid.metadata()
        | possession.metadata()
    )


def _endpoints(issuer: str) -> dict[str, str]:
    return {
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "device_authorization_endpoint": issuer + device.PATH,
    } | ({"registration_endpoint": issuer + registration.PATH} if registration.is_on() else {})


def cached(content: dict[str, Any]) -> Response:
    """Answer with a document that anybody may keep for minutes, and read from any origin."""
    body = json.dumps(content, separators=(",", ":")).encode()
    response = Response(body, mimetype="application/json")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
