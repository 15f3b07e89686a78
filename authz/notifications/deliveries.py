"""What becomes of a message once it is handed over, and which trouble of its is worth telling to who waits for it."""

from __future__ import annotations

import re

from sqlalchemy import update

from authz import audit, clock, db, logs
from authz.notifications.models import Message

# By Twilio's codes: the number is none, or a landline's; its owner or operator blocks us; the telephone is off or away.
WRONG = {21211, 21214, 21217, 21265, 21401, 21421, 21614, 21617, 21635, 30005, 30006}
BLOCKED = {21610, 21612, 30004, 30007}
AWAY = {30002, 30003, 30017}
FOR_GOOD = ("wrong", "blocked")
_CODE = re.compile(r"twilio: (\w+ )?(?P<code>\d+)")
_log = logs.get(__name__)


def trouble_of(failure: str | None) -> str:
    """Put a failure in one word: wrong, blocked, away, or late for all that the patient has no part in; or none."""
    if not failure:
        return ""
    if failure.startswith("smtp: recipient refused [5"):
        return "wrong"
    found = _CODE.match(failure)
    code = int(found["code"]) if found else 0
    kinds = {"wrong": WRONG, "blocked": BLOCKED, "away": AWAY}
    return next((kind for kind, codes in kinds.items() if code in codes), "late")


def report(message_id: str, failure: str) -> bool:
    """Note how a message ended, as its provider reports it; the first report counts. Tells whether this was it."""
    waits = (Message.id == message_id) & (Message.channel == "sms") & Message.reported_at.is_(None)
    values = {"reported_at": clock.now(), "failure": failure or None}
    told = update(Message).where(waits).values(**values).returning(Message.account_id, Message.template)
    row = db.session().execute(told).first()
    if row is None:
        return False
    if failure:
        audit.record("message:fail", account_id=row.account_id, template=row.template, why=failure)
    _log.info("message:reported", extra={"channel": "sms", "failure": failure})
    return True
