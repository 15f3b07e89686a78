"""Birthdays that change who decides: 15, three months and a week before 18, and 18; a dated job of the worker.

Each birthday of each minor is claimed by a row, so that it is seen to once, by whichever worker comes first; a worker
that dies sees to it again. The rights themselves end by the clock, not by this job: it writes down, frees and tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from authz import audit, clock, db
from authz.identity import delegation, family
from authz.identity.models import AgeStep, Delegation, Profile
from authz.notifications import outbox

BEFORE = (90, 7)
BATCH = 200


@dataclass(frozen=True)
class Minor:
    """A profile for which somebody decides, until a birthday that was not seen to yet."""

    profile_id: str
    given_name: str
    born: date


def see_to() -> int:
    """See to the birthdays that came since the last time; returns how many. What is left over waits for the next."""
    now, seen = clock.now(), 0
    for minor in _minors():
        for step in _due(minor.born, now.date()):
            if db.insert_once(AgeStep, profile_id=minor.profile_id, step=step):
                _take(step, minor, now)
                seen += 1
        if seen >= BATCH:
            return seen
    return seen


def birthday(born: date, years: int) -> date:
    """Return the day on which somebody is so many years old; who was born on 29 February waits for 1 March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _minors() -> Iterator[Minor]:
    living = select(Delegation.profile_id).where(
        Delegation.kind == delegation.REPRESENTATIVE, Delegation.until_at.is_(None)
    )
    query = select(Profile.id, Profile.person_sealed).where(Profile.id.in_(living)).order_by(Profile.id)
    with db.reading() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        born = delegation.birthdate(row.person_sealed)
        if born is not None:
            yield Minor(row.id, delegation.given_name(row.person_sealed), born)


def _due(born: date, today: date) -> list[str]:
    """List the steps that somebody has come to; of the warnings before majority the last one only."""
    majority = birthday(born, delegation.MAJORITY)
    if today >= majority:
        return ["majority"]
    for days in sorted(BEFORE):
        if today >= majority - timedelta(days=days):
            return [f"majority-{days}"]
    return ["adolescence"] if delegation.age(born, today) >= delegation.ADOLESCENCE else []


def _take(step: str, minor: Minor, now: datetime) -> None:
    audit.record("family:age", profile_id=minor.profile_id, step=step)
    if step == "majority":
        family.come_of_age(minor.profile_id)
        return
    template = "family_adolescent" if step == "adolescence" else "family_majority_soon"
    told = {"profile": minor.given_name, "page": f"{family.PAGE}?of={minor.profile_id}"}
    if step != "adolescence":
        told["day"] = birthday(minor.born, delegation.MAJORITY).isoformat()
    for account_id in delegation.list_accounts(minor.profile_id, now):
        outbox.notify(account_id, template, channels=None, lang=None, due_at=None, **told)
