"""Challenges that passkeys sign: made without a row, good for one purpose in one browser, for half an hour, once.

A challenge carries its own date and proof, so that whoever only opens the sign-in page writes nothing; it is written
down when it has been answered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from authz import clock, crypto, db, entropy
from authz.identity import sessions
from authz.identity.models import SpentChallenge

TTL = timedelta(minutes=30)  # as long as a request may stay open on the page that asks
_DATE, _NOISE, _PROOF = 8, 24, 32


def issue(purpose: str, account_id: str = "") -> bytes:
    """Return a new challenge for this browser, of one account or of whoever answers."""
    body = int(clock.now().timestamp()).to_bytes(_DATE, "big") + entropy.new_bytes(_NOISE)
    return body + _proof(body, purpose, account_id)


def is_ours(challenge: bytes, purpose: str, account_id: str = "") -> bool:
    """Tell whether we gave this challenge to this browser for this purpose, not too long ago."""
    if len(challenge) != _DATE + _NOISE + _PROOF:
        return False
    body, proof = challenge[: _DATE + _NOISE], challenge[_DATE + _NOISE :]
    if not crypto.same(proof.hex(), _proof(body, purpose, account_id).hex()):
        return False
    return clock.now() < _issued_at(challenge) + TTL


def spend(challenge: bytes) -> bool:
    """Use a challenge up; false when it was used before."""
    return db.insert_once(SpentChallenge, digest=crypto.digest(challenge.hex()), expires_at=_issued_at(challenge) + TTL)


def purge(now: datetime) -> int:
    """Forget challenges that are too old to be answered again; returns how many."""
    return db.changed(db.session().execute(delete(SpentChallenge).where(SpentChallenge.expires_at < now)))


def _issued_at(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(challenge[:_DATE], "big"), UTC)


def _proof(body: bytes, purpose: str, account_id: str) -> bytes:
    bound = f"{purpose} {account_id} {sessions.browser_key()} {body.hex()}"
    return bytes.fromhex(crypto.keyed_digest("challenge", bound))
