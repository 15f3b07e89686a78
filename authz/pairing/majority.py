"""Majority, and delegations that end: a link is held once who opened it may no longer act for the space it opens.

A dated job of the worker, since the day is worked out from a sealed birth date. The young adult, or whoever acts for
the space now, resumes the link or opens it anew.
"""

from __future__ import annotations

from sqlalchemy import exists, select

from authz import clock
from authz.db import session
from authz.identity import delegation
from authz.identity.models import Delegation
from authz.pairing import pairings
from authz.pairing.models import Pairing


def hold_lapsed() -> int:
    """Hold the links whose opener may no longer act for their space; returns how many."""
    now = clock.now()
    own = exists().where(
        Delegation.account_id == Pairing.account_id,
        Delegation.profile_id == Pairing.profile_id,
        Delegation.kind == delegation.SELF,
    )
    is_held = (Pairing.state == "paused") & Pairing.paused_until.is_(None)
    passing = (Pairing.state.not_in(["ended", "suspended"])) & ~is_held & (Pairing.ends_at > now)
    opened_for_others = session().scalars(select(Pairing).where(passing, ~own)).all()
    lapsed = [one for one in opened_for_others if not delegation.may_act(one.account_id, one.profile_id, now)]
    for pairing in lapsed:
        pairings.hold(pairing)
    return len(lapsed)
