"""Second factors by code: six digits by e-mail or SMS, those of a code app, or a recovery code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import has_request_context
from sqlalchemy import delete, insert, select, update

from authz import audit, clock, crypto, db, entropy, ratelimit
from authz.errors import Refusal
from authz.identity import attempts, recovery_codes, sessions, totp
from authz.identity.code_refusals import CodeExpired as CodeExpired
from authz.identity.code_refusals import CodeReplayed as CodeReplayed
from authz.identity.code_refusals import LastMethod as LastMethod
from authz.identity.code_refusals import NoSuchMethod as NoSuchMethod
from authz.identity.code_refusals import TooManyTries as TooManyTries
from authz.identity.code_refusals import TooSoon as TooSoon
from authz.identity.code_refusals import WrongCode as WrongCode
from authz.identity.models import OneTimeCode
from authz.notifications import contacts, deliveries, outbox, texting
from authz.notifications.models import Message

Kind = Literal["email", "sms", "totp", "recovery"]
SENT = ("email", "sms")
DIGITS = 6
CODE_TTL = timedelta(minutes=15)
MAX_TRIES = 5
RESEND_AFTER = timedelta(seconds=30)
TEMPLATES = {
    "login": "code",
    "recover": "code_recover",
}  # by the purpose, which the message names; other codes confirm a change
AMR = {"email": "otp", "sms": "sms", "totp": "otp", "recovery": "otp"}  # RFC 8176


@dataclass(frozen=True)
class Method:
    """A second factor an account has, with its destination masked; TOTP has none."""

    kind: Kind
    masked: str


@dataclass(frozen=True)
class Sent:
    """A code that is on its way; `trouble` is a word of `deliveries.trouble_of` when it does not get there."""

    kind: Kind
    masked: str
    expires_at: datetime
    resend_at: datetime
    trouble: str = ""
    is_delivered: bool = False


def methods(account_id: str) -> list[Method]:
    """List the second factors an account can use, the preferred one first."""
    reach = contacts.find(account_id) or contacts.Reach(lang="fr")
    found = []
    if reach.email:
        found.append(Method("email", contacts.mask_email(reach.email)))
    if reach.phone and texting.is_served(reach.phone):
        found.append(Method("sms", contacts.mask_phone(reach.phone)))
    if totp.find_secret(account_id):
        found.append(Method("totp", ""))
    if recovery_codes.count_left(account_id):
        found.append(Method("recovery", ""))
    return found


def send(account_id: str, kind: str, purpose: str = "login", *, lang: str | None = None, to: str | None = None) -> Sent:
    """Send a new code, replacing this browser's last one; refuses with TooSoon, TooMany, NoText or NoSuchMethod.

    It goes to the account's own address, or `to` one that is not its own yet.
    """
    method = _sending(account_id, kind, to)
    if method is None:
        raise NoSuchMethod(reason=kind)
    now, browser, code_id = clock.now(), _browser(), entropy.new_id()
    _check_pace(account_id, f"{kind} {to or ''}", browser)
    is_known = attempts.spend_send(account_id, kind)
    code = entropy.new_digits(DIGITS)
    db.session().execute(
        insert(OneTimeCode).values(
            id=code_id,
            account_id=account_id,
            kind=kind,
            purpose=purpose,
            browser_digest=browser,
            code_digest=_digest(code_id, code),
            tries=0,
            sent_at=now,
            expires_at=now + CODE_TTL,
        )
    )
    minutes, template = int(CODE_TTL.total_seconds() // 60), TEMPLATES.get(purpose, "code_confirm")
    told = outbox.Code(code, minutes, template, lang)
    outbox.send_code(account_id, kind, told, to=to, is_known=is_known, message_id=code_id)
    audit.record("account:code:send", account_id=account_id, kind=kind, purpose=purpose)
    return Sent(method.kind, method.masked, now + CODE_TTL, now + RESEND_AFTER)


def find_sent(account_id: str, kind: str, purpose: str = "login", *, to: str | None = None) -> Sent | None:
    """Return the code this browser waits for, so that a reload shows it again without sending another; or None."""
    row = _find_last(account_id, kind, purpose)
    method = _sending(account_id, kind, to)
    if row is None or method is None or row.used_at or row.expires_at <= clock.now():
        return None
    trouble, is_delivered = deliveries.trouble_of(row.failure), row.reported_at is not None and not row.failure
    return Sent(method.kind, method.masked, row.expires_at, row.sent_at + RESEND_AFTER, trouble, is_delivered)


def check(account_id: str, kind: str, code: str, purpose: str = "login") -> str:
    """Accept a code once and return its `amr`; refuses with WrongCode, CodeExpired, TooManyTries or TooMany."""
    try:
        left = attempts.spend_try(account_id)
        if kind == "totp":
            _check_totp(account_id, code, left)
        elif kind == "recovery":
            _check_recovery(account_id, code, left)
        else:
            _check_sent(account_id, kind, _digits(code), purpose)
    except Refusal as refusal:
        audit.record("account:code:refuse", account_id=account_id, kind=kind, purpose=purpose, why=refusal.code)
        raise
    return AMR[kind]


def as_totp_secret(text: str) -> str:
    """Return an authenticator's secret in its one spelling; refuses what is not base32 of 80 bits or more."""
    try:
        return totp.spelled(text)
    except ValueError as error:
        raise NoSuchMethod("The TOTP secret is not base32 of 80 bits or more.", reason="totp_secret") from error


