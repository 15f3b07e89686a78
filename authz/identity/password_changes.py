"""A new password for an account: who knows the old one chooses it; other browsers are signed out, all is told."""

from __future__ import annotations

from sqlalchemy import update

from authz import audit, clock, db
from authz.identity import accounts, passwords, sessions
from authz.identity.models import Account, Recovery
from authz.notifications import contacts, outbox


def change(account_id: str, *, current: str, new: str) -> None:
    """Change the password; refuses with LoginRefused, TooMany or PasswordRefused."""
    card = accounts.card(account_id)
    check(account_id, new)  # first: a service may be asked, for which no transaction waits
    accounts.check_password(card.identifier, current)
    _write(account_id, new)
    drop_waiting(account_id)
    audit.record("account:password:change", account_id=account_id)
    outbox.alert(account_id, "password_changed")
    sessions.confirm()
    signed_in = sessions.current()
    sessions.end_all(account_id, but=signed_in.id if signed_in else "")


def _write(account_id: str, new: str) -> None:
    """Keep a new password; its hash is worked out before anything is written."""
    values = {"password_hash": passwords.hash_of(new), "password_changed_at": clock.now()}
    db.session().execute(update(Account).where(Account.id == account_id).values(**values))


def drop_waiting(account_id: str) -> None:
    """Give up the new passwords that wait for their time: whoever chose them, the account is in its owner's hands."""
    waits = (Recovery.account_id == account_id) & (Recovery.kind == "password") & Recovery.done_at.is_(None)
    db.session().execute(update(Recovery).where(waits).values(done_at=clock.now(), password_hash=None))


def check(account_id: str, new: str) -> None:
    """Refuse a new password that breaks a rule, or is made of what is known of the person."""
    passwords.check_rules(new, personal=_personal(account_id))


def _personal(account_id: str) -> list[str]:
    card, reach = accounts.card(account_id), contacts.find(account_id)
    mail = (reach.email or "").partition("@")[0] if reach else ""
    return [card.identifier, *card.name.split(), mail, (reach.phone or "") if reach else ""]
