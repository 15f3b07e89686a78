"""A new e-mail address or telephone, confirmed where the account was reached before and where it shall be reached now.

A change that is not finished is kept by the browser, sealed: first the old address types a code, then the new one, to
which nothing is sent before.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import update

from authz import audit, clock, crypto, db, ratelimit
from authz.errors import Refusal
from authz.identity import otp
from authz.identity.models import Account
from authz.notifications import contacts, outbox, texting

TTL = timedelta(minutes=30)
LIMIT, PER = 5, timedelta(days=1)  # changes begun by an account: each may cost an SMS to a number of its choice
_SEAL = "contact change"


class ChangeExpired(Refusal):
    """The change was begun too long ago, by another account, or not at all."""

    code = "expired"
    description = "The change is no longer open; begin again."


class SameContact(Refusal):
    """The new address is the one there is."""

    code = "same_contact"
    description = "This is the address that is known already."


@dataclass(frozen=True)
class Change:
    """A change on its way; `channel` is email or sms."""

    account_id: str
    channel: str
    address: str
    old: str
    until: str
    is_old_confirmed: bool = False

    @property
    def masked(self) -> str:
        """Where the next code goes, as its owner may see it."""
        if self.is_old_confirmed:
            return self.address
        return contacts.mask_email(self.old) if self.channel == "email" else contacts.mask_phone(self.old)

    @property
    def purpose(self) -> str:
        """What the next code is good for: this address and no other."""
        return f"{'new' if self.is_old_confirmed else 'old'}:{crypto.keyed_digest(self.channel, self.address)[:24]}"


def begin(account_id: str, channel: str, text: str) -> str:
    """Begin a change; returns what the browser keeps; refuses with ContactRefused, NoText, SameContact or TooMany."""
    address = contacts.as_email(text) if channel == "email" else contacts.as_phone(text)
    if channel == "sms":
        texting.check(address)
    reach = contacts.find(account_id)
    old = (reach.address(channel) if reach else None) or ""
    if old.lower() == address.lower():
        raise SameContact()
    ratelimit.spend("contact", account_id, limit=LIMIT, per=PER)
    until = (clock.now() + TTL).isoformat()
    return _sealed(Change(account_id, channel, address, old, until, is_old_confirmed=not old))


def find(account_id: str, kept: str) -> Change:
    """Open a change of an account; refuses with ChangeExpired."""
    try:
        change = Change(**json.loads(crypto.unseal(_SEAL, kept)))
    except (crypto.SealBroken, ValueError) as error:
        raise ChangeExpired(reason="not ours") from error
    if change.account_id != account_id or datetime.fromisoformat(change.until) <= clock.now():
        raise ChangeExpired(reason="too old, or another's")
    return change


def send(change: Change, *, lang: str) -> None:
    """Send the next code; refuses with TooSoon or TooMany."""
    to = change.address if change.is_old_confirmed else None
    otp.send(change.account_id, change.channel, change.purpose, lang=lang, to=to)


def confirm(change: Change, code: str) -> str:
    """Take the next code: returns what the browser keeps for the new address, or nothing once all is done."""
    otp.check(change.account_id, change.channel, code, change.purpose)
    if not change.is_old_confirmed:
        return _sealed(replace(change, is_old_confirmed=True))
    reach = contacts.find(change.account_id)
    if ((reach.address(change.channel) if reach else None) or "") != change.old:
        raise ChangeExpired(reason="changed meanwhile")
    contacts.change(change.account_id, change.channel, change.address, now=clock.now())
    changed = update(Account).where(Account.id == change.account_id)
    db.session().execute(changed.values(updated_at=clock.now()))
    audit.record("account:contact:change", account_id=change.account_id, kind=change.channel)
    outbox.alert(change.account_id, "contact_changed")
    if change.old:
        outbox.notify(change.account_id, "contact_changed", channels=[change.channel], to=change.old)
    return ""


def _sealed(change: Change) -> str:
    return crypto.seal(_SEAL, json.dumps(asdict(change)))
