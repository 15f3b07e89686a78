"""Families: who may open a profile's space, how somebody comes to act for it and stops, and who is told.

Both are written here alone: the delegation, its line of the journal, the notices to everybody who acts for the profile,
and the signal by which the layers above follow (links, the document in the record).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from authz import audit, clock, db, events
from authz.errors import Refusal
from authz.identity import accounts, delegation, profiles
from authz.identity.models import Delegation
from authz.notifications import outbox

PAGE = "/home/family"


class NoSuchDelegation(Refusal):
    """Nobody acts so for this profile, or not any more."""

    code = "not_found"
    status = 404
    description = "There is no such delegation."


class LastOne(Refusal):
    """A minor's only representative cannot leave: nobody could act for the child."""

    code = "last_representative"
    status = 409
    description = "Somebody has to act for a minor."


@dataclass(frozen=True)
class Actor:
    """Somebody who acts for a profile; `name` is what they call themselves."""

    id: str
    account_id: str
    profile_id: str
    kind: str
    relation: str
    name: str
    from_at: datetime


@dataclass(frozen=True)
class Change:
    """A delegation that began (invited, opened) or ended (left, removed, majority); `by` is whose doing."""

    actor: Actor
    why: str = ""
    by: str | None = None


def list_actors(profile_id: str) -> list[Actor]:
    """List who acts for a profile now: the holder, then representatives, then carers."""
    now, born = clock.now(), profiles.birthdate(profile_id)
    living = (Delegation.profile_id == profile_id, *delegation.in_time(now))
    query = select(Delegation.__table__).where(*living).order_by(Delegation.kind.desc(), Delegation.id)
    with db.reading() as connection:
        rows = [row for row in connection.execute(query) if delegation.is_open(row.kind, born, now, since=row.from_at)]
    return [_actor(row) for row in rows]


def get_actor(profile_id: str, delegation_id: str) -> Actor:
    """Return one who acts for a profile; refuses with NoSuchDelegation."""
    for actor in list_actors(profile_id):
        if actor.id == delegation_id:
            return actor
    raise NoSuchDelegation(reason=delegation_id)


def find_of(account_id: str, profile_id: str) -> Actor | None:
    """Find how an account acts for a profile, or None."""
    return next((one for one in list_actors(profile_id) if one.account_id == account_id), None)


def begin(account_id: str, profile_id: str, *, kind: str, relation: str, invited_by: str | None = None) -> Actor:
    """Let an account act for a profile, tell whom it concerns, and who it was."""
    now = clock.now()
    delegation_id = delegation.add(account_id, profile_id, kind=kind, relation=relation, now=now)
    actor = Actor(delegation_id, account_id, profile_id, kind, relation, accounts.card(account_id).name, now)
    _begun(actor, why="invited", by=invited_by)
    _tell("family_joined", actor, delegation.list_accounts(profile_id, now))
    return actor


def begin_new(account_id: str, person: Mapping[str, str], *, relation: str, name: str, why: str = "opened") -> Actor:
    """Write the profile of somebody whose space is new, and let an account, whose holder's name is given, act for it.

    Nobody acts for it yet who could be told; no other connection sees the profile, or a new account, before the end.
    """
    now, born = clock.now(), person.get("birthdate")
    profile_id = profiles.write(person, now=now)
    kind = delegation.kind_for(relation, date.fromisoformat(born) if born else None, now)
    delegation_id = delegation.add(account_id, profile_id, kind=kind, relation=relation, now=now)
    actor = Actor(delegation_id, account_id, profile_id, kind, relation, name, now)
    _begun(actor, why=why, by=account_id)
    return actor


def remove(actor: Actor, *, by: str) -> None:
    """End a carer's right, for whom may remove carers; a representative's is not ended by the other one."""
    if actor.kind != delegation.CARER:
        raise delegation.NotAllowed(reason="not a carer")
    _end(actor, by=by, why="removed")


def leave(actor: Actor) -> None:
    """Stop acting for somebody else; refuses to the only representative of a child who has no account."""
    delegation.hold(actor.profile_id)
    others = [one for one in list_actors(actor.profile_id) if one.id != actor.id and one.kind != delegation.CARER]
    if actor.kind == delegation.SELF:
        raise delegation.NotAllowed(reason="own space")
    if actor.kind == delegation.REPRESENTATIVE and not any(one.kind == actor.kind for one in others):
        raise LastOne(reason=actor.id)
    _end(actor, by=actor.account_id, why="left")


def come_of_age(profile_id: str) -> int:
    """Write down the end of the rights that majority ends; returns how many were still open on paper."""
    now, born = clock.now(), profiles.birthdate(profile_id)
    query = select(Delegation.__table__).where(Delegation.profile_id == profile_id, Delegation.until_at.is_(None))
    rows = db.session().execute(query).all()
    over = [row for row in rows if not delegation.is_open(row.kind, born, now, since=row.from_at)]
    return sum(_end(_actor(row), by=None, why="majority") for row in over)


def _begun(actor: Actor, *, why: str, by: str | None) -> None:
    _record("family:join", actor, by=actor.account_id)
    events.delegation_began.send(Change(actor, why, by))


def _end(actor: Actor, *, by: str | None, why: str) -> bool:
    now = clock.now()
    if not delegation.end(actor.profile_id, actor.id, now):
        return False
    _record("family:leave", actor, by=by, why=why)
    _tell(f"family_{why}", actor, [*delegation.list_accounts(actor.profile_id, now), actor.account_id])
    events.delegation_ended.send(Change(actor, why, by))
    return True


def _record(tag: str, actor: Actor, *, by: str | None, **detail: Any) -> None:
    detail |= {"kind": actor.kind, "delegation_id": actor.id}
    audit.record(tag, profile_id=actor.profile_id, account_id=by, other_id=actor.account_id, **detail)


def _tell(template: str, actor: Actor, account_ids: Iterable[str]) -> None:
    named = profiles.given_name(actor.profile_id)
    for account_id in dict.fromkeys(account_ids):
        page = f"{PAGE}?of={actor.profile_id}"
        outbox.notify(account_id, template, name=actor.name, profile=named, page=page)


def _actor(row: Any) -> Actor:
    name = accounts.card(row.account_id).name
    return Actor(row.id, row.account_id, row.profile_id, row.kind, row.relation, name, row.from_at)
