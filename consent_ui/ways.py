"""The ways to confirm that it is you, in words, for the sign-in and for changes at home; a factor is a line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext

from authz import clock
from authz.errors import Refusal
from authz.identity import credentials, otp, passkeys
from authz.notifications import deliveries
from consent_ui import sentences, undelivered


@dataclass(frozen=True)
class Way:
    """One way to confirm, in words."""

    kind: str
    icon: str
    place: str
    title: str
    told: str
    ask: str
    none: str
    instead: str
    send: str = ""


def of_account(account_id: str) -> list[Way]:
    """List the ways of an account, the preferred one first."""
    return [_way(method) for method in otp.methods(account_id)]


def find(account_id: str, kind: str | None) -> Way | None:
    """Find one way of an account."""
    return next((way for way in of_account(account_id) if way.kind == kind), None)


def offered(account_id: str, *, but: str = "") -> dict[str, Any]:
    """What the page that offers the ways is given; `but` is one that does not work now."""
    blocked = all(card.is_blocked for card in credentials.list_of_account(account_id))
    return {
        "methods": [way for way in of_account(account_id) if way.kind != but],
        "passkey_options": "" if blocked else passkeys.request_options(account_id),
    }


def refused(account_id: str, refusal: Refusal) -> dict[str, Any]:
    """What that page is given when no text message goes out: why, and the other ways."""
    shown = offered(account_id, but="sms")
    field = f"m-{shown['methods'][0].kind}" if shown["methods"] else ""
    return shown | {"errors": sentences.summary(gettext("No code was sent"), refusal, field)}


def is_sending(account_id: str, kind: str, purpose: str = "login") -> bool:
    """Tell whether the form asks for a code to be sent, and not only what became of the last one.

    Where the last one cannot arrive, another is sent only to who has read that and wants it all the same.
    """
    if kind not in otp.SENT or "look" in request.form:
        return False
    sent = otp.find_sent(account_id, kind, purpose) if request.form.get("resend") == "1" else None
    return sent is None or sent.trouble not in deliveries.FOR_GOOD


def asked(account_id: str, way: Way, *, purpose: str = "login", refusal: Refusal | None = None) -> dict[str, Any]:
    """What the page that asks for a code is given."""
    sent = otp.find_sent(account_id, way.kind, purpose) if way.kind in otp.SENT else None
    return {
        "way": way,
        "others": [other for other in of_account(account_id) if other.kind != way.kind],
        "sent": sent,
        "trouble": undelivered.trouble(sent),
        "sent_at": sent.expires_at - otp.CODE_TTL if sent else None,
        "wait": max(0, round((sent.resend_at - clock.now()).total_seconds())) if sent else 0,
        "code": request.form.get("code", "")[:20],
        "errors": sentences.summary(gettext("This code did not work"), refusal, "code") if refusal else None,
    }


def _way(method: otp.Method) -> Way:
    if method.kind == "sms":
        return Way(
            "sms", "sms", method.masked, gettext("By text message (SMS)"), gettext("to %(place)s", place=method.masked),
            gettext("Type the code received by SMS"), gettext("No SMS?"), gettext("Get an SMS"),
            gettext("Send the code by SMS instead"),
        )  # fmt: skip
    if method.kind == "email":
        return Way(
            "email", "mail", method.masked, gettext("By e-mail"),
            gettext("to the address %(place)s", place=method.masked),
            gettext("Type the code received by e-mail"), gettext("No e-mail?"), gettext("Get an e-mail"),
            gettext("Send the code by e-mail instead"),
        )  # fmt: skip
    if method.kind == "recovery":
        return Way(
            "recovery", "key", "", gettext("With a recovery code"),
            gettext("One of the ten that you printed; each works once"),
            gettext("Type one of your recovery codes"), gettext("No code left?"), gettext("Use a recovery code"),
        )  # fmt: skip
    return Way(
        "totp", "phone", "", gettext("With my code app"), gettext("The code changes every 30 seconds"),
        gettext("Type the code of your app"), gettext("App not at hand?"), gettext("Use my code app"),
    )  # fmt: skip
