"""Pushed authorization requests (RFC 9126): kept for a minute, bound to their client, consumed when answered.

Opening the address twice before the end must work, so a request is consumed with the answer and not with the look.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import String, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto, entropy
from authz.db import Base, Instant, claimed, session

PREFIX = "urn:ietf:params:oauth:request_uri:"
TTL = timedelta(seconds=60)


class PushedRequest(Base):
    """The parameters of a request as its client pushed them, as JSON."""

    __tablename__ = "pushed_request"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    params: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    consumed_at: Mapped[datetime | None] = mapped_column(Instant)


def keep(client_id: str, params: dict[str, str]) -> str:
    """Keep a request and return its `request_uri`, this once."""
    request_uri = PREFIX + entropy.new_secret("app")
    row = {
        "digest": crypto.digest(request_uri),
        "client_id": client_id,
        "params": json.dumps(params),
        "expires_at": clock.now() + TTL,
    }
    session().execute(insert(PushedRequest), row)
    return request_uri


def find(request_uri: str, client_id: str) -> dict[str, str] | None:
    """Find a client's request that is neither expired nor answered."""
    query = select(PushedRequest.params).where(
        PushedRequest.digest == crypto.digest(request_uri),
        PushedRequest.client_id == client_id,
        PushedRequest.expires_at > clock.now(),
        PushedRequest.consumed_at.is_(None),
    )
    found = session().execute(query).scalar()
    params: dict[str, str] | None = json.loads(found) if found else None
    return params


def consume(request_uri: str) -> bool:
    """Use a request up; of two answers to it one is told True."""
    where = (PushedRequest.digest == crypto.digest(request_uri)) & PushedRequest.consumed_at.is_(None)
    return claimed(session().execute(update(PushedRequest).where(where).values(consumed_at=clock.now())))


def purge() -> int:
    """Forget those that have expired for an hour; returns how many."""
    limit = clock.now() - timedelta(hours=1)
    return int(getattr(session().execute(delete(PushedRequest).where(PushedRequest.expires_at < limit)), "rowcount", 0))
