"""Making proofs: the paper is written outside of any unit, and one unit takes the row and keeps the document.

Killed in between, nothing was taken and the paper is made again; of two workers that made it one keeps it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from authz import audit, clock, db, settings
from authz.identity import accounts, birthdays, delegation, profiles
from authz.identity.models import Delegation
from authz.notifications import worker
from connectors.proofs import waiting, wording
from connectors.proofs.wording import Facts
from connectors.records import reading
from connectors.records.contract import NewDocument, Origin

CATEGORY, KIND, MIME = "DOC_ADM", "family-proof", "application/pdf"
HIDDEN = ("N", "MASQUE_PS")


def work() -> None:
    """Make what is to be made; a proof that fails stops no other."""
    worker.each(waiting.list_due(), _make, after_fault=waiting.put_off)


def _make(row: Any) -> None:
    """Make one proof. Nothing is asked of the unit before the paper is there, so that it holds up no writer."""
    facts = _facts(row)
    new = _document(row, facts) if facts else None
    if waiting.claim(row) and new:
        put = reading.store().put_document(Origin.of_space(row.profile_id), new, at=clock.now())
        audit.record("record:document:add", profile_id=row.profile_id, category=CATEGORY, id=put.id)


def _document(row: Any, facts: Facts) -> NewDocument:
    from connectors import paper  # brings the compiler of papers, which only the worker needs

    words = wording.words(facts, lang=_language(row.profile_id), space=settings.current().brand_name)
    return NewDocument(
        words["title"],
        CATEGORY,
        MIME,
        paper.make(words),
        facts.at,
        confidentiality=HIDDEN,
        identifier=f"{KIND}|{row.delegation_id}|{row.step}",
        details={"kind": KIND, "account_id": facts.account_id},
    )


def _facts(row: Any) -> Facts | None:
    """Read what a proof says; None once the space or the account is erased."""
    mine = (Delegation.profile_id == row.profile_id, Delegation.id == row.delegation_id)
    with db.reading() as connection:
        found = connection.execute(
            select(Delegation.account_id, Delegation.kind, Delegation.from_at).where(*mine)
        ).first()
    name = accounts.find_name(found.account_id) if found else ""
    if found is None or not name:
        return None
    zone, born = settings.current().zone, profiles.birthdate(row.profile_id)
    return Facts(
        account_id=found.account_id,
        name=name,
        subject=profiles.full_name(profiles.person(row.profile_id)),
        kind=found.kind,
        since=found.from_at.astimezone(zone),
        step=row.step,
        why=row.why,
        decided_by=accounts.find_name(row.decided_by) if row.decided_by else "",
        at=row.at.astimezone(zone),
        came_of_age=birthdays.birthday(born, delegation.MAJORITY) if born and row.why == "majority" else None,
    )


def _language(profile_id: str) -> str:
    """Return the language of the holder, or of who represents them; French where nobody is left."""
    actors = delegation.list_accounts(profile_id, clock.now())
    return accounts.card(actors[0]).lang if actors else "fr"
