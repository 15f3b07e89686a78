"""Signed-in browsers: rows here, one opaque secret in the cookie; who is signed in, since when and by which factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import flask
from flask import request
from sqlalchemy import bindparam, delete, insert, select, update

from authz import audit, clock, crypto, db, entropy, events, settings
from authz.errors import Refusal
from authz.identity import devices, levels, profiles
from authz.identity.models import Account, BrowserSession
from authz.notifications import outbox
from authz.prepared import Prepared

TOUCH_EVERY, KEEP_ENDED = timedelta(minutes=1), timedelta(days=90)
_KEPT = "appairage.signed_in"  # with the request, not `g`: an application context may serve several requests
_b = BrowserSession
_by_secret = Prepared(
    select(_b.__table__)
    .join(Account.__table__, Account.id == _b.account_id)
    .where(  # every request of a signed-in browser asks it
        Account.closed_at.is_(None),
        _b.secret_digest == bindparam("digest"),
        _b.ended_at.is_(None),
        _b.expires_at > bindparam("now"),
        _b.seen_at > bindparam("idle_since"),
    )
)


class NoSuchSession(Refusal):
    """A browser that is to be signed out is not one of this account's."""

    code = "not_found"
    status = 404
    description = "There is no such signed-in browser."


@dataclass(frozen=True)
class SignedIn:
    """What is known of a signed-in browser; `sid` may be told to clients, `id` may not."""

    id: str
    account_id: str
    profile_id: str | None
    sid: str
    amr: tuple[str, ...]
    acr: str
    auth_time: datetime
    confirmed_at: datetime
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def start(account_id: str, *, amr: Sequence[str]) -> SignedIn:
    """Sign this browser in after both factors, under a new secret and CSRF token.

    The same person proving themselves anew goes on in the same session, which apps know by its `sid`; anybody else's is
    over. The holder of a closed account gets no further than to the page that opens it again (`way_back`).
    """
    now = clock.now()
    previous = current()
    if previous and previous.account_id != account_id:
        _end(BrowserSession.id == previous.id, now)
        previous = None
    secret = entropy.new_secret("aps")
    own, is_closed = (previous.profile_id, False) if previous else profiles.find_own_and_end(account_id)
    signed_in = SignedIn(
        id=entropy.new_id(),
        account_id=account_id,
        profile_id=own,
        sid=entropy.new_secret("sid", 18),
        amr=tuple(amr),
        acr=levels.of(amr),
        auth_time=now,
        confirmed_at=now,
        agent=devices.agent(),
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(hours=settings.current().session_hours),
    )
    signed_in = _write(signed_in, previous, crypto.digest(secret))
    flask.session.pop("csrf_token", None)
    flask.session["sid"] = secret
    request.environ[_KEPT] = None if is_closed else signed_in
    if devices.remember(account_id):
        outbox.alert(account_id, "new_device", browser=signed_in.agent)
        audit.record("account:device:new", account_id=account_id)
    audit.record("account:login", account_id=account_id, session_id=signed_in.id, amr=list(signed_in.amr))
    return signed_in


def confirm() -> None:
    """Note that who is signed in has just shown a factor again, under a new secret and CSRF token."""
    signed_in, now = current(), clock.now()
    if signed_in is None:
        raise NoSuchSession()
    secret = entropy.new_secret("aps")
    alive = update(BrowserSession).where(BrowserSession.id == signed_in.id, BrowserSession.ended_at.is_(None))
    if not db.claimed(db.session().execute(alive.values(confirmed_at=now, secret_digest=crypto.digest(secret)))):
        raise NoSuchSession()
    flask.session.pop("csrf_token", None)
    flask.session["sid"] = secret
    request.environ[_KEPT] = replace(signed_in, confirmed_at=now)
    audit.record("account:confirm", account_id=signed_in.account_id, session_id=signed_in.id)


def current() -> SignedIn | None:
    """Return this browser's session, if it is signed in; notes at most once a minute that it is in use."""
    if _KEPT not in request.environ:
        secret = flask.session.get("sid")
        request.environ[_KEPT] = _load(crypto.digest(secret)) if isinstance(secret, str) else None
    found: SignedIn | None = request.environ[_KEPT]
    return found


def end() -> None:
    """Sign this browser out."""
    signed_in = current()
    flask.session.clear()
    request.environ[_KEPT] = None
    if signed_in and _end(BrowserSession.id == signed_in.id, clock.now()):
        audit.record("account:logout", account_id=signed_in.account_id, session_id=signed_in.id)


def end_one(account_id: str, session_id: str) -> None:
    """Sign another browser of this account out; refuses with NoSuchSession."""
    mine = (BrowserSession.id == session_id) & (BrowserSession.account_id == account_id)
    if not _end(mine, clock.now()):
        raise NoSuchSession()
    audit.record("account:logout", account_id=account_id, session_id=session_id)


