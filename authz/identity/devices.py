"""Known devices: browsers that once completed both factors for an account, recognised by a long-lived cookie."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask import Response, after_this_request, has_request_context, request
from sqlalchemy import delete, func, insert, select, update

from authz import clock, crypto, db, entropy, settings
from authz.identity.models import KnownDevice

COOKIE_TTL = timedelta(days=400)  # the longest a browser keeps a cookie (RFC 6265bis §5.5)
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox")),
    *(("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def find(account_id: str) -> str | None:
    """Return the id of the device this browser is for an account, or None."""
    digest = secret_digest()
    if not digest:
        return None
    mine = (KnownDevice.secret_digest == digest) & (KnownDevice.account_id == account_id)
    with db.reading() as connection:
        return connection.execute(select(KnownDevice.id).where(mine)).scalar_one_or_none()


def find_any() -> str | None:
    """Return the id of the device this browser is for whichever account, or None."""
    digest = secret_digest()
    if not digest:
        return None
    with db.reading() as connection:
        query = select(KnownDevice.id).where(KnownDevice.secret_digest == digest).order_by(KnownDevice.id).limit(1)
        return connection.execute(query).scalar_one_or_none()


def remember(account_id: str) -> bool:
    """Make this browser known for an account; tells whether the patient should hear that a device is new.

    The very first device of an account is no news.
    """
    now, session = clock.now(), db.session()
    device_id = find(account_id)
    if device_id:
        session.execute(update(KnownDevice).where(KnownDevice.id == device_id).values(seen_at=now, agent=agent()))
        return False
    others = session.execute(
        select(func.count()).select_from(KnownDevice).where(KnownDevice.account_id == account_id)
    ).scalar_one()
    session.execute(
        insert(KnownDevice).values(
            id=entropy.new_id(),
            account_id=account_id,
            secret_digest=crypto.digest(_secret_kept()),
            agent=agent(),
            created_at=now,
            seen_at=now,
        )
    )
    return others > 0


def purge(now: datetime) -> int:
    """Forget devices whose cookie has run out; returns how many."""
    return db.changed(db.session().execute(delete(KnownDevice).where(KnownDevice.seen_at < now - COOKIE_TTL)))


def secret_digest() -> str:
    """Return the digest of this browser's device cookie; empty when it has none."""
    secret = request.cookies.get(cookie_name(), "") if has_request_context() else ""
    return crypto.digest(secret) if re.fullmatch(r"apd_[A-Za-z0-9_-]{43}", secret) else ""


def cookie_name() -> str:
    """Return the cookie's name: bound to this host over https, plain on a loopback without it."""
    return "__Host-device" if settings.current().is_https else "device"


def agent() -> str:
    """Name this browser as coarsely as a person would: `Firefox · Windows`."""
    text = request.headers.get("User-Agent", "") if has_request_context() else ""
    names = [next((name for mark, name in table if mark in text), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in names if name)


def _secret_kept() -> str:
    """Return the device secret this browser has, or gives it one with the answer to this request."""
    if secret_digest():
        return request.cookies[cookie_name()]
    secret: str = request.environ.setdefault("appairage.device", entropy.new_secret("apd"))

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            cookie_name(),
            secret,
            max_age=COOKIE_TTL,
            secure=settings.current().is_https,
            httponly=True,
            samesite="Lax",
        )
        return response

    return secret
