"""SMART App Launch 2.2 at the edge: what a launch request must say, and the discovery document under the FHIR base.

Launches start in the app (standalone): the choice of the profile on the consent page is the choice of the patient. The
document claims what is there and no more; what is not, and why, is in docs/decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from authz import settings
from authz.clients.models import RegisteredClient
from authz.clients.profiles import PROFILES
from authz.clients.smart_scopes import CONTEXT, WHOLE
from authz.grants import launch
from authz.guard import mark
from authz.protocol import discovery, registration

bp = Blueprint("smart", __name__)
PATH = f"{launch.BASE}/.well-known/smart-configuration"
MANAGEMENT = "/home/services"
CAPABILITIES = [
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-v1",
    "permission-v2",
]


@bp.get(PATH)
@mark("public")
def configuration() -> Response:
    """Answer with the SMART configuration, as JSON whatever is asked for."""
    return discovery.cached(document())


def document() -> dict[str, Any]:
    """Build the configuration."""
    issuer, profile = settings.current().issuer, PROFILES["smart"]
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": [name for name in profile.auth_methods if name != "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(profile.signing_algs),
        "scopes_supported": scopes_supported(),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "management_endpoint": issuer + MANAGEMENT,
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "capabilities": CAPABILITIES,
    } | ({"registration_endpoint": issuer + registration.PATH} if registration.is_on() else {})


def scopes_supported() -> list[str]:
    """List what may be asked for; each also with fewer interactions, and most with a query."""
    return ["openid", *CONTEXT, "offline_access", "online_access", "patient/*.rs", "patient/*.read", *WHOLE]


def problem(client: RegisteredClient, params: Mapping[str, str]) -> str:
    """Say what a launch request lacks, "" for nothing (app launch, request for an authorization code)."""
    asked = params.get("scope", "").split()
    is_smart = client.profile.audience_required or any(name.startswith(("patient/", "launch")) for name in asked)
    if not is_smart:
        return ""
    if "launch" in params:
        return "Launches from a health record are not offered; leave launch out and ask for launch/patient."
    if "aud" not in params and not client.profile.audience_required:
        return ""
    if "aud" not in params:
        return "The parameter aud is needed: the address of the FHIR server."
    if params["aud"].removesuffix("/") != launch.fhir_base():
        return f"The parameter aud must be {launch.fhir_base()}."
    return ""
