"""The way back into a closed account: its holder, after both factors, is signed in to one page that opens it again."""

from __future__ import annotations

import flask
from sqlalchemy import select

from authz import clock, crypto, db
from authz.identity import sessions
from authz.identity.models import Account, BrowserSession


def find_closed() -> str | None:
    """Return the closed account whose holder has just shown both factors in this browser, or None."""
    secret, now = flask.session.get("sid"), clock.now()
    if not isinstance(secret, str):
        return None
    mine = (BrowserSession.secret_digest == crypto.digest(secret), Account.closed_at.is_not(None), *sessions.alive(now))
    query = select(Account.id).join(BrowserSession, BrowserSession.account_id == Account.id).where(*mine)
    with db.reading() as connection:
        return connection.execute(query).scalar_one_or_none()
