"""Code apps (TOTP, RFC 6238): a secret made, shown, and confirmed before it counts; its codes read; pyotp's door.

A secret that is not yet confirmed is kept by the page that shows it, sealed, and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import select, update

from authz import audit, clock, crypto, db, settings
from authz.errors import Refusal
from authz.identity.models import Account
from authz.notifications import outbox

STEP = 30  # seconds of a step; one step before and one after are accepted too (RFC 6238 §5.2)
SETUP_TTL = timedelta(minutes=30)
_SETUP = "totp setup"


class SetupExpired(Refusal):
    """The page on which a code app is added was open for too long, or is another account's."""

    code = "expired"
    description = "This page was open for too long; begin again."


class SetupRefused(Refusal):
    """The first code of a new code app is not right: it does not hold the secret, or its clock is wrong."""

    code = "wrong_code"
    description = "The code is not right: scan again, and check the clock of the device."


class _Totp(pyotp.TOTP):
    """Takes secrets of 80 bits too: authenticators that people bring along were long given no more."""

    min_secret_length_bits = 80


@dataclass(frozen=True)
class Setup:
    """A code app being added: what it scans, what may be typed instead, and what the page keeps."""

    address: str
    secret: str
    kept: str


def spelled(text: str) -> str:
    """Return a secret in its one spelling; ValueError for what is not base32 of 80 bits or more."""
    secret = "".join(text.split()).upper().rstrip("=")
    _Totp(secret)
    return secret


def begin(account_id: str, *, identifier: str) -> Setup:
    """Make a new secret for an account; nothing is written before `finish`."""
    return _setup(account_id, pyotp.random_base32(), identifier)


def again(account_id: str, kept: str, *, identifier: str) -> Setup:
    """Return the same setup once more, after a code that was not right; refuses with SetupExpired."""
    return _setup(account_id, _opened(account_id, kept), identifier)


def finish(account_id: str, kept: str, code: str) -> None:
    """Take the code app if it shows the right code, in place of one there was before, and tell the account."""
    secret = _opened(account_id, kept)
    step = step_of(secret, code)
    if step is None:
        raise SetupRefused(reason="first code")
    values = {"totp_secret_sealed": crypto.seal("totp", secret), "totp_last_step": step}
    db.session().execute(update(Account).where(Account.id == account_id).values(**values))
    audit.record("account:totp:on", account_id=account_id)
    outbox.alert(account_id, "totp_on")


def turn_off(account_id: str) -> None:
    """Forget the code app of an account, and tell it."""
    has_one = (Account.id == account_id) & Account.totp_secret_sealed.is_not(None)
    off = update(Account).where(has_one).values(totp_secret_sealed=None, totp_last_step=None)
    if db.claimed(db.session().execute(off)):
        audit.record("account:totp:off", account_id=account_id)
        outbox.alert(account_id, "totp_off")


def step_of(secret: str, code: str) -> int | None:
    """Return the step of a code, about now; None when the code is not right."""
    digits = "".join(char for char in code if char.isdecimal() and char.isascii())
    try:
        return _Totp(secret, interval=STEP).verify_and_get_timecode(digits, for_time=clock.now(), valid_window=1)
    except OTPVerificationError:
        return None


def spend(account_id: str, step: int) -> bool:
    """Use a step up; false when it, or a later one, was used before."""
    later = (Account.totp_last_step.is_(None)) | (Account.totp_last_step < step)
    claim = update(Account).where(Account.id == account_id, later).values(totp_last_step=step)
    return db.claimed(db.session().execute(claim))


def find_secret(account_id: str) -> str | None:
    """Return the secret of an account's code app, or None."""
    query = select(Account.totp_secret_sealed).where(Account.id == account_id)
    with db.reading() as connection:
        sealed = connection.execute(query).scalar_one_or_none()
    return crypto.unseal("totp", sealed) if sealed else None


def _setup(account_id: str, secret: str, identifier: str) -> Setup:
    address = _Totp(secret).provisioning_uri(name=identifier, issuer_name=settings.current().brand_name)
    kept = json.dumps({"account": account_id, "secret": secret, "until": (clock.now() + SETUP_TTL).isoformat()})
    return Setup(address, secret, crypto.seal(_SETUP, kept))


def _opened(account_id: str, kept: str) -> str:
    try:
        setup = json.loads(crypto.unseal(_SETUP, kept))
    except (crypto.SealBroken, ValueError) as error:
        raise SetupExpired(reason="not ours") from error
    if setup["account"] != account_id or datetime.fromisoformat(setup["until"]) <= clock.now():
        raise SetupExpired(reason="too old, or another's")
    return str(setup["secret"])
