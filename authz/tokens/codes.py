"""Authorization codes: sixty seconds, one use (RFC 6749 §4.1.2, RFC 9700 §2.1.1)."""

from __future__ import annotations

from datetime import timedelta

from authz import clock, crypto, entropy
from authz.tokens.exchange import Minted

TTL = timedelta(seconds=60)


def prepare(
    family_id: str,
    client_id: str,
    redirect_uri: str,
    *,
    code_challenge: str | None,
    nonce: str | None,
    dpop_jkt: str | None = None,
) -> Minted:
    """Make a code for a family, good once its row is kept; with `dpop_jkt` it is good with that key only."""
    code = entropy.new_secret("apk")
    return Minted(
        code,
        {
            "digest": crypto.digest(code), "family_id": family_id, "client_id": client_id, "redirect_uri": redirect_uri,
            "code_challenge": code_challenge, "nonce": nonce, "expires_at": clock.now() + TTL,
            "dpop_jkt": dpop_jkt,
        },
    )  # fmt: skip
