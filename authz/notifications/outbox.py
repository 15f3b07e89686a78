"""The outbox: what is to be told is a row of the unit that causes it, and delivered later by the worker.

The bell is a row too, with nothing to deliver: the home lists it. What a message says is sealed while it waits, and
wiped from messages that carry a code as soon as they are sent or given up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from authz import clock, crypto, db, entropy, settings
from authz.notifications import contacts, texting, texts
from authz.notifications.channels import webhook
from authz.notifications.models import Message

BELL = "bell"
SAFETY_PAGE = "/home/security"
KEEP_BELL = timedelta(days=365)
KEEP_SENT = timedelta(days=30)
_insert = insert(Message)


@dataclass(frozen=True)
class Notice:
    """A message as the bell shows it."""

    id: str
    template: str
    subject: str
    text: str
    page: str
    created_at: datetime
    is_read: bool


@dataclass(frozen=True)
class Code:
    """A one-time code to be sent: valid for so many minutes, in the words of a template."""

    digits: str
    minutes: int
    template: str = "code"
    lang: str | None = None


def notify(
    account_id: str,
    template: str,
    *,
    channels: Sequence[str] | None = None,
    lang: str | None = None,
    due_at: datetime | None = None,
    **params: object,
) -> None:
    """Tell an account something, by e-mail and bell unless said otherwise; one row a channel, in this unit.

    The parameter `page` is the path of the page that it is about.
    """
    said = {name: str(value) for name, value in params.items()}
    texts.check(template, said)
    now = clock.now()
    sealed = crypto.seal("message", json.dumps(said))
    for channel in channels or ("email", BELL):
        if channel == "sms" and not texting.may_tell(said.get("to") or _number_of(account_id)):
            continue
        is_bell = channel == BELL
        row = {"channel": channel, "due_at": None if is_bell else due_at or now, "sent_at": now if is_bell else None}
        _write(account_id, template, now, lang=lang, params_sealed=sealed, urgent=False, **row)


def alert(account_id: str, template: str, **params: Any) -> None:
    """Tell an account about its own safety: by bell and at every address of its that was verified."""
    reach = contacts.find(account_id) or contacts.Reach(lang="fr")
    verified = [name for name, is_sure in (("email", reach.email_verified), ("sms", reach.phone_verified)) if is_sure]
    notify(account_id, template, channels=[*verified, BELL], **{"page": SAFETY_PAGE} | params)


def send_code(
    account_id: str,
    channel: str,
    code: Code,
    *,
    to: str | None = None,
    is_known: bool = False,
    message_id: str | None = None,
) -> None:
    """Send a one-time code ahead of every other message; it is dropped rather than sent once it has expired.

    Like every message it goes to the account's own address, unless `to` names one that is not the account's yet. A text
    message is counted, and refused with a `texting.NoText`; `is_known` says that a device of the account asks for it.
    """
    if channel == "sms":
        texting.spend(to or _number_of(account_id), is_new=to is not None, is_known=is_known)
    now = clock.now()
    said = {"code": code.digits, "minutes": str(code.minutes)} | ({"to": to} if to else {})
    sealed = crypto.seal("message", json.dumps(said))
    until = now + timedelta(minutes=code.minutes)
    row: dict[str, Any] = {"channel": channel, "due_at": now, "expires_at": until, "urgent": True}
    row |= {"id": message_id} if message_id else {}
    _write(account_id, code.template, now, lang=code.lang, params_sealed=sealed, **row)


def call(account_id: str, template: str, **params: str) -> None:
    """Tell a partner something about an account, by a call that the template's owner makes when it is due."""
    now = clock.now()
    sealed = crypto.seal("message", json.dumps(params))
    row: dict[str, Any] = {"channel": webhook.CHANNEL, "due_at": now, "urgent": False}
    _write(account_id, template, now, lang=None, params_sealed=sealed, **row)


def list_bell(account_id: str, *, lang: str, before: str = "", limit: int = 50) -> list[Notice]:
    """List an account's notices, newest first, in the language of the page; `before` is an id to page from."""
    query = select(Message.__table__).where(Message.account_id == account_id, Message.channel == BELL)
    if before:
        query = query.where(Message.id < before)
    with db.reading() as connection:
        rows = connection.execute(query.order_by(Message.id.desc()).limit(limit)).all()
    return [_notice(row, lang) for row in rows]


def count_unread(account_id: str) -> int:
    """Count the notices that an account has not read."""
    query = select(func.count()).select_from(Message).where(*_unread(account_id))
    with db.reading() as connection:
        return connection.execute(query).scalar_one()


def mark_read(account_id: str, *ids: str) -> None:
    """Note that an account has read these of its notices, or all of them when none is named."""
    query = update(Message).where(*_unread(account_id)).values(read_at=clock.now())
    db.session().execute(query.where(Message.id.in_(ids)) if ids else query)


def forget(account_id: str) -> None:
    """Delete every message of an account, for its erasure."""
    db.session().execute(delete(Message).where(Message.account_id == account_id))


def purge(now: datetime) -> int:
    """Delete messages that are done with, bell notices after a year; returns how many."""
    old = Message.created_at < now - KEEP_SENT
    done = (Message.channel != BELL) & Message.due_at.is_(None) & old
    return db.changed(db.session().execute(delete(Message).where(done | (Message.created_at < now - KEEP_BELL))))


def _number_of(account_id: str) -> str:
    reach = contacts.find(account_id)
    return (reach.phone if reach else None) or ""


def _write(account_id: str, template: str, now: datetime, **values: object) -> None:
    row: dict[str, object] = {"expires_at": None, "sent_at": None, "attempts": 0}
    row |= {"id": entropy.new_id(), "account_id": account_id, "template": template, "created_at": now}
    db.session().execute(_insert, row | values)


def _unread(account_id: str) -> tuple[Any, ...]:
    return Message.account_id == account_id, Message.channel == BELL, Message.read_at.is_(None)


def _notice(row: Any, lang: str) -> Notice:
    params = json.loads(crypto.unseal("message", row.params_sealed))
    subject, text = texts.render(row.template, lang, params)
    # On a page the address is a link of its own.
    ours = (texts.page_address(params), settings.current().issuer)
    text = "\n".join(line for line in text.splitlines() if line not in ours)
    return Notice(row.id, row.template, subject, text, params.get("page", "/"), row.created_at, row.read_at is not None)
