"""Opening the prepared space of a minor: done by a representative whom the operator named, in one step.

There is nothing to choose and nowhere to be reached: the child has no account, and the representative's is at hand.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from authz import audit, clock, events
from authz.identity import accounts, activation_proof, civil, family, prepared, profiles
from authz.identity.activation_proof import Facts
from authz.identity.activation_refusals import AlreadyActivated, FactsRefused, NotRepresentative
from authz.notifications import outbox


def open_for(account_id: str, facts: Facts) -> str:
    """Open a child's space for a representative; returns the profile's id, or refuses as `activation_proof.prove` does.

    A space of somebody of age is refused like wrong facts: it is for nobody else to open.
    """
    space = activation_proof.prove(facts)
    if not activation_proof.is_minor(space):
        raise FactsRefused(reason="of age")
    own = profiles.find_own(account_id)
    if own is None or not civil.has_one_of(own, prepared.representatives_of(space)):
        audit.record("account:activation:refuse", account_id=account_id, space=space.id)
        raise NotRepresentative(reason="not named")
    return _open(account_id, space, clock.now())


def _open(account_id: str, space: Any, now: datetime) -> str:
    if not prepared.claim(space, now=now):
        raise AlreadyActivated(reason="meanwhile")
    child, name = prepared.person_of(space), accounts.card(account_id).name
    profile_id = family.begin_new(account_id, asdict(child), relation="child", name=name).profile_id
    civil.keep(profile_id, space._mapping, now=now)
    prepared.hand_over(space, profile_id)
    audit.record("account:activate", profile_id=profile_id, account_id=account_id, by="representative")
    outbox.notify(account_id, "space_opened_child", profile=child.given_name, page=family.PAGE)
    for other in civil.list_holders(prepared.representatives_of(space)):
        if other != account_id:
            outbox.notify(other, "space_opened_by_other", name=name, profile=child.given_name, page=family.PAGE)
    events.space_opened.send(None, account_id=account_id, profile_id=profile_id, origin="representative")
    return profile_id
