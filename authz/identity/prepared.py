"""Prepared spaces: made ready by an operator for somebody who has no account yet, each with a provisional code.

The code is of letters and digits to be typed from a letter, valid for six weeks, and used up by one conditional UPDATE.
Only its keyed digest is kept; who prepares spaces gets each code once, to be sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from authz import crypto, db, entropy
from authz.identity import civil
from authz.identity.civil_models import Activation, PreparedSpace

CODE_TTL = timedelta(weeks=6)
RENEW_AFTER = timedelta(days=1)
KEPT = timedelta(days=365)  # unused, after its code ran out: so long a new code can be asked for
KEPT_USED = timedelta(days=30)  # so long who types the code again is told that the space is open already
_LENGTH = 12  # of 28 letters: 57 bits, behind budgets
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # nothing that reads as another, and no words


@dataclass(frozen=True)
class Person:
    """Who a space is for: names and ISO birth date."""

    given_name: str
    family_name: str
    birthdate: str


@dataclass(frozen=True)
class Space:
    """What an operator knows of somebody whose space is prepared; each fact in its one spelling."""

    person: Person
    nir: str
    card: str = ""
    pivot: str = ""
    pivot_digest: str | None = None
    email: str = ""
    phone: str = ""
    lang: str = "fr"
    representatives: tuple[str, ...] = ()


def prepare(spaces: Sequence[Space], *, now: datetime) -> list[str | None]:
    """Write spaces down; returns the code of each, or None where somebody with this number has a space already."""
    digests = [civil.nir_digest(space.nir) for space in spaces]
    there = civil.list_known(digests) | _list_known(digests)
    codes = {digest: entropy.new_letters(_LENGTH, _ALPHABET) for digest in digests if digest not in there}
    people = dict(zip(digests, spaces, strict=True))
    rows = [_row(people[digest], code, now) for digest, code in codes.items()]
    build = postgresql_insert if db.is_postgresql() else sqlite_insert
    once = build(cast(Table, PreparedSpace.__table__)).on_conflict_do_nothing().returning(PreparedSpace.nir_digest)
    made = set(db.session().connection().execute(once, rows).scalars()) if rows else set()
    # Of several lines about one person the last one counts, and gets the code.
    last = {digest: index for index, digest in enumerate(digests)}
    return [
        spelled(codes[digest]) if digest in made and last[digest] == index else None
        for index, digest in enumerate(digests)
    ]


def renew(nir: str, *, now: datetime) -> str | None:
    """Give an unused space a new code in place of the old one, which opens nothing any more; None without such.

    A code of the last day stays: who asks again after being stopped halfway does not void what was just printed.
    """
    code = entropy.new_letters(_LENGTH, _ALPHABET)
    is_old = PreparedSpace.expires_at < now + CODE_TTL - RENEW_AFTER
    unused = (PreparedSpace.nir_digest == civil.nir_digest(nir)) & PreparedSpace.used_at.is_(None) & is_old
    values = {"code_digest": code_digest(code), "expires_at": now + CODE_TTL}
    changed = update(PreparedSpace).where(unused).values(**values).returning(PreparedSpace.id)
    prepared_id = db.session().execute(changed).scalar_one_or_none()
    if prepared_id is None:
        return None
    db.session().execute(delete(Activation).where(Activation.prepared_id == prepared_id))
    return spelled(code)


def find_by_code(code: str) -> Any | None:
    """Return the row of the space that a code as typed was made for, used or not; or None."""
    return _find(PreparedSpace.code_digest == code_digest(code))


def find(prepared_id: str) -> Any | None:
    """Return the row of a space, or None."""
    return _find(PreparedSpace.id == prepared_id)


def find_by_pivot(digest: str) -> Any | None:
    """Return the row of the one unused space of somebody with a pivot identity; None if there are several."""
    unused = (PreparedSpace.pivot_digest == digest) & PreparedSpace.used_at.is_(None)
    with db.reading() as connection:
        rows = connection.execute(select(PreparedSpace.__table__).where(unused).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def claim(row: Any, *, now: datetime) -> bool:
    """Use a space up, once; what only its opening needed is forgotten."""
    unused = (PreparedSpace.id == row.id) & PreparedSpace.used_at.is_(None)
    same = PreparedSpace.code_digest == row.code_digest  # a new code, sent meanwhile, ends what the old one began
    values = {"used_at": now, "reach_sealed": None, "representatives_sealed": None}
    return db.claimed(db.session().execute(update(PreparedSpace).where(unused, same).values(**values)))


def hand_over(row: Any, profile_id: str) -> None:
    """Note whose profile a space has become."""
    db.session().execute(update(PreparedSpace).where(PreparedSpace.id == row.id).values(profile_id=profile_id))


def person_of(row: Any) -> Person:
    """Return who a space is for."""
    return open_person(row.person_sealed)


def open_person(sealed: str) -> Person:
    """Open what `seal_person` made."""
    return Person(**json.loads(crypto.unseal("prepared", sealed)))


def reach_of(row: Any) -> dict[str, str]:
    """Open the addresses that the operator knows: `email`, `phone`, each perhaps empty."""
    opened = json.loads(crypto.unseal("prepared", row.reach_sealed)) if row.reach_sealed else {}
    return {"email": "", "phone": ""} | opened


def representatives_of(row: Any) -> Collection[str]:
    """Open the numbers of those who may open the space of a minor."""
    sealed = row.representatives_sealed
    return list(json.loads(crypto.unseal("prepared", sealed))) if sealed else []


def seal_person(person: Person) -> str:
    """Return what is kept of who a space is for."""
    return crypto.seal("prepared", json.dumps(asdict(person), ensure_ascii=False))


def is_well_formed(code: str) -> bool:
    """Tell whether what was typed can be a code: letters and digits of the right number."""
    return len(_bare(code)) == _LENGTH and not re.search(r"[^\sA-Za-z0-9._-]", code)


def code_digest(code: str) -> str:
    """Return what a code is looked up by, however it was typed."""
    return crypto.keyed_digest("provisional_code", _bare(code))


def _bare(code: str) -> str:
    return "".join(char for char in code[:60].upper() if char in _ALPHABET)


def spelled(code: str) -> str:
    """Return a code as it is printed: three groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))


