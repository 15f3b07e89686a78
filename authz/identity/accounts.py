"""Accounts: who can sign in, the check of the password, and what OpenID clients may be told of a person."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from authz import audit, crypto, db
from authz.errors import Refusal
from authz.identity import attempts, closures, passwords
from authz.identity.claims import BY_SCOPE
from authz.identity.models import Account
from authz.notifications import contacts


class LoginRefused(Refusal):
    """The identifier or the password is wrong, or the account is closed: one sentence whatever the reason."""

    code = "access_denied"
    description = "The identifier or the password is not right."


class NoSuchAccount(Refusal):
    """An operator named an account that is not there."""

    code = "not_found"
    status = 404
    description = "There is no such account."


@dataclass(frozen=True)
class AccountCard:
    """What the holder's own pages and the operator see of an account: nothing secret, contacts masked."""

    id: str
    identifier: str
    name: str
    lang: str
    email_masked: str | None
    phone_masked: str | None
    has_totp: bool
    created_at: datetime
    password_changed_at: datetime
    closed_at: datetime | None


def find(account_id: str) -> Account | None:
    """Return the account's row in this unit, or None."""
    return db.session().get(Account, account_id)


def get(account_id: str) -> Account:
    """Return the account's row in this unit; refuses with NoSuchAccount."""
    account = find(account_id)
    if account is None:
        raise NoSuchAccount()
    return account


def check_password(identifier: str, password: str) -> Account:
    """Return the account whose password this is; refuses with LoginRefused, or TooMany.

    The hash is worked out before this unit writes, so that SQLite's one writer is not held for it; for an unknown
    identifier the same work is done, and the same budgets are spent.
    """
    identifier = identifier.strip().lower()
    row = attempts.find_account(identifier)
    attempts.check_password_budget(identifier, row)
    if not passwords.is_right(password, row.password_hash if row else None) or row is None or _is_shut(row):
        attempts.password_failed(identifier, row)
        audit.record("account:login:refuse", account_id=row.id if row else None, why="password")
        raise LoginRefused(reason="closed" if row and row.closed_at else "password")
    if passwords.is_outdated(row.password_hash):
        same_hash = (Account.id == row.id) & (Account.password_hash == row.password_hash)
        db.session().execute(update(Account).where(same_hash).values(password_hash=passwords.hash_of(password)))
    return get(row.id)


def _is_shut(row: Any) -> bool:
    """Tell whether an account is closed for good: until its erasure begins its holder may open it again."""
    return row.closed_at is not None and not closures.may_reopen(row.id)


def claims(account_id: str, scopes: Iterable[str], names: Iterable[str] = ()) -> dict[str, Any]:
    """Return the OpenID claims that scopes and single claim names allow (OpenID Connect Core §5.1, §5.4)."""
    wanted = set(names)
    for scope in scopes:
        wanted.update(BY_SCOPE.get(scope, ()))
    with db.reading() as connection:
        row = connection.execute(
            select(Account.claims_sealed, Account.updated_at).where(Account.id == account_id)
        ).first()
    if row is None:
        return {}
    known = json.loads(crypto.unseal("account", row.claims_sealed)) | {"updated_at": int(row.updated_at.timestamp())}
    return {name: value for name, value in (known | _contact_claims(account_id)).items() if name in wanted}


def card(account_id: str) -> AccountCard:
    """Return what the holder's own pages show of an account; refuses with NoSuchAccount."""
    found = _cards(Account.id == account_id)
    if not found:
        raise NoSuchAccount()
    return found[0]


def find_name(account_id: str) -> str:
    """Return what somebody calls themselves; empty once their account is erased."""
    found = _cards(Account.id == account_id)
    return found[0].name if found else ""


def find_card(identifier: str) -> AccountCard | None:
    """Return the card of the account with a sign-in identifier, or None."""
    found = _cards(Account.identifier == identifier.strip().lower())
    return found[0] if found else None


def list_cards(*, after: str = "", limit: int = 100) -> list[AccountCard]:
    """List accounts in the order of their identifiers, from one after `after`."""
    return _cards(Account.identifier > after, limit=limit)


def _cards(where: ColumnElement[bool], limit: int = 1) -> list[AccountCard]:
    with db.reading() as connection:
        query = select(Account.__table__).where(where).order_by(Account.identifier).limit(limit)
        rows = connection.execute(query).all()
    return [_card(row) for row in rows]


def _card(row: Any) -> AccountCard:
    known = json.loads(crypto.unseal("account", row.claims_sealed))
    reach = contacts.find(row.id) or contacts.Reach(lang="fr")
    return AccountCard(
        id=row.id,
        identifier=row.identifier,
        name=known["name"],
        lang=reach.lang,
        email_masked=contacts.mask_email(reach.email) if reach.email else None,
        phone_masked=contacts.mask_phone(reach.phone) if reach.phone else None,
        has_totp=row.totp_secret_sealed is not None,
        created_at=row.created_at,
        password_changed_at=row.password_changed_at,
        closed_at=row.closed_at,
    )


def _contact_claims(account_id: str) -> dict[str, Any]:
    reach = contacts.find(account_id)
    found: dict[str, Any] = {}
    if reach and reach.email:
        found |= {"email": reach.email, "email_verified": reach.email_verified}
    if reach and reach.phone:
        found |= {"phone_number": reach.phone, "phone_number_verified": reach.phone_verified}
    return found
