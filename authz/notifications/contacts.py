"""Where an account is reached: e-mail address, mobile number and language, kept sealed and shown masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, insert, select, update

from authz import crypto, db
from authz.errors import Refusal
from authz.notifications.models import Contact

LANGS = ("fr", "en")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]{1,64}@[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\/]{1,189}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_DOT = "•"


class ContactRefused(Refusal):
    """An e-mail address or a telephone number is not one that can be written to."""

    code = "invalid_contact"
    description = "The e-mail address or the mobile number is not valid."


@dataclass(frozen=True)
class Reach:
    """The opened contact of one account."""

    lang: str
    email: str | None = None
    email_verified: bool = False
    phone: str | None = None
    phone_verified: bool = False

    def address(self, channel: str) -> str | None:
        """Return the address on a channel, or None where the account has none."""
        return {"email": self.email, "sms": self.phone}.get(channel)

    def is_verified(self, channel: str) -> bool:
        """Tell whether the address on a channel is known to be the account's."""
        return {"email": self.email_verified, "sms": self.phone_verified}.get(channel, False)


def add(account_id: str, reach: Reach, *, now: datetime) -> None:
    """Write the contact of a new account."""
    email, phone = (reach.email and as_email(reach.email)), (reach.phone and as_phone(reach.phone))
    db.session().execute(
        insert(Contact).values(
            account_id=account_id,
            lang=reach.lang,
            email_sealed=crypto.seal("contact", email) if email else None,
            email_digest=crypto.lookup("email", email.lower()) if email else None,
            email_verified_at=now if email and reach.email_verified else None,
            phone_sealed=crypto.seal("contact", phone) if phone else None,
            phone_digest=crypto.lookup("phone", phone) if phone else None,
            phone_verified_at=now if phone and reach.phone_verified else None,
        )
    )


def change(account_id: str, channel: str, address: str, *, now: datetime) -> None:
    """Reach an account at another, verified, address of a channel."""
    name = "email" if channel == "email" else "phone"
    sealed, digest = crypto.seal("contact", address), crypto.lookup(name, address.lower())
    values = {f"{name}_sealed": sealed, f"{name}_digest": digest, f"{name}_verified_at": now}
    db.session().execute(update(Contact).where(Contact.account_id == account_id).values(**values))


def speak(account_id: str, lang: str) -> None:
    """Write to an account in another language from now on."""
    if lang in LANGS:
        db.session().execute(update(Contact).where(Contact.account_id == account_id).values(lang=lang))


def find(account_id: str) -> Reach | None:
    """Open the contact of an account, or None."""
    with db.reading() as connection:
        row = connection.execute(select(Contact.__table__).where(Contact.account_id == account_id)).first()
    return _opened(row) if row else None


def list_by_email(address: str) -> list[str]:
    """List the accounts that an e-mail address was verified for: families share one."""
    digests = crypto.lookups("email", address.strip().lower())
    query = select(Contact.account_id).where(Contact.email_digest.in_(digests), Contact.email_verified_at.is_not(None))
    with db.reading() as connection:
        return list(connection.execute(query.order_by(Contact.account_id)).scalars())


def as_email(text: str) -> str:
    """Check an e-mail address and return it as it is written to; refuses with ContactRefused."""
    text = text.strip()
    if not _EMAIL.fullmatch(text):
        raise ContactRefused(reason="email")
    return text


def as_phone(text: str) -> str:
    """Return a telephone number in E.164; a national French one gets its +33; refuses with ContactRefused."""
    text = re.sub(r"[\s.()-]", "", text.replace("(0)", ""))
    if re.fullmatch(r"0[1-9][0-9]{8}", text):
        text = "+33" + text[1:]
    if not _PHONE.fullmatch(text):
        raise ContactRefused(reason="phone")
    return text


def mask_email(email: str) -> str:
    """Show an address to who knows it already: `c•••••u@example.org`."""
    local, _, host = email.rpartition("@")
    shown = local[0] + _DOT * 5 + local[-1] if len(local) > 2 else local[0] + _DOT * 5
    return f"{shown}@{host}"


def mask_phone(phone: str) -> str:
    """Show a number to who knows it already: `+33 ••••••339`."""
    size = 3 if phone.startswith(("+33", "+32", "+41", "+44", "+49", "+34", "+39")) else 2
    return f"{phone[:size]} {_DOT * 6}{phone[-3:]}"


def _opened(row: Row[tuple[object, ...]]) -> Reach:
    return Reach(
        lang=row.lang,
        email=crypto.unseal("contact", row.email_sealed) if row.email_sealed else None,
        email_verified=row.email_verified_at is not None,
        phone=crypto.unseal("contact", row.phone_sealed) if row.phone_sealed else None,
        phone_verified=row.phone_verified_at is not None,
    )
