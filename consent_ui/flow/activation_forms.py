"""What the pages of an activation share: the form of an address, that of its code, and what to mend in each."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext

from authz import clock
from authz.errors import Refusal
from authz.identity import activation, otp
from authz.notifications import contacts
from consent_ui import sentences
from consent_ui.sentences import Errors

FACTS = ("code", "nir", "card", "birthdate")


def about_facts(refused: dict[str, Refusal]) -> Errors:
    """The error summary of the facts that cannot be what they are asked for; says nothing of who they are."""
    entries = tuple((name, _about(refused[name])) for name in FACTS if name in refused)
    return Errors(gettext("The space was not opened"), entries, entries[0][1])


def fields(errors: Errors | None) -> dict[str, str]:
    """What to mend in each field."""
    return dict(errors.entries) if errors else {}


def about_access(refusal: Refusal) -> Errors:
    """The error summary of identifier and password."""
    title = gettext("This was not kept")
    rules = {
        "shape": gettext("Use at least 8 letters without accents, digits, or . - _ and nothing else."),
        "number": gettext("This looks like a social security number or a bank account. Choose something else."),
        "taken": gettext("Somebody has this identifier already. Add a few letters or digits to it."),
    }
    text = rules.get(str(refusal.params.get("rule", "")))
    return Errors(title, (("identifier", text),), text) if text else sentences.about_password(title, refusal)


def address(row: Any, channel: str, typed: str, refusal: Refusal | None = None) -> str:
    """The page that asks where somebody is reached."""
    errors = sentences.summary(gettext("No code was sent"), refusal, "address") if refusal else None
    return render_template("flow/activation_address.html", channel=channel, address=typed, row=row, errors=errors)


def code(row: Any, channel: str, refusal: Refusal | None = None) -> str:
    """The page that asks for the code that was sent there."""
    until = row.code_expires_at
    sent_at = until - otp.CODE_TTL if until else None
    wait = round((sent_at + otp.RESEND_AFTER - clock.now()).total_seconds()) if sent_at else 0
    place = activation.address_of(row, channel)
    return render_template(
        "flow/activation_code.html",
        row=row,
        channel=channel,
        place=place if channel == "email" else contacts.mask_phone(place),
        sent_at=sent_at,
        until=until if until and until > clock.now() else None,
        wait=max(0, wait),
        typed=request.form.get("code", "")[:20],
        errors=sentences.summary(gettext("This code did not work"), refusal, "code") if refusal else None,
    )


def _about(refusal: Refusal) -> str:
    if refusal.params.get("rule") == "shape":
        return gettext("The social security number has 15 characters, all of them digits but for 2A and 2B of Corsica.")
    return sentences.said(refusal)[1]