def end_all(account_id: str, *, but: str = "") -> int:
    """Sign out every browser of an account, but one; returns how many."""
    count = len(_end((BrowserSession.account_id == account_id) & (BrowserSession.id != but), clock.now()))
    audit.record("account:logout", account_id=account_id, count=count)
    return count


def open_profile(profile_id: str) -> None:
    """Turn this browser's pages to a profile its account may act for; refuses with NotYourProfile."""
    signed_in = current()
    if signed_in is None:
        raise NoSuchSession()
    card = profiles.get_for(signed_in.account_id, profile_id)
    if not card.is_self and profile_id != signed_in.profile_id:
        audit.record("profile:open", profile_id=profile_id, account_id=signed_in.account_id)
    db.session().execute(update(BrowserSession).where(BrowserSession.id == signed_in.id).values(profile_id=profile_id))
    request.environ[_KEPT] = replace(signed_in, profile_id=profile_id)


def list_of_account(account_id: str) -> list[SignedIn]:
    """List the browsers in which an account is signed in, last seen first."""
    now = clock.now()
    query = (
        select(BrowserSession.__table__)
        .where(BrowserSession.account_id == account_id, *alive(now))
        .order_by(BrowserSession.seen_at.desc())
    )
    with db.reading() as connection:
        return [_opened(row) for row in connection.execute(query)]


def is_alive(sid: str) -> bool:
    """Tell whether somebody is still signed in in the session that clients know by this name."""
    query = select(BrowserSession.id).where(BrowserSession.sid == sid, *alive(clock.now()))
    with db.reading() as connection:
        return connection.execute(query).first() is not None


def browser_key() -> str:
    """Return a small secret of this browser, signed in or not, to which what it begins here is bound."""
    key = flask.session.get("browser")
    if not isinstance(key, str):
        key = flask.session["browser"] = entropy.new_secret("apb", 18)
    return key


def purge(now: datetime) -> int:
    """Delete sessions that have been over for a while; returns how many."""
    return db.changed(db.session().execute(delete(BrowserSession).where(BrowserSession.expires_at < now - KEEP_ENDED)))


def _load(digest: str) -> SignedIn | None:
    now = clock.now()
    idle_since = now - timedelta(minutes=settings.current().session_idle_minutes)
    row = _by_secret.find({"digest": digest, "now": now, "idle_since": idle_since})
    if row is None:
        return None
    if now - row.seen_at >= TOUCH_EVERY:
        _touch(row, now)
    return _opened(row)


def _touch(row: Any, now: datetime) -> None:
    """Note that the browser is in use, once the answer is made: on SQLite nobody writes from here to the commit."""

    @flask.after_this_request
    def note(response: flask.Response) -> flask.Response:
        fresh = (BrowserSession.id == row.id) & (BrowserSession.seen_at == row.seen_at)
        db.session().execute(update(BrowserSession).where(fresh).values(seen_at=now))
        return response


def alive(now: datetime) -> tuple[Any, ...]:
    """Return the conditions that a session is not over."""
    idle_since = now - timedelta(minutes=settings.current().session_idle_minutes)
    return BrowserSession.ended_at.is_(None), BrowserSession.expires_at > now, BrowserSession.seen_at > idle_since


def _write(signed_in: SignedIn, previous: SignedIn | None, secret_digest: str) -> SignedIn:
    """Write the session down: over the one that goes on, if that has not been ended meanwhile, or as a new one."""
    if previous:
        again = replace(signed_in, id=previous.id, sid=previous.sid, created_at=previous.created_at)
        alive = update(BrowserSession).where(BrowserSession.id == previous.id, BrowserSession.ended_at.is_(None))
        if db.claimed(db.session().execute(alive.values(**_row(again), secret_digest=secret_digest))):
            return again
    db.session().execute(insert(BrowserSession).values(**_row(signed_in), secret_digest=secret_digest))
    return signed_in


def _end(which: Any, now: datetime) -> list[str]:
    """End sessions that are not over, tell what hangs on them, and return their `sid`s."""
    alive = update(BrowserSession).where(which, BrowserSession.ended_at.is_(None)).values(ended_at=now)
    ended = list(db.session().execute(alive.returning(BrowserSession.sid)).scalars())
    if ended:
        events.signed_out.send(None, sids=ended)
    return ended


def _row(signed_in: SignedIn) -> dict[str, Any]:
    row = vars(signed_in) | {"amr": " ".join(signed_in.amr), "authenticated_at": signed_in.auth_time}
    del row["auth_time"]
    return row


def _opened(row: Any) -> SignedIn:
    names = ("id", "account_id", "profile_id", "sid", "acr", "agent", "created_at", "seen_at", "expires_at")
    values = {name: getattr(row, name) for name in names}
    confirmed_at = row.confirmed_at or row.authenticated_at
    return SignedIn(**values, amr=tuple(row.amr.split()), auth_time=row.authenticated_at, confirmed_at=confirmed_at)
