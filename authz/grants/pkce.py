"""Proof Key for Code Exchange (RFC 7636): S256 only, required at the authorization endpoint of every client.

Authlib's own extension demands a challenge only at the token endpoint, only of public clients, and takes `plain`.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge


class S256(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE as we demand it; only the operator may relax it, for one confidential OpenID client."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse an authorization request without a challenge (RFC 7636 §4.4.1)."""
        data = grant.request.payload.data
        if not data.get("code_challenge"):
            if grant.request.client.profile.pkce_required:
                raise InvalidRequestError("Missing 'code_challenge'")
        elif data.get("code_challenge_method") != "S256":
            # An omitted method means plain (RFC 7636 §4.3).
            raise InvalidRequestError("The 'code_challenge_method' must be S256")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """Prove possession; a missing or wrong verifier is `invalid_grant` (RFC 7636 §4.6)."""
        try:
            super().validate_code_verifier(grant, result)
        except InvalidRequestError as error:
            raise InvalidGrantError(error.description) from error
