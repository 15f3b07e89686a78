"""Links whose opener may no longer act for their space, and the birthdays on which that is so.

A link belongs to the profile. Where a right ends otherwise than by age, a link that only adds goes on, shown to whoever
remains; one that reads is held, for what it reads may be seen in the opener's own account with the app, and so is one
that the app has not begun to use. At majority all that others opened are held: the young adult decides.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from authz import clock, events
from authz.catalogue import scopes
from authz.db import session
from authz.identity import delegation, profiles
from authz.identity.family import Change
from authz.identity.models import Delegation
from authz.pairing import pairings
from authz.pairing.models import Pairing

MAJORITY = "majority"


def install() -> None:
    """Follow delegations as they end."""
    events.delegation_ended.connect(_follow)


def hold_lapsed() -> int:
    """Hold the links whose opener may no longer act for their space, by the rule above; returns how many."""
    now = clock.now()
    own = exists().where(
        Delegation.account_id == Pairing.account_id,
        Delegation.profile_id == Pairing.profile_id,
        Delegation.kind == delegation.SELF,
    )
    opened_for_others = session().scalars(select(Pairing).where(*_passing(now), ~own)).all()
    lapsed = [one for one in opened_for_others if not delegation.may_act(one.account_id, one.profile_id, now)]
    return sum(_hold(one, by_age=_by_age(one.account_id, one.profile_id, now)) for one in lapsed)


def _follow(change: Change) -> None:
    """Hold at once what one whose right just ended had opened."""
    actor = change.actor
    mine = (Pairing.account_id == actor.account_id, Pairing.profile_id == actor.profile_id)
    for pairing in session().scalars(select(Pairing).where(*_passing(clock.now()), *mine)).all():
        _hold(pairing, by_age=change.why == MAJORITY)


def _passing(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_held = (Pairing.state == "paused") & Pairing.paused_until.is_(None)
    return Pairing.state.not_in(["ended", "suspended"]), ~is_held, Pairing.ends_at > now


def _hold(pairing: Pairing, *, by_age: bool) -> bool:
    reads = any(scopes.SCOPES[name].action != "write" for name in pairing.granted.split())
    if by_age or reads or pairing.state == "pending":
        pairings.hold(pairing)
        return True
    return False


def _by_age(account_id: str, profile_id: str, now: datetime) -> bool:
    """Tell whether it was a birthday that ended an account's right, rather than somebody's decision."""
    born = profiles.birthdate(profile_id)
    if born is None or not delegation.is_adult(born, now.date()):
        return False
    mine = (Delegation.account_id == account_id, Delegation.profile_id == profile_id)
    rows = session().execute(select(Delegation.kind, Delegation.from_at, Delegation.until_at).where(*mine)).all()
    return any(
        not delegation.is_open(row.kind, born, now, since=row.from_at)
        and (row.until_at is None or delegation.is_adult(born, row.until_at.date()))
        for row in rows
    )
