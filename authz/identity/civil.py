"""Civil identities: the social security number, card and pivot identity of the person behind a profile.

Kept sealed and found by keyed digests; nothing here is shown to anybody, and no message or log carries any of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from authz import crypto, db
from authz.identity import delegation
from authz.identity.civil_models import CivilIdentity
from authz.identity.models import Account, Delegation

_FACTS = ("nir_sealed", "nir_digest", "card_sealed", "card_digest", "pivot_sealed", "pivot_digest")


def sealed(*, nir: str = "", card: str = "", pivot: str = "", pivot_digest: str | None = None) -> dict[str, str | None]:
    """Return the columns that keep these facts, here and on a prepared space; what is not known stays empty."""
    return {
        "nir_sealed": crypto.seal("civil", nir) if nir else None,
        "nir_digest": nir_digest(nir) if nir else None,
        "card_sealed": crypto.seal("civil", card) if card else None,
        "card_digest": card_digest(card) if card else None,
        "pivot_sealed": crypto.seal("civil", pivot) if pivot else None,
        "pivot_digest": pivot_digest,
    }


def keep(profile_id: str, facts: Mapping[str, Any], *, now: datetime) -> bool:
    """Write who the person behind a profile is, from `sealed` columns; false when the number is another profile's."""
    known = {name: facts[name] for name in _FACTS}
    return db.insert_once(CivilIdentity, profile_id=profile_id, **known, updated_at=now)


def find_by_nir(nir: str) -> str | None:
    """Return the profile of the person with a social security number, or None."""
    with db.reading() as connection:
        query = select(CivilIdentity.profile_id).where(CivilIdentity.nir_digest == nir_digest(nir))
        return connection.execute(query).scalar_one_or_none()


def list_by_pivot(digest: str) -> list[str]:
    """List the profiles of the people with a pivot identity: two people may share one."""
    query = select(CivilIdentity.profile_id).where(CivilIdentity.pivot_digest == digest)
    with db.reading() as connection:
        return list(connection.execute(query.order_by(CivilIdentity.profile_id)).scalars())


def list_known(digests: Collection[str]) -> set[str]:
    """Return which of these digests of social security numbers belong to a profile already."""
    query = select(CivilIdentity.nir_digest).where(CivilIdentity.nir_digest.in_(digests))
    with db.reading() as connection:
        return {str(digest) for digest in connection.execute(query).scalars()}


def has_one_of(profile_id: str, nirs: Collection[str]) -> bool:
    """Tell whether the person behind a profile has one of these social security numbers."""
    query = select(CivilIdentity.nir_digest).where(CivilIdentity.profile_id == profile_id)
    with db.reading() as connection:
        digest = connection.execute(query).scalar_one_or_none()
    return digest is not None and any(crypto.same(digest, nir_digest(nir)) for nir in nirs)


def list_holders(nirs: Collection[str]) -> list[str]:
    """List the accounts, not closed ones, whose holder has one of these social security numbers."""
    own = (Delegation.profile_id == CivilIdentity.profile_id) & (Delegation.kind == delegation.SELF)
    query = (
        select(Account.id)
        .join(Delegation, (Delegation.account_id == Account.id) & Delegation.until_at.is_(None))
        .join(CivilIdentity, own)
        .where(CivilIdentity.nir_digest.in_([nir_digest(nir) for nir in nirs]), Account.closed_at.is_(None))
        .order_by(Account.id)
    )
    with db.reading() as connection:
        return list(connection.execute(query).scalars())


def forget(profile_id: str) -> None:
    """Delete who the person behind a profile is, for its erasure."""
    db.session().execute(delete(CivilIdentity).where(CivilIdentity.profile_id == profile_id))


def nir_digest(nir: str) -> str:
    """Return what a social security number is looked up by."""
    return crypto.keyed_digest("nir", nir)


def card_digest(serial: str) -> str:
    """Return what the serial of a card is compared by."""
    return crypto.keyed_digest("card", serial)
