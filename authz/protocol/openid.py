"""What OpenID Connect adds to the metadata: Discovery 1.0 §3, RP-Initiated and Back-Channel Logout 1.0 §2.1."""

from __future__ import annotations

from typing import Any

from authz import keys, settings
from authz.identity import levels
from authz.identity.claims import SCOPE_OF

OF_THE_TOKEN = {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "act", "oid",
                "fhirUser"}  # fmt: skip


def metadata() -> dict[str, Any]:
    """Return the members; logout included."""
    issuer = settings.current().issuer
    return {
        "userinfo_endpoint": f"{issuer}/userinfo",
        "end_session_endpoint": f"{issuer}/end_session",
        "subject_types_supported": ["pairwise", "public"],
        "claims_supported": sorted(OF_THE_TOKEN | set(SCOPE_OF)),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "acr_values_supported": list(levels.REACHABLE),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "id_token_signing_alg_values_supported": list(keys.SIGNED_BY),
        "userinfo_signing_alg_values_supported": list(keys.SIGNED_BY),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
