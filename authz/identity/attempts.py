"""Budgets of sign-in, so laid out that guessing costs the guesser and never locks out the patient.

Nothing is ever counted against an identifier alone: a failure counts for the identifier *from that network*, and for
the network. A browser that once completed both factors for the account (a known device) has a budget of its own, which
nobody else can spend. The limits:
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import has_request_context, request
from sqlalchemy import select

from authz import db, ratelimit
from authz.identity import devices
from authz.identity.identifiers import is_well_formed
from authz.identity.models import Account, KnownDevice


@dataclass(frozen=True)
class Budget:
    """So many within so long."""

    limit: int
    per: timedelta


_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
PASSWORD = Budget(10, _QUARTER)  # per known device; per identifier and network
NETWORK = Budget(100, _HOUR)  # wrong passwords from one network, whatever the identifiers
CODE = Budget(20, _HOUR)  # wrong codes of an account, per place
SEND = Budget(6, _QUARTER)  # codes sent to an account, per place
ABROAD_CODE = Budget(100, _DAY)  # wrong codes of an account from all unknown devices together
ABROAD_SMS = Budget(10, _DAY)  # SMS sent to an account for all unknown devices together


def find_account(identifier: str) -> Any | None:
    """Find what a password check needs in one read: the account's row and this browser's device row, if known."""
    if not is_well_formed(identifier):
        return None
    mine = (KnownDevice.account_id == Account.id) & (KnownDevice.secret_digest == devices.secret_digest())
    query = (
        select(Account.id, Account.password_hash, Account.closed_at, KnownDevice.id.label("device_id"))
        .outerjoin(KnownDevice, mine)
        .where(Account.identifier == identifier)
    )
    with db.reading() as connection:
        return connection.execute(query).first()


def check_password_budget(identifier: str, row: Any | None) -> None:
    """Refuse with TooMany when this browser or network has used up its wrong passwords; spends nothing."""
    for bucket, key, budget in _password_budgets(identifier, row):
        ratelimit.check(bucket, key, limit=budget.limit, per=budget.per)


def password_failed(identifier: str, row: Any | None) -> None:
    """Count one wrong password."""
    for bucket, key, budget in _password_budgets(identifier, row):
        ratelimit.spend(bucket, key, limit=budget.limit, per=budget.per)


def spend_send(account_id: str, kind: str) -> bool:
    """Count one code sent; tells whether this is a device that the account knows, or refuses with TooMany."""
    place, is_known = _place(account_id)
    ratelimit.spend("send", f"{account_id} {place}", limit=SEND.limit, per=SEND.per)
    if kind == "sms" and not is_known:  # after the place: what is refused there uses up nothing of the rest
        ratelimit.spend("sms", account_id, limit=ABROAD_SMS.limit, per=ABROAD_SMS.per)
    return is_known


def spend_try(account_id: str) -> int:
    """Count one code typed, before it is looked at; returns the tries left in this place, or refuses with TooMany."""
    place, is_known = _place(account_id)
    left = ratelimit.spend("code", f"{account_id} {place}", limit=CODE.limit, per=CODE.per)
    if not is_known:
        ratelimit.spend("code", account_id, limit=ABROAD_CODE.limit, per=ABROAD_CODE.per)
    return left


def _password_budgets(identifier: str, row: Any | None) -> list[tuple[str, str, Budget]]:
    if row is not None and row.device_id:
        return [("password", row.device_id, PASSWORD)]
    place = network()
    return [("password", f"{identifier} {place}", PASSWORD), ("network", place, NETWORK)]


def _place(account_id: str) -> tuple[str, bool]:
    device_id = devices.find(account_id)
    return (device_id, True) if device_id else (network(), False)


def network() -> str:
    """Return the network this request comes from; commands and tests without one count as one network."""
    return ratelimit.network(request.remote_addr) if has_request_context() else "none"
