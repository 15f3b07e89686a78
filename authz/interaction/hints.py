"""ID tokens that come back as hints: ours or nothing, at any age.

OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2.
"""

from __future__ import annotations

from dataclasses import dataclass

from authz import keys, settings

LONGEST = 8000


@dataclass(frozen=True)
class Hint:
    """What an ID token of ours says: to which client, about whom who signed in, in which session."""

    client_id: str
    subject: str  # what the client calls the person who signed in, who may act for somebody else
    sid: str
    about: str  # what the client calls the person whom the token is about
    acts: bool


def read(token: str) -> Hint | None:
    """Read an ID token that we signed, expired or not; None for anything else, even of ours."""
    claims = keys.read(token) if len(token) <= LONGEST else None
    if claims is None or claims.get("iss") != settings.current().issuer or "events" in claims:
        return None
    actor = claims.get("act")
    person = actor if isinstance(actor, dict) else claims
    named = (claims.get("aud"), person.get("sub"), claims.get("sid"), claims.get("sub"))
    if "exp" not in claims or not all(isinstance(value, str) and value for value in named):
        return None
    client_id, subject, sid, about = map(str, named)
    return Hint(client_id, subject, sid, about, isinstance(actor, dict))