def turn_off_totp(account_id: str) -> None:
    """Forget the code app of an account; refuses with LastMethod when nothing else would be left to confirm with."""
    if all(method.kind in ("totp", "recovery") for method in methods(account_id)):
        raise LastMethod()
    totp.turn_off(account_id)


def purge(now: datetime) -> int:
    """Delete codes whose time is over; returns how many."""
    return db.changed(db.session().execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now)))


def _sending(account_id: str, kind: str, to: str | None) -> Method | None:
    if kind == "email" and to:
        return Method("email", to)
    if kind == "sms" and to:
        return Method("sms", to)
    return next((method for method in methods(account_id) if method.kind == kind and kind in SENT), None)


def _check_pace(account_id: str, kind: str, browser: str) -> None:
    try:
        ratelimit.spend("pace", f"{account_id} {kind} {browser}", limit=1, per=RESEND_AFTER)
    except ratelimit.TooMany as refusal:
        raise TooSoon(wait=refusal.params["wait"]) from refusal


def _check_sent(account_id: str, kind: str, code: str, purpose: str) -> None:
    row = _find_last(account_id, kind, purpose)
    if row is None:
        raise CodeExpired(reason="none sent")
    # The try is counted before the code is looked at: a hundred guesses at once are still five. Counting also holds
    # the row until this unit ends, so that of two who type the right code together the second finds it used.
    alive = (OneTimeCode.id == row.id) & OneTimeCode.used_at.is_(None) & (OneTimeCode.expires_at > clock.now())
    counted = update(OneTimeCode).where(alive, OneTimeCode.tries < MAX_TRIES).values(tries=OneTimeCode.tries + 1)
    tries = db.session().execute(counted.returning(OneTimeCode.tries)).scalar_one_or_none()
    if tries is None:
        dead = db.session().execute(select(OneTimeCode.used_at, OneTimeCode.tries).where(OneTimeCode.id == row.id))
        used_at, tries = dead.one()
        raise TooManyTries() if used_at is None and tries >= MAX_TRIES else CodeExpired(reason="used or too old")
    if not crypto.same(row.code_digest, _digest(row.id, code)):
        if tries == MAX_TRIES:
            raise TooManyTries()
        raise WrongCode(tries_left=MAX_TRIES - tries)
    db.session().execute(update(OneTimeCode).where(OneTimeCode.id == row.id).values(used_at=clock.now()))


def _check_totp(account_id: str, code: str, left: int) -> None:
    secret = totp.find_secret(account_id)
    if secret is None:
        raise NoSuchMethod(reason="totp")
    step = totp.step_of(secret, code)
    if step is None:
        raise WrongCode(tries_left=left)
    if not totp.spend(account_id, step):
        raise CodeReplayed(reason="this step was used before")


def _check_recovery(account_id: str, code: str, left: int) -> None:
    if not recovery_codes.spend(account_id, code):
        raise WrongCode(tries_left=left)


def _digits(code: str) -> str:
    return "".join(char for char in code if char.isdecimal() and char.isascii())


def _find_last(account_id: str, kind: str, purpose: str) -> Any | None:
    query = (
        select(OneTimeCode.__table__, Message.failure, Message.reported_at)
        .outerjoin(Message, Message.id == OneTimeCode.id)  # a code and what carries it have one id
        .where(OneTimeCode.account_id == account_id, OneTimeCode.kind == kind, OneTimeCode.purpose == purpose)
        .where(OneTimeCode.browser_digest == _browser())
        .order_by(OneTimeCode.id.desc())
        .limit(1)
    )
    with db.reading() as connection:
        return connection.execute(query).first()


def _browser() -> str:
    return crypto.digest(sessions.browser_key()) if has_request_context() else "-"


def _digest(code_id: str, code: str) -> str:
    return crypto.keyed_digest("one_time_code", f"{code_id} {code}")
