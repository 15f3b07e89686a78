"""Signing keys: next → current → retired. A next key is published before it signs; a retired one stays until its last
token has expired. Private keys are sealed in the database; parsed keys are kept, importing one costs 35 ms.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet, RSAKey
from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from authz import audit, clock, crypto
from authz.db import Base, Instant, reading, session

KINDS = ("RS256", "ES256")
SIGNED_BY = {"RS256": "RS256", "PS256": "RS256", "ES256": "ES256"}  # one RSA pair serves both RSA algorithms
RETIRED_FOR = timedelta(days=1)
KEEP_SECONDS = 2.0
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}  # members of a JWK that no public key has (RFC 7518 §6)
Key = RSAKey | ECKey
# The library warns at each use of the name that most clients still give to Ed25519 (RFC 9864).
jws.JWSRegistry.algorithms["EdDSA"].security_warning = None


class SigningKey(Base):
    """A signing key; `state` is next, current or retired."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    private_sealed: Mapped[str] = mapped_column(Text)
    public: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class _Foreign(jws.JWSRegistry):
    """What others sign: a header may hold a whole RSA key, and members that we do not know (RFC 7515 §4)."""

    max_header_length = 4096

    def __init__(self, algorithms: list[str] | None = None) -> None:
        super().__init__(algorithms=algorithms, strict_check_header=False)


class NoKeys(Exception):
    """There is no key to sign with: a fault, the migrate command makes them."""


@dataclass(frozen=True)
class Ring:
    """The keys as one process knows them: what signs, and what is published."""

    current: dict[str, Key]
    public: tuple[dict[str, Any], ...]


def ensure() -> None:
    """Make the first keys where there are none: a current and a next one of each kind."""
    kinds = set(session().scalars(select(SigningKey.kind)))
    for kind in KINDS:
        if kind not in kinds:
            _make(kind, "current")
            _make(kind, "next")


def rotate() -> list[str]:
    """Let the next keys sign, retire the current ones, publish new next ones; returns the kids that now sign."""
    rows = session().scalars(select(SigningKey).where(SigningKey.state != "retired")).all()
    if not rows:
        raise NoKeys()
    now = clock.now()
    signing = []
    for row in rows:
        if row.state == "current":
            row.state, row.retired_at = "retired", now
        else:
            row.state = "current"
            signing.append(row.kid)
            _make(row.kind, "next")
    audit.record("keys:rotate", kids=signing)
    current_app.extensions.pop("key_ring", None)
    return signing


def list_all() -> list[dict[str, str | None]]:
    """List the keys, without their private parts."""
    rows = session().scalars(select(SigningKey).order_by(SigningKey.created_at))
    return [
        {"kid": row.kid, "alg": row.kind, "state": row.state, "created_at": row.created_at.isoformat(),
         "retired_at": row.retired_at.isoformat() if row.retired_at else None}
        for row in rows
    ]  # fmt: skip


def purge() -> int:
    """Forget retired keys whose last token has expired; returns how many."""
    limit = clock.now() - RETIRED_FOR
    rows = (
        session().scalars(select(SigningKey).where(SigningKey.state == "retired", SigningKey.retired_at < limit)).all()
    )
    for row in rows:
        session().delete(row)
    return len(rows)


def jwks() -> dict[str, list[dict[str, Any]]]:
    """Return the published key set (RFC 7517 §5): next, current and retired keys, public parts only."""
    return {"keys": list(_ring().public)}


def sign(claims: dict[str, Any], *, alg: str, typ: str | None = None) -> str:
    """Sign claims as a JWS with the current key of the algorithm's kind."""
    key = _ring().current.get(SIGNED_BY[alg])
    if key is None:
        raise NoKeys()
    header = {"alg": alg, "kid": key.kid} | ({"typ": typ} if typ else {})
    return jwt.encode(header, claims, key, algorithms=[alg])


def read(token: str) -> dict[str, Any] | None:
    """Return the claims of a plain JWT that we signed, such as an ID token, or None; its dates are the caller's.

    One with a type of its own is for something else (RFC 8725 §3.11): an access token never passes for an ID token.
    """
    keys = KeySet.import_key_set({"keys": [dict(key) for key in _ring().public]})
    try:
        read = jwt.decode(token, keys, algorithms=list(SIGNED_BY))
        return dict(read.claims) if read.header.get("typ") in (None, "JWT") else None
    except (JoseError, ValueError):
        return None


