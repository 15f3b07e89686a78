"""Security profiles of clients: one table decides what a client must do; no switch lives elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHARED_SECRET = ("client_secret_basic", "client_secret_post")
BY_CERTIFICATE = ("tls_client_auth", "self_signed_tls_client_auth")
PROVEN = (*SHARED_SECRET, "private_key_jwt", *BY_CERTIFICATE)
# Ed25519 is the name that RFC 9864 gives to what most clients still call EdDSA.
FAPI_ALGORITHMS = ("PS256", "ES256", "EdDSA", "Ed25519")


@dataclass(frozen=True)
class SecurityProfile:
    """What a kind of client must do and may use; what is not said here is the rule for everybody."""

    name: str
    auth_methods: tuple[str, ...]
    # "issuer": exactly the issuer, one string; "token_endpoint": that or the token endpoint
    assertion_audience: Literal["issuer", "token_endpoint"] = "token_endpoint"
    signing_algs: tuple[str, ...] = ("RS256", *FAPI_ALGORITHMS)  # of its assertions and request objects
    id_token_algs: tuple[str, ...] = ("RS256", "ES256", "PS256")  # the first is the default
    access_token_formats: tuple[str, ...] = ("opaque", "jwt")  # the first is the default (RFC 9068)
    sender_constraint: Literal["no", "may", "must"] = "may"  # tokens bound to a key or certificate (RFC 9449, 8705)
    nonce_required: bool = False  # DPoP proofs must hold a nonce of ours
    rotates: tuple[str, ...] = (*SHARED_SECRET, "none")  # auth methods with a new refresh token at each refresh
    pkce_required: bool = True
    par_required: bool = False  # only pushed requests (RFC 9126)
    jar_required: bool = False  # only signed requests (RFC 9101)
    refresh_asked: bool = False  # a refresh token only for who asks for offline_access or online_access
    audience_required: bool = False  # requests must name the FHIR base in `aud` (SMART App Launch)
    greets: bool = True  # whether patients see an arrival and a closing page and are asked at each pairing


PROFILES = {
    profile.name: profile
    for profile in (
        # PKCE may be relaxed by the operator for a confidential OpenID client (RFC 9700 §2.1.1).
        SecurityProfile("oidc", PROVEN, greets=False),
        SecurityProfile("oauth21", (*PROVEN, "none")),
        SecurityProfile(
            "fapi2",
            ("private_key_jwt", *BY_CERTIFICATE),
            assertion_audience="issuer",
            signing_algs=FAPI_ALGORITHMS,
            id_token_algs=("PS256", "ES256"),
            sender_constraint="must",
            nonce_required=True,
            rotates=(),
            par_required=True,
        ),
        SecurityProfile(
            "smart",
            ("client_secret_basic", "private_key_jwt", "none"),
            signing_algs=("ES384", "RS384"),
            sender_constraint="no",
            refresh_asked=True,
            audience_required=True,
        ),
        # An object without a browser has no redirect: its codes are never in anybody's address.
        # It speaks to this server alone, where a signed token is worth no more than an opaque one.
        SecurityProfile("device", (*PROVEN, "none"), access_token_formats=("opaque",)),
    )
}
