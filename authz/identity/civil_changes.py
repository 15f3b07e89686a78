"""Civil facts that an operator adds to an account: the holder's social security number, the serial of their card.

They decide whose children's spaces the holder opens and whom an identity provider may stand for: so the holder is told,
the journal names the operator, and what is known already is replaced only by who says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from authz import audit, clock, crypto, db
from authz.errors import Refusal
from authz.identity import accounts, civil, profiles
from authz.identity.civil_models import CivilIdentity
from authz.identity.description import AccountRefused, civil_facts
from authz.notifications import outbox

NAMES = ("nir", "card_serial")
_DIGESTS = {"nir": "nir_digest", "card_serial": "card_digest"}


class CivilFactsKept(Refusal):
    """Something else is known of this person already."""

    code = "civil_facts_kept"
    status = 409
    description = "Another social security number or card is known of this person: add --replace to replace it."


def add(identifier: str, spec: Mapping[str, Any], *, by: str, replace: bool) -> dict[str, Any]:
    """Keep facts about the holder of an account; returns which are known now, never what they are.

    Refuses with NoSuchAccount, AccountRefused or CivilFactsKept; facts that are known already change nothing.
    """
    nir, card_serial = civil_facts(spec, NAMES)
    profile_id = _own_profile(identifier)
    holder = civil.find_by_nir(nir) if nir else None
    if holder not in (None, profile_id):
        raise AccountRefused("The member nir is that of somebody else.")
    given = civil.sealed(nir=nir, card=card_serial)
    row = _find(profile_id)
    changed = [name for name, digest in _DIGESTS.items() if given[digest] and not _is_same(row, digest, given)]
    if not replace and any(row is not None and getattr(row, _DIGESTS[name]) for name in changed):
        raise CivilFactsKept()
    if changed:
        _write(profile_id, row, {name: value for name, value in given.items() if value})
        _tell(identifier, profile_id, changed, by=by)
    return {"identifier": identifier, "changed": ", ".join(changed)}


def _own_profile(identifier: str) -> str:
    card = accounts.find_card(identifier)
    if card is None:
        raise accounts.NoSuchAccount()
    profile_id = profiles.find_own(card.id)
    if card.closed_at or profile_id is None:
        raise AccountRefused("The account is closed, or has no space of its own.")
    return profile_id


def _find(profile_id: str) -> Any | None:
    query = select(CivilIdentity.__table__).where(CivilIdentity.profile_id == profile_id)
    return db.session().execute(query).first()


def _is_same(row: Any | None, digest: str, given: Mapping[str, str | None]) -> bool:
    return row is not None and crypto.same(getattr(row, digest) or "", given[digest] or "")


def _write(profile_id: str, row: Any | None, given: Mapping[str, Any]) -> None:
    """Write the row anew, so that a number which somebody else got meanwhile is refused and not a fault."""
    before: dict[str, Any] = dict(row._mapping) if row else civil.sealed()
    db.session().execute(delete(CivilIdentity).where(CivilIdentity.profile_id == profile_id))
    if not civil.keep(profile_id, before | dict(given), now=clock.now()):
        if row:
            civil.keep(profile_id, before, now=row.updated_at)
        raise AccountRefused("The member nir is that of somebody else.")


def _tell(identifier: str, profile_id: str, changed: list[str], *, by: str) -> None:
    card = accounts.find_card(identifier)
    assert card is not None  # nosec B101 # narrows the type
    audit.record("account:civil", profile_id=profile_id, account_id=card.id, by=by, facts=" ".join(changed))
    outbox.alert(card.id, "civil_changed")
