"""Passkeys as accounts have them: kept, shown, named, counted, removed; what they answer is `passkeys`' business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from authz import audit, clock, crypto, db
from authz.errors import Refusal
from authz.identity.models import Account, Passkey
from authz.notifications import outbox

MOST = 20
LONGEST_NAME = 60


class PasskeyUnknown(Refusal):
    """The passkey is not one of ours, or no longer."""

    code = "unknown_passkey"
    description = "This passkey is not known here."


class PasskeyCopied(Refusal):
    """The passkey's counter went back: there are two of it, and neither may sign in."""

    code = "copied_passkey"
    status = 403
    description = "This passkey may have been copied, and is blocked."


class TooManyPasskeys(Refusal):
    """The account has as many passkeys as it may."""

    code = "too_many_passkeys"
    description = "There are too many passkeys; remove one first."


class NoSuchPasskey(Refusal):
    """The passkey to be named or removed is not one of this account's."""

    code = "not_found"
    status = 404
    description = "There is no such passkey."


@dataclass(frozen=True)
class PasskeyCard:
    """A passkey as its owner sees it."""

    id: str
    name: str
    is_synced: bool
    is_backed_up: bool
    created_at: datetime
    used_at: datetime | None
    is_blocked: bool


def keep(account_id: str, *, name: str, **values: Any) -> bool:
    """Write a new passkey down unless its credential is here already, whosever it is."""
    digest = crypto.digest(values["credential_id"])
    row = values | {"account_id": account_id, "credential_digest": digest, "created_at": clock.now()}
    if not db.insert_once(Passkey, name_sealed=_sealed(name), **row):
        return False
    audit.record("account:passkey:add", account_id=account_id, passkey_id=row["id"], synced=row["is_synced"])
    outbox.alert(account_id, "passkey_added")
    return True


def list_of_account(account_id: str) -> list[PasskeyCard]:
    """List an account's passkeys, the oldest first."""
    return [_card(row) for row in list_rows(account_id)]


def get(account_id: str, passkey_id: str) -> PasskeyCard:
    """Return one passkey of an account; refuses with NoSuchPasskey."""
    for card in list_of_account(account_id):
        if card.id == passkey_id:
            return card
    raise NoSuchPasskey()


def rename(account_id: str, passkey_id: str, name: str) -> None:
    """Call a passkey something else; refuses with NoSuchPasskey."""
    named = update(Passkey).where(_mine(account_id, passkey_id)).values(name_sealed=_sealed(name))
    if not db.claimed(db.session().execute(named)):
        raise NoSuchPasskey()


def remove(account_id: str, passkey_id: str) -> None:
    """Forget a passkey: it signs in no more, and the account is told; refuses with NoSuchPasskey."""
    if not db.claimed(db.session().execute(delete(Passkey).where(_mine(account_id, passkey_id)))):
        raise NoSuchPasskey()
    audit.record("account:passkey:remove", account_id=account_id, passkey_id=passkey_id)
    outbox.alert(account_id, "passkey_removed")


def list_rows(account_id: str) -> list[Any]:
    """List the rows of an account's passkeys."""
    query = select(Passkey.__table__).where(Passkey.account_id == account_id).order_by(Passkey.id)
    with db.reading() as connection:
        return list(connection.execute(query))


def find_row(credential_id: str) -> Any | None:
    """Find the row of a credential, with the end of its account; or None."""
    query = (
        select(Passkey.__table__, Account.closed_at)
        .join(Account, Account.id == Passkey.account_id)
        .where(Passkey.credential_digest == crypto.digest(credential_id))
    )
    with db.reading() as connection:
        return connection.execute(query).first()


def count(row: Any, sign_count: int, *, is_backed_up: bool) -> None:
    """Note that a passkey was used; one whose counter did not grow is blocked, told of, and refused (§6.1.1).

    Authenticators without a counter always say nought. One UPDATE both compares and counts: of two answers with the
    same count one is the copy's.
    """
    grows = (Passkey.sign_count < sign_count) | ((Passkey.sign_count == 0) & (sign_count == 0))
    alive = (Passkey.id == row.id) & Passkey.suspected_at.is_(None)
    used = update(Passkey).where(alive, grows)
    values = {"sign_count": sign_count, "is_backed_up": is_backed_up, "used_at": clock.now()}
    if db.claimed(db.session().execute(used.values(**values))):
        return
    if db.claimed(db.session().execute(update(Passkey).where(alive).values(suspected_at=clock.now()))):
        outbox.alert(row.account_id, "passkey_copied")
    audit.record("account:passkey:refuse", account_id=row.account_id, passkey_id=row.id, why="counter")
    raise PasskeyCopied(reason="counter")


def _mine(account_id: str, passkey_id: str) -> ColumnElement[bool]:
    return (Passkey.id == passkey_id) & (Passkey.account_id == account_id)


def _card(row: Any) -> PasskeyCard:
    return PasskeyCard(
        id=row.id,
        name=crypto.unseal("passkey", row.name_sealed),
        is_synced=row.is_synced,
        is_backed_up=row.is_backed_up,
        created_at=row.created_at,
        used_at=row.used_at,
        is_blocked=row.suspected_at is not None,
    )


def _sealed(name: str) -> str:
    """Seal what the owner calls it: a name may say who or where somebody is."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return crypto.seal("passkey", shown[:LONGEST_NAME])
