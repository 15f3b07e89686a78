"""What travels to a provider and back as `state`: sealed, good in one browser, at one provider, once, for ten minutes.

No row is written for whoever only opens a provider's page. The nonce and the PKCE verifier are derived from the state
and from a secret of the browser, so that neither is kept anywhere and a state that leaks is worth nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from authz import clock, crypto, db, entropy
from authz.identity import sessions
from authz.identity.models import SpentChallenge
from authz.identity.upstream_refusals import UpstreamForeign

TTL = timedelta(minutes=10)
LONGEST = 2000


@dataclass(frozen=True)
class State:
    """What a browser went to a provider for: `is_fresh` is that the person had to prove themselves anew there."""

    provider: str
    interaction_id: str
    browser: str
    begun_at: int
    noise: str
    is_fresh: bool


def issue(provider: str, interaction_id: str, *, is_fresh: bool) -> str:
    """Return a new state for this browser."""
    now = int(clock.now().timestamp())
    return crypto.seal(
        "upstream-state",
        json.dumps(asdict(State(provider, interaction_id, _browser(), now, entropy.new_id(), is_fresh))),
    )


def read(text: str, provider: str) -> State:
    """Return what we sealed for this browser and this provider; refuses anything else with UpstreamForeign."""
    try:
        state = State(**json.loads(crypto.unseal("upstream-state", text))) if len(text) <= LONGEST else None
    except (crypto.SealBroken, ValueError) as error:
        raise UpstreamForeign(reason="not sealed here") from error
    if state is None or state.provider != provider or not crypto.same(state.browser, _browser()):
        raise UpstreamForeign(reason="another provider or browser")
    if clock.now() >= _end(state) or _is_spent(text):
        raise UpstreamForeign(reason="too late, or used")
    return state


def spend(text: str, state: State) -> None:
    """Use a state up; refuses with UpstreamForeign when it was used before."""
    if not db.insert_once(SpentChallenge, digest=crypto.digest(text), expires_at=_end(state)):
        raise UpstreamForeign(reason="used")


def nonce(text: str) -> str:
    """Return the nonce that goes with a state in this browser."""
    return crypto.keyed_digest("upstream-nonce", f"{text} {sessions.browser_key()}")


def verifier(text: str) -> str:
    """Return the PKCE verifier that goes with a state in this browser (RFC 7636 §4.1)."""
    return crypto.keyed_digest("upstream-verifier", f"{text} {sessions.browser_key()}")


def challenge(text: str) -> str:
    """Return the S256 challenge of that verifier (RFC 7636 §4.2)."""
    hashed = hashlib.sha256(verifier(text).encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


def _browser() -> str:
    return crypto.digest(sessions.browser_key())


def _end(state: State) -> datetime:
    return datetime.fromtimestamp(state.begun_at, UTC) + TTL


def _is_spent(text: str) -> bool:
    query = select(SpentChallenge.digest).where(SpentChallenge.digest == crypto.digest(text))
    with db.reading() as connection:
        return connection.execute(query).first() is not None
