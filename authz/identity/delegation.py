"""Delegations: for which profiles an account may act, in which kind, until when, and what each kind may do.

A legal representative's right ends at the child's majority, which is worked out from the sealed birth date each time:
a stored end would tell the birthday of every minor. How many people may act for a profile, and for how many profiles
one may care, is held by the rows themselves: each living delegation takes a numbered seat of its profile and a numbered
place of its account, of which there are no more than that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select, update

from authz import crypto, db, entropy
from authz.errors import Refusal
from authz.identity.models import Delegation, Profile

SELF, REPRESENTATIVE, CARER = "self", "legal_representative", "carer"
MAJORITY, ADOLESCENCE = 18, 15
MOST_PROFILES, MOST_CARERS, MOST_REPRESENTATIVES = 5, 3, 2
# What somebody may do in a space: see it, link apps, invite and remove carers, invite another representative or hand
# the space to the adolescent whose it is, take everything out, close it.
SEE, LINK, PEOPLE, REPRESENT, EXPORT, CLOSE = "see", "link", "people", "represent", "export", "close"
ACTS = (SEE, LINK, PEOPLE, REPRESENT, EXPORT, CLOSE)
_OF_KIND = {
    SELF: frozenset({SEE, LINK, PEOPLE, EXPORT, CLOSE}),
    REPRESENTATIVE: frozenset(ACTS),
    CARER: frozenset({SEE, LINK}),
}
_OF_ADOLESCENT = frozenset({SEE, LINK})
_SEATS = {
    SELF: ("self",),
    REPRESENTATIVE: tuple(f"representative-{number}" for number in range(1, MOST_REPRESENTATIVES + 1)),
    CARER: tuple(f"carer-{number}" for number in range(1, MOST_CARERS + 1)),
}
_PLACES: dict[str, tuple[int | None, ...]] = {
    SELF: (0,),
    REPRESENTATIVE: (None,),
    CARER: tuple(range(1, MOST_PROFILES + 1)),
}
_T = TypeVar("_T")
_RACES = 12  # more than there are seats: whoever loses that often finds none


class TooManyPeople(Refusal):
    """At most three carers and two representatives for a profile, at most five people for a carer."""

    code = "too_many_delegations"
    status = 409
    description = "A carer may look after five people at most, and a person may have three carers at most."


class AlreadyActs(Refusal):
    """The account acts for this profile already, or has a space of its own already where it would get one."""

    code = "already_acts"
    status = 409
    description = "This account acts for this person already."


class NotAllowed(Refusal):
    """The account may open this space, but its kind of delegation does not reach this far."""

    code = "access_denied"
    status = 403
    description = "Who acts for this person in this way may not do this."


def acts_of(kind: str, years: int | None) -> frozenset[str]:
    """Return what a kind of delegation may do; a minor who holds their own space sees and links, no more yet."""
    return _OF_ADOLESCENT if kind == SELF and years is not None and years < MAJORITY else _OF_KIND[kind]


def may_act(account_id: str, profile_id: str, at: datetime, act: str = SEE) -> bool:
    """Tell whether an account may do something in a profile's space at an instant."""
    query = (
        select(Delegation.kind, Delegation.from_at, Profile.person_sealed)
        .join(Profile, Profile.id == Delegation.profile_id)
        .where(Delegation.account_id == account_id, Delegation.profile_id == profile_id, *in_time(at))
    )
    with db.reading() as connection:
        rows = connection.execute(query).all()
    return any(_reaches(row, at, act) for row in rows)


def add(account_id: str, profile_id: str, *, kind: str, relation: str, now: datetime) -> str:
    """Let an account act for a profile from now on; refuses with AlreadyActs or TooManyPeople. Returns its id."""
    values = {"id": entropy.new_id(), "account_id": account_id, "profile_id": profile_id}
    values |= {"kind": kind, "relation": relation}
    for _ in range(_RACES):
        seat, place = _free(account_id, profile_id, kind)
        # Not an insert that follows a count: whoever takes the same seat first wins, and the next one is tried.
        if db.insert_once(Delegation, **values, from_at=now, until_at=None, seat=seat, place=place):
            return values["id"]
    raise TooManyPeople(reason="lost every race")


