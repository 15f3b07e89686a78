"""What a patient is told when a message does not go out, or does not arrive."""

from __future__ import annotations

from flask_babel import gettext

from authz.identity import otp
from consent_ui.marking import N_

REFUSALS: dict[str, tuple[str, str]] = {
    "LandLine": (
        N_("Text messages do not reach this number"),
        N_("It is the number of a landline. In France, a mobile number begins with 06 or 07. Choose another way."),
    ),
    "NumberNotServed": (
        N_("We send no text messages to this number"),
        N_("We do not write to numbers that begin like this one. Choose another number or another way."),
    ),
    "TextsSpent": (
        N_("We send no more text messages for now"),
        N_("Many were sent, and we pause to keep others from abusing them. Choose another way, or wait: %(wait)s."),
    ),
}


def trouble(sent: otp.Sent | None) -> str:
    """Say why a code does not arrive, if that is known."""
    sms, mail = gettext("The text message could not be delivered."), gettext("The e-mail could not be delivered.")
    told = {
        "sms wrong": [sms, gettext("The number is wrong, or it is the number of a landline.")],
        "sms blocked": [sms, gettext("Your telephone or its operator blocks our messages.")],
        "sms away": [sms, gettext("Your telephone is switched off, or has no network.")],
        "sms late": [gettext("The text message cannot leave just now. It is not your doing, and we go on trying.")],
        "email wrong": [mail, gettext("The mailbox does not exist, or is full.")],
        "email late": [gettext("The e-mail cannot leave just now. It is not your doing, and we go on trying.")],
    }
    return " ".join(told.get(f"{sent.kind} {sent.trouble}", [])) if sent else ""
