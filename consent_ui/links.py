"""A link as the home shows it: its state in words, its dates, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext

from authz import clock
from authz.catalogue import details
from authz.pairing import consents, pairings, state
from authz.pairing.models import Pairing
from consent_ui import apps, words
from consent_ui.apps import App

RENEW_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Link:
    """One pairing; `look` is how the link line is drawn, `told` the same in words."""

    id: str
    client_id: str
    app: App
    look: str
    told: str
    why: str
    account: str
    history: str
    since: datetime
    last: datetime | None
    on: int
    total: int
    undo_until: datetime | None


def link(pairing: Pairing) -> Link:
    """Put a pairing in words."""
    now = clock.now()
    named = pairings.app_account(pairing)
    look = look_of(pairing, now)
    entry = apps.entry_of(pairing.client_id)
    is_barred = look != "ended" and entry is not None and entry.status == "suspended"
    return Link(
        id=pairing.id,
        client_id=pairing.client_id,
        app=apps.of_client(pairing.client_id),
        look="suspended" if is_barred else look,
        told=gettext("Service suspended") if is_barred else told(pairing, look, now),
        why=_why(look, is_barred=is_barred, is_held=look == "paused" and pairing.paused_until is None),
        account=" · ".join(filter(None, [named.get("name"), named.get("account")])),
        history=words.reaching_back(details.history_start(pairing.details_sealed)),
        since=pairing.opened_at,
        last=pairing.last_received_at,
        on=len(pairing.granted.split()),
        total=len(consents.current(pairing)),
        undo_until=(pairing.ended_at + pairings.UNDO) if pairing.ended_at and pairings.may_undo(pairing, now) else None,
    )


def _why(look: str, *, is_barred: bool, is_held: bool) -> str:
    """Why nothing passes, and what to do."""
    if is_barred:
        return gettext("We have suspended this service for everyone: it can neither add nor read anything.")
    if is_held:
        return gettext("Who opened this link may no longer act for this space. Nothing passes until you resume it.")
    if look == "suspended":
        return gettext("An old access of this app was used a second time: someone may have copied it. Nothing passes.")
    return ""


def look_of(pairing: Pairing, now: datetime) -> str:
    """How a link is drawn now: active, due, paused, suspended or ended."""
    at = state.of(pairing, now)
    if at in ("active", "pending"):
        return "due" if pairing.ends_at - now <= RENEW_WITHIN else "active"
    return "due" if at == "expired" else at


def told(pairing: Pairing, look: str, now: datetime) -> str:
    """The state of a link in words."""
    until = words.day(pairing.ends_at)
    if look == "ended":
        return _ended(pairing, now)
    if look == "paused":
        day = pairing.paused_until
        return gettext("Paused until %(day)s", day=words.day(day)) if day else gettext("Paused")
    if look == "suspended":
        return gettext("Suspended, to protect you")
    if pairing.ends_at <= now:
        return gettext("Over since %(day)s", day=until)
    if look == "due":
        return gettext("To renew before %(day)s", day=until)
    return gettext("Active until %(day)s", day=until)


def _ended(pairing: Pairing, now: datetime) -> str:
    ended_at = pairing.ended_at or now
    text = gettext("Stopped on %(day)s.", day=words.day(ended_at))
    if pairings.may_undo(pairing, now):
        return text + " " + gettext("You can undo this until %(day)s.", day=words.day(ended_at + pairings.UNDO))
    return text
