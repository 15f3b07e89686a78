"""The proof that opens a prepared space: provisional code, social security number, serial of the card, birth date.

Unknown codes and wrong facts meet the same work and the same answer. A try is counted before it is looked at: for the
network or the browser it comes from, and for the code, so that a letter that was stolen opens nothing by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from authz import audit, clock, crypto, db, ratelimit
from authz.errors import Refusal
from authz.identity import attempts, civil, delegation, devices, prepared
from authz.identity.activation_refusals import (
    AlreadyActivated,
    BirthdateRefused,
    FactsRefused,
    MinorNotAlone,
    ProvisionalCodeExpired,
    ProvisionalCodeRefused,
    SpaceClosed,
)
from authz.identity.models import Account, Delegation
from authz.identity.nir import CardRefused, NirRefused, as_card_serial, as_nir

NETWORK = (60, timedelta(hours=1))
CODE = (10, timedelta(days=1))
_DATE = re.compile(r"(?P<day>[0-9]{1,2})[ ./-](?P<month>[0-9]{1,2})[ ./-](?P<year>[0-9]{4})")


@dataclass(frozen=True)
class Facts:
    """What somebody typed, each in its one spelling; no card where a minor's space is opened for them."""

    code: str
    nir: str
    card: str
    birthdate: str


def read(form: Mapping[str, str], *, with_card: bool = True) -> tuple[Facts, dict[str, Refusal]]:
    """Read what was typed; returns the facts, and for each field that cannot be one its refusal. Looks nothing up."""
    shapes = {"code": _code, "nir": as_nir, "card": as_card_serial, "birthdate": as_birthdate}
    known: dict[str, str] = {"card": ""}
    refused: dict[str, Refusal] = {}
    for name, shape in shapes.items():
        if name != "card" or with_card:
            try:
                known[name] = shape(form.get(name, "")[:60])
            except (NirRefused, CardRefused, BirthdateRefused, ProvisionalCodeRefused) as refusal:
                refused[name] = refusal
    return Facts(**{name: known.get(name, "") for name in shapes}), refused


def prove(facts: Facts) -> Any:
    """Return the prepared space that the facts open; refuses with FactsRefused, TooMany, or why it cannot be opened."""
    spend(facts)
    row = prepared.find_by_code(facts.code)
    if not _fits(row, facts):
        # The same line for a code that nobody has: the journal's work is a part of the answer's time.
        audit.record("account:activation:refuse", space=row.id if row else None)
        raise FactsRefused(reason="wrong" if row else "unknown")
    check_open(row)
    return row


def spend(facts: Facts) -> None:
    """Count one try; refuses with TooMany."""
    place = devices.find_any() or attempts.network()
    ratelimit.spend("activation", f"place {place}", limit=NETWORK[0], per=NETWORK[1])
    ratelimit.spend("activation", f"code {prepared.code_digest(facts.code)}", limit=CODE[0], per=CODE[1])


def check_open(row: Any) -> None:
    """Refuse a space that cannot be opened any more; for who proved everything."""
    check_unused(row)
    if row.expires_at <= clock.now():
        raise ProvisionalCodeExpired()


def check_unused(row: Any) -> None:
    """Refuse a space that is open already, by its letter or in another way; for who proved everything."""
    if row.used_at is not None:
        raise SpaceClosed() if _is_closed(row.profile_id) else AlreadyActivated()
    if row.nir_digest in civil.list_known([row.nir_digest]):
        raise AlreadyActivated(reason="opened in another way")


def check_alone(row: Any) -> None:
    """Refuse with MinorNotAlone who is not of age yet."""
    if is_minor(row):
        raise MinorNotAlone()


def is_minor(row: Any) -> bool:
    """Tell whether a space is for somebody who is a minor today."""
    born = date.fromisoformat(prepared.person_of(row).birthdate)
    return delegation.age(born, clock.now().date()) < delegation.MAJORITY


def as_birthdate(text: str) -> str:
    """Return an ISO date from one as people write it, day first; refuses with BirthdateRefused."""
    found = _DATE.fullmatch(text.strip())
    try:
        born = date(*(int(found[part]) for part in ("year", "month", "day"))) if found else _iso(text.strip())
    except ValueError as error:
        raise BirthdateRefused() from error
    if born > clock.now().date() or born.year < 1880:
        raise BirthdateRefused(reason="not of somebody alive")
    return born.isoformat()


def _iso(text: str) -> date:
    """Read a date as browsers send it; eight digits alone are days first, as everybody here writes them."""
    if re.fullmatch(r"[0-9]{8}", text):
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    return date.fromisoformat(text)


def _code(text: str) -> str:
    if not prepared.is_well_formed(text):
        raise ProvisionalCodeRefused()
    return text


def _fits(row: Any | None, facts: Facts) -> bool:
    """Compare every fact, whatever the others were; without a space the same is done with one of nobody."""
    nobody = prepared.seal_person(prepared.Person("", "", "0001-01-01"))  # made in both cases: the work is the same
    kept = prepared.open_person(row.person_sealed if row else nobody)
    card = row.card_digest if row else None
    right = (
        crypto.same(row.nir_digest if row else "", civil.nir_digest(facts.nir)),
        crypto.same(card or civil.card_digest(""), civil.card_digest(facts.card if card else "")),
        crypto.same(kept.birthdate, facts.birthdate),
    )
    return row is not None and all(right)


def _is_closed(profile_id: str | None) -> bool:
    """Tell whether the account that opened a space is closed."""
    own = (Delegation.profile_id == profile_id) & (Delegation.kind == delegation.SELF)
    query = select(Account.closed_at).join(Delegation, Delegation.account_id == Account.id).where(own)
    with db.reading() as connection:
        closed = connection.execute(query).scalars().all()
    return bool(closed) and all(closed)