def end(profile_id: str, delegation_id: str, now: datetime) -> bool:
    """End a delegation, which frees its seat and its place; False when it was over already."""
    where = (Delegation.profile_id == profile_id) & (Delegation.id == delegation_id) & Delegation.until_at.is_(None)
    values = {"until_at": now, "seat": None, "place": None}
    return db.claimed(db.session().execute(update(Delegation).where(where).values(**values)))


def hold(profile_id: str) -> None:
    """Let nobody else decide who acts for a profile until this unit ends: what is counted then stays as counted."""
    db.session().execute(update(Profile).where(Profile.id == profile_id).values(created_at=Profile.created_at))


def list_accounts(profile_id: str, at: datetime, act: str = SEE) -> list[str]:
    """List the accounts that may do something in a profile's space at an instant, the holder's own first."""
    query = (
        select(Delegation.account_id, Delegation.kind, Delegation.from_at, Profile.person_sealed)
        .join(Profile, Profile.id == Delegation.profile_id)
        .where(Delegation.profile_id == profile_id, *in_time(at))
        .order_by(Delegation.kind.desc(), Delegation.id)
    )
    with db.reading() as connection:
        rows = connection.execute(query).all()
    return [row.account_id for row in rows if _reaches(row, at, act)]


def kind_for(relation: str, born: date | None, now: datetime) -> str:
    """Return in which kind a relation lets one act: a parent of a minor represents, other people care."""
    if relation == SELF:
        return SELF
    is_minor = born is not None and age(born, now.date()) < MAJORITY
    return REPRESENTATIVE if relation in ("child", "ward") and is_minor else CARER


def is_open(kind: str, born: date | None, at: datetime, *, since: datetime) -> bool:
    """Tell whether a delegation that began then still holds for someone born then.

    Representation ends at majority, and so does the right of the carers whom representatives chose.
    """
    if kind == SELF or born is None or not is_adult(born, at.date()):
        return True
    return kind == CARER and is_adult(born, since.date())


def is_adult(born: date, on: date) -> bool:
    """Tell whether somebody has come of age."""
    return age(born, on) >= MAJORITY


def age(born: date, on: date) -> int:
    """Return the age in whole years; who was born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def in_time(at: datetime) -> tuple[Any, ...]:
    """Return the conditions that a delegation has begun and has not been ended."""
    return Delegation.from_at <= at, (Delegation.until_at.is_(None)) | (Delegation.until_at > at)


def birthdate(person_sealed: str) -> date | None:
    """Return the birth date in a profile's sealed description, where it is known."""
    text = json.loads(crypto.unseal("profile", person_sealed))["birthdate"]
    return date.fromisoformat(text) if text else None


def given_name(person_sealed: str) -> str:
    """Return the given name in a profile's sealed description."""
    name: str = json.loads(crypto.unseal("profile", person_sealed))["given_name"]
    return name


def _reaches(row: Any, at: datetime, act: str) -> bool:
    born = birthdate(row.person_sealed)
    is_living = is_open(row.kind, born, at, since=row.from_at)
    return is_living and act in acts_of(row.kind, age(born, at.date()) if born else None)


def _free(account_id: str, profile_id: str, kind: str) -> tuple[str, int | None]:
    """Return a seat of the profile and a place of the account that nobody has, as this unit sees it."""
    d = Delegation
    near = (d.profile_id == profile_id) | (d.account_id == account_id)
    rows = db.session().execute(select(d.profile_id, d.account_id, d.seat, d.place).where(near, d.until_at.is_(None)))
    living = rows.all()
    if any(row.profile_id == profile_id and row.account_id == account_id for row in living):
        raise AlreadyActs(reason="same profile")
    places = _left(
        _PLACES[kind], (row.place for row in living if row.place is not None and row.account_id == account_id)
    )
    if not places and kind == SELF:
        raise AlreadyActs(reason="own space")
    seats = _left(_SEATS[kind], (row.seat for row in living if row.profile_id == profile_id))
    if not seats or not places:
        raise TooManyPeople(reason=kind)
    return seats[0], places[0]


def _left(offered: tuple[_T, ...], taken: Iterable[_T]) -> list[_T]:
    gone = set(taken)
    return [one for one in offered if one not in gone]
