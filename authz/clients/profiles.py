"""Security profiles of clients: one table decides what a client must do; no switch lives elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

SHARED_SECRET = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True)
class SecurityProfile:
    """What a kind of client must do and may use."""

    name: str
    pkce_required: bool
    auth_methods: tuple[str, ...]
    assertion_audience: str  # "issuer": exactly the issuer, one string; "token_endpoint": that or the token endpoint
    greets: bool  # whether patients see an arrival and a closing page and are asked at each pairing


PROFILES = {
    profile.name: profile
    for profile in (
        # PKCE may be relaxed by the operator for a confidential OpenID client with a nonce (RFC 9700 §2.1.1).
        SecurityProfile("oidc", True, (*SHARED_SECRET, "private_key_jwt"), "token_endpoint", False),
        SecurityProfile("oauth21", True, (*SHARED_SECRET, "private_key_jwt", "none"), "token_endpoint", True),
    )
}