def read_foreign(
    token: str, jwks: dict[str, Any], algorithms: list[str], *, types: tuple[str | None, ...] | None = None
) -> dict[str, Any] | None:
    """Return the claims of a JWT signed by one of somebody else's keys, or None; claims are the caller's to check.

    With `types`, the header's `typ` must be one of them.
    """
    try:
        keys = KeySet.import_key_set({"keys": [key for key in jwks["keys"] if is_strong(key)]})
        read = jwt.decode(token, keys, registry=_Foreign(algorithms))
        return dict(read.claims) if types is None or read.header.get("typ") in types else None
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def read_proof(token: str, algorithms: list[str]) -> tuple[dict[str, Any], str] | None:
    """Return the claims of a DPoP proof and the thumbprint of the key in its header that signed it (RFC 9449 §4.3).

    None when it is no proof; what the claims say is the caller's to check.
    """
    header = peek_header(token)
    public = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or not isinstance(public, dict) or PRIVATE & set(public):
        return None
    try:
        if not is_strong(public):
            return None
        key = JWKRegistry.import_key(public)
        return dict(jwt.decode(token, key, registry=_Foreign(algorithms)).claims), key.thumbprint()
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        return None


def peek(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without believing them, empty when it is none: to find whose key to check it with."""
    try:
        claims = json.loads(jws.extract_compact(token.encode(), registry=_Foreign()).payload)
    except (JoseError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def peek_header(token: str) -> dict[str, Any]:
    """Return the header of a JWT without believing it, empty when it is none: to find which key to check it with."""
    try:
        return dict(jws.extract_compact(token.encode(), registry=_Foreign()).headers())
    except (JoseError, ValueError, RecursionError):
        return {}


def is_strong(key: dict[str, Any]) -> bool:
    """Tell whether a public key is long enough: an RSA one has 2048 bits or more (FAPI 2.0 §5.4.1)."""
    if key.get("kty") != "RSA":
        return True
    try:
        return int.from_bytes(base64.urlsafe_b64decode(str(key.get("n")) + "==")).bit_length() >= 2048
    except ValueError:
        return False


def _make(kind: str, state: str) -> None:
    key: Key = RSAKey.generate_key(2048) if kind == "RS256" else ECKey.generate_key("P-256")
    key.ensure_kid()
    kid = key.kid or ""
    # No `alg` in the published key: the RSA pair signs RS256 and PS256.
    public = dict(key.as_dict(private=False)) | {"use": "sig", "kid": kid}
    session().add(
        SigningKey(kid=kid, kind=kind, state=state, created_at=clock.now(), public=json.dumps(public),
                   private_sealed=crypto.seal("signing-key", json.dumps(key.as_dict(private=True))))
    )  # fmt: skip


def _ring() -> Ring:
    kept: tuple[float, Ring] | None = current_app.extensions.get("key_ring")
    now = time.monotonic()
    if kept and now - kept[0] < KEEP_SECONDS:
        return kept[1]
    ring = _read_ring(kept[1] if kept else None)
    current_app.extensions["key_ring"] = (now, ring)
    return ring


def _read_ring(known: Ring | None) -> Ring:
    """Read the keys; a key already parsed is not parsed again."""
    columns = (SigningKey.kid, SigningKey.kind, SigningKey.state, SigningKey.private_sealed, SigningKey.public)
    with reading() as connection:
        rows = connection.execute(select(*columns).order_by(SigningKey.created_at, SigningKey.kid)).all()
    parsed = {key.kid: key for key in known.current.values()} if known else {}
    current: dict[str, Key] = {}
    for kid, kind, state, sealed, _public in rows:
        if state == "current":
            current[kind] = parsed.get(kid) or _parse(kind, sealed)
    return Ring(current, tuple(json.loads(row[4]) for row in rows))


def _parse(kind: str, sealed: str) -> Key:
    private = json.loads(crypto.unseal("signing-key", sealed))
    return RSAKey.import_key(private) if kind == "RS256" else ECKey.import_key(private)
