"""Profiles: whose health data it is, as shown to an account that may act for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from authz import clock, crypto, db, entropy
from authz.errors import Refusal
from authz.identity import delegation
from authz.identity.models import Account, Delegation, Profile


class NotYourProfile(Refusal):
    """The account may not act for this profile, or there is none: a stranger learns no more than that."""

    code = "access_denied"
    status = 403
    description = "This profile is not one you can act for."


@dataclass(frozen=True)
class ProfileCard:
    """A profile as its account sees it; `kind` is self, legal_representative or carer."""

    id: str
    given_name: str
    family_name: str
    initials: str
    birthdate: date | None
    age: int | None
    relation: str
    kind: str
    is_self: bool

    @property
    def name(self) -> str:
        """Given and family name."""
        return full_name({"given_name": self.given_name, "family_name": self.family_name})

    @property
    def acts(self) -> frozenset[str]:
        """What the account may do in this space."""
        return delegation.acts_of(self.kind, self.age)


def add_own(account_id: str, person: Mapping[str, str], *, now: datetime) -> str:
    """Write the profile of an account's holder; returns its id. Who acts for somebody else begins by `family`."""
    profile_id = write(person, now=now)
    delegation.add(account_id, profile_id, kind=delegation.SELF, relation=delegation.SELF, now=now)
    return profile_id


def write(person: Mapping[str, str], *, now: datetime) -> str:
    """Write a profile for which nobody acts yet; returns its id."""
    profile_id = entropy.new_id()
    known = {key: person.get(key, "") for key in ("given_name", "family_name", "birthdate")}
    db.session().execute(
        insert(Profile).values(id=profile_id, person_sealed=crypto.seal("profile", json.dumps(known)), created_at=now)
    )
    return profile_id


def list_for(account_id: str) -> list[ProfileCard]:
    """List the profiles an account may act for now, its own first."""
    now = clock.now()
    query = (
        select(Delegation.kind, Delegation.relation, Delegation.from_at, Profile.id, Profile.person_sealed)
        .join(Profile, Profile.id == Delegation.profile_id)
        .where(Delegation.account_id == account_id, *delegation.in_time(now))
        .order_by(Delegation.id)
    )
    with db.reading() as connection:
        rows = connection.execute(query).all()
    cards = [(_card(row, now), row.from_at) for row in rows]
    alive = [card for card, since in cards if delegation.is_open(card.kind, card.birthdate, now, since=since)]
    return sorted(alive, key=lambda card: not card.is_self)


def get_for(account_id: str, profile_id: str) -> ProfileCard:
    """Return a profile the account may act for now; refuses with NotYourProfile."""
    for card in list_for(account_id):
        if card.id == profile_id:
            return card
    raise NotYourProfile(reason="no delegation")


def find_own(account_id: str) -> str | None:
    """Return the id of the account's own profile, or None."""
    mine = (Delegation.account_id == account_id) & (Delegation.kind == delegation.SELF)
    with db.reading() as connection:
        return connection.execute(select(Delegation.profile_id).where(mine)).scalar_one_or_none()


def find_own_and_end(account_id: str) -> tuple[str | None, bool]:
    """Find an account's own profile, and whether the account is closed."""
    mine = (Delegation.account_id == Account.id) & (Delegation.kind == delegation.SELF)
    query = select(Delegation.profile_id, Account.closed_at).select_from(Account).outerjoin(Delegation, mine)
    with db.reading() as connection:
        row = connection.execute(query.where(Account.id == account_id)).first()
    return (row.profile_id, row.closed_at is not None) if row else (None, False)


def given_name(profile_id: str) -> str:
    """Return the given name behind a profile, for a message to somebody who may act for it; empty when unknown."""
    return person(profile_id).get("given_name", "")


def age(profile_id: str) -> int | None:
    """Return the age of the person behind a profile, today; None where no birth date is known."""
    born = birthdate(profile_id)
    return delegation.age(born, clock.now().date()) if born else None


def birthdate(profile_id: str) -> date | None:
    """Return the birth date of the person behind a profile, None where it is not known."""
    return _date(person(profile_id).get("birthdate"))


def person(profile_id: str) -> dict[str, str]:
    """Return names and birth date behind a profile, for whom its link lets know them; empty when unknown."""
    with db.reading() as connection:
        sealed = connection.execute(select(Profile.person_sealed).where(Profile.id == profile_id)).scalar_one_or_none()
    found: dict[str, str] = json.loads(crypto.unseal("profile", sealed)) if sealed else {}
    return found


def full_name(person: Mapping[str, str]) -> str:
    """Return given and family name of a person."""
    return f"{person.get('given_name', '')} {person.get('family_name', '')}".strip()


def _card(row: Any, now: datetime) -> ProfileCard:
    person = json.loads(crypto.unseal("profile", row.person_sealed))
    born = _date(person["birthdate"])
    names = (person["given_name"], person["family_name"])
    return ProfileCard(
        id=row.id,
        given_name=names[0],
        family_name=names[1],
        initials="".join(name[0] for name in names if name).upper(),
        birthdate=born,
        age=delegation.age(born, now.date()) if born else None,
        relation=row.relation,
        kind=row.kind,
        is_self=row.kind == delegation.SELF,
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
