"""When everything is lost: two operators, a wait that the patient can end, and a way back by new codes and contacts.

One person opens the case after checking who asks; another lets it through once the wait is over. Neither sets a
password or sees one: the patient gets ten recovery codes and a contact, and chooses a password as anybody does.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from authz import audit, clock, crypto, db, entropy, settings
from authz.errors import Refusal
from authz.identity import (
    accounts,
    credentials,
    operators,
    otp,
    password_changes,
    recovery_codes,
    sessions,
    totp,
    upstream_identities,
)
from authz.identity.models import Recovery
from authz.notifications import contacts, outbox

OPEN_FOR = timedelta(days=30)


class CaseRefused(Refusal):
    """An operator's step in a recovery is not allowed."""

    code = "invalid_case"
    description = "This is not possible for the recovery."


def open_case(identifier: str, *, by: str, email: str = "", phone: str = "") -> dict[str, Any]:
    """Open a case for an account, and tell every contact of it; refuses with NoSuchAccount or CaseRefused."""
    card = accounts.find_card(identifier)
    if card is None or card.closed_at:
        raise accounts.NoSuchAccount()
    new = {"email": contacts.as_email(email) if email else "", "sms": contacts.as_phone(phone) if phone else ""}
    case_id, secret, now = entropy.new_id(), entropy.new_secret("aprs"), clock.now()
    hours = settings.current().recovery_hours
    db.session().execute(
        insert(Recovery).values(
            id=case_id,
            kind="case",
            channel="operator",
            browser_digest="-",
            tries=0,
            account_id=card.id,
            asked_sealed=crypto.seal("recovery", json.dumps(new)),
            opened_by=operators.named(by),
            cancel_digest=crypto.digest(secret),
            created_at=now,
            expires_at=now + OPEN_FOR,
            due_at=now + timedelta(hours=hours),
        )
    )
    audit.record("account:recovery-case:open", account_id=card.id, case_id=case_id, by=operators.named(by))
    outbox.alert(card.id, "recovery_case", hours=hours, page=f"/recover/stop/{secret}")
    return {"case": case_id, "identifier": card.identifier, "ready_at": (now + timedelta(hours=hours)).isoformat()}


def approve(case_id: str, *, by: str) -> list[str]:
    """Let a case through, as another person than who opened it, after the wait; returns the patient's new codes."""
    row, now = _get(case_id), clock.now()
    if row.opened_by == operators.named(by):
        raise CaseRefused("Somebody else than who opened the case has to approve it.")
    if row.due_at > now:
        raise CaseRefused(f"The case waits until {row.due_at.isoformat(timespec='minutes')}.")
    if accounts.card(row.account_id).closed_at:
        raise CaseRefused("The account is closed.")
    waits = (Recovery.id == case_id) & Recovery.done_at.is_(None)
    values = {"done_at": now, "approved_by": operators.named(by), "asked_sealed": None}
    if not db.claimed(db.session().execute(update(Recovery).where(waits).values(**values))):
        raise CaseRefused("The case is over.")
    for channel, address in json.loads(crypto.unseal("recovery", row.asked_sealed)).items():
        if address and channel in otp.SENT:
            contacts.change(row.account_id, channel, address, now=now)
    password_changes.drop_waiting(row.account_id)
    codes = recovery_codes.make(row.account_id, instead_of=recovery_codes.current_set(row.account_id))
    totp.turn_off(row.account_id)
    for passkey in credentials.list_of_account(row.account_id):
        credentials.remove(row.account_id, passkey.id)
    for identity in upstream_identities.list_of_account(row.account_id):
        upstream_identities.unlink(row.account_id, identity.id)
    sessions.end_all(row.account_id)
    audit.record("account:recovery-case:approve", account_id=row.account_id, case_id=case_id, by=operators.named(by))
    outbox.alert(row.account_id, "contact_changed")
    return codes


def refuse(case_id: str, *, by: str) -> None:
    """End a case without letting it through."""
    row = _get(case_id)
    waits = (Recovery.id == case_id) & Recovery.done_at.is_(None)
    db.session().execute(update(Recovery).where(waits).values(done_at=clock.now(), asked_sealed=None))
    audit.record("account:recovery-case:refuse", account_id=row.account_id, case_id=case_id, by=operators.named(by))


def list_open() -> list[dict[str, Any]]:
    """List the cases that wait, the oldest first: ids and dates, nobody's name."""
    waits = (Recovery.kind == "case") & Recovery.done_at.is_(None) & (Recovery.expires_at > clock.now())
    with db.reading() as connection:
        rows = connection.execute(select(Recovery.__table__).where(waits).order_by(Recovery.id)).all()
    return [
        {"case": row.id, "account": row.account_id, "opened_by": row.opened_by, "ready_at": row.due_at.isoformat()}
        for row in rows
    ]


def _get(case_id: str) -> Any:
    query = select(Recovery.__table__).where(Recovery.id == case_id, Recovery.kind == "case")
    with db.reading() as connection:
        row = connection.execute(query).first()
    if row is None or row.done_at or row.expires_at <= clock.now():
        raise CaseRefused("There is no such case, or it is over.")
    return row
