"""Delegations: for which profiles an account may act, in which kind, and until when.

A legal representative's right ends at the child's majority, which is worked out from the sealed birth date each time:
a stored end would tell the birthday of every minor.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select

from authz import crypto, db, entropy
from authz.errors import Refusal
from authz.identity.models import Delegation, Profile

SELF, REPRESENTATIVE, CARER = "self", "legal_representative", "carer"
MAJORITY = 18
MOST_PROFILES = 5
MOST_CARERS = 3


class TooManyPeople(Refusal):
    """At most three carers for a profile, at most five people for a carer."""

    code = "too_many_delegations"
    description = "A carer may look after five people at most, and a person may have three carers at most."


def may_act(account_id: str, profile_id: str, at: datetime) -> bool:
    """Tell whether an account may act for a profile at an instant."""
    query = (
        select(Delegation.kind, Profile.person_sealed)
        .join(Profile, Profile.id == Delegation.profile_id)
        .where(Delegation.account_id == account_id, Delegation.profile_id == profile_id, *in_time(at))
    )
    with db.reading() as connection:
        rows = connection.execute(query).all()
    return any(is_open(row.kind, _birthdate(row.person_sealed), at) for row in rows)


def add(account_id: str, profile_id: str, *, kind: str, relation: str, now: datetime) -> None:
    """Let an account act for a profile from now on; refuses with TooManyPeople."""
    if kind == CARER:
        _check_limit(Delegation.account_id == account_id, MOST_PROFILES, now)
        _check_limit(Delegation.profile_id == profile_id, MOST_CARERS, now)
    values = {"id": entropy.new_id(), "account_id": account_id, "profile_id": profile_id}
    db.session().execute(insert(Delegation).values(**values, kind=kind, relation=relation, from_at=now))


def list_accounts(profile_id: str, at: datetime) -> list[str]:
    """List the accounts that may act for a profile at an instant, the holder's own first."""
    query = (
        select(Delegation.account_id, Delegation.kind, Profile.person_sealed)
        .join(Profile, Profile.id == Delegation.profile_id)
        .where(Delegation.profile_id == profile_id, *in_time(at))
        .order_by(Delegation.kind.desc(), Delegation.id)
    )
    with db.reading() as connection:
        rows = connection.execute(query).all()
    return [row.account_id for row in rows if is_open(row.kind, _birthdate(row.person_sealed), at)]


def kind_for(relation: str, born: date | None, now: datetime) -> str:
    """Return in which kind a relation lets one act: a parent of a minor represents, other people care."""
    if relation == SELF:
        return SELF
    is_minor = born is not None and age(born, now.date()) < MAJORITY
    return REPRESENTATIVE if relation in ("child", "ward") and is_minor else CARER


def is_open(kind: str, born: date | None, at: datetime) -> bool:
    """Tell whether a delegation of a kind still holds for someone born then: representation ends at majority."""
    return kind != REPRESENTATIVE or born is None or age(born, at.date()) < MAJORITY


def age(born: date, on: date) -> int:
    """Return the age in whole years; who was born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def in_time(at: datetime) -> tuple[Any, ...]:
    """Return the conditions that a delegation has begun and has not been ended."""
    return Delegation.from_at <= at, (Delegation.until_at.is_(None)) | (Delegation.until_at > at)


def _check_limit(whose: Any, most: int, now: datetime) -> None:
    count = db.session().execute(
        select(func.count()).select_from(Delegation).where(whose, Delegation.kind == CARER, *in_time(now))
    )
    if count.scalar_one() >= most:
        raise TooManyPeople()


def _birthdate(sealed: str) -> date | None:
    text = json.loads(crypto.unseal("profile", sealed))["birthdate"]
    return date.fromisoformat(text) if text else None