def purge(now: datetime) -> int:
    """Forget spaces whose time is long over; returns how many."""
    used = PreparedSpace.used_at.is_not(None) & (PreparedSpace.expires_at < now - KEPT_USED)
    old = used | (PreparedSpace.expires_at < now - KEPT)
    return db.changed(db.session().execute(delete(PreparedSpace).where(old)))


def _list_known(digests: Collection[str]) -> set[str]:
    query = select(PreparedSpace.nir_digest).where(PreparedSpace.nir_digest.in_(digests))
    with db.reading() as connection:
        return set(connection.execute(query).scalars())


def _find(which: Any) -> Any | None:
    with db.reading() as connection:
        return connection.execute(select(PreparedSpace.__table__).where(which)).first()


def _row(space: Space, code: str, now: datetime) -> dict[str, Any]:
    reach = {name: text for name, text in (("email", space.email), ("phone", space.phone)) if text}
    facts = civil.sealed(nir=space.nir, card=space.card, pivot=space.pivot, pivot_digest=space.pivot_digest)
    return {
        "id": entropy.new_id(),
        "person_sealed": seal_person(space.person),
        **facts,
        "reach_sealed": crypto.seal("prepared", json.dumps(reach)) if reach else None,
        "representatives_sealed": _sealed_list(space.representatives),
        "lang": space.lang,
        "code_digest": code_digest(code),
        "created_at": now,
        "expires_at": now + CODE_TTL,
    }


def _sealed_list(nirs: Sequence[str]) -> str | None:
    return crypto.seal("prepared", json.dumps(list(nirs))) if nirs else None
