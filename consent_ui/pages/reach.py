"""How we reach you: another e-mail address or telephone, confirmed at the old and at the new one."""

from __future__ import annotations

import flask
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import clock, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, contact_changes, otp
from authz.identity.contact_changes import Change
from authz.notifications import texting
from authz.notifications.contacts import ContactRefused
from consent_ui import sentences, undelivered, words
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

KEPT = "contact_change"
bp = Blueprint("reach", __name__, url_prefix="/home/contacts")


@bp.get("/<channel>")
@confirmed
def show(visit: Visit, channel: str) -> str:
    """Ask for the new address."""
    return _ask(visit, channel)


@bp.post("/<channel>")
@csrf_protected
@confirmed
def begin(visit: Visit, channel: str) -> Response | tuple[str, int]:
    """Begin a change, and send the first code."""
    address = request.form.get("address", "")[:250]
    try:
        kept = contact_changes.begin(visit.account_id, channel if channel in otp.SENT else abort(404), address)
    except (ContactRefused, texting.NoText, contact_changes.SameContact, ratelimit.TooMany) as refusal:
        return _ask(visit, channel, address, refusal), refusal.status
    flask.session[KEPT] = kept
    return _send(visit)


@bp.get("/code")
@confirmed
def code(visit: Visit) -> str:
    """Ask for the code that was sent."""
    return _code(visit, _change(visit))


@bp.post("/code")
@csrf_protected
@confirmed
def take(visit: Visit) -> Response | tuple[str, int]:
    """Take a code, of the old address first and then of the new one; or send it again."""
    change = _change(visit)
    if "code" not in request.form:
        return _send(visit)
    try:
        flask.session[KEPT] = contact_changes.confirm(change, request.form["code"][:100])
    except (otp.WrongCode, otp.CodeExpired, otp.TooManyTries, ratelimit.TooMany) as refusal:
        return _code(visit, change, refusal), refusal.status
    if flask.session[KEPT]:
        return _send(visit)
    del flask.session[KEPT]
    flash(gettext("From now on we reach you there."))
    return redirect(url_for("profile.show"), 303)


def _send(visit: Visit) -> Response | tuple[str, int]:
    change = _change(visit)
    try:
        contact_changes.send(change, lang=words.language())
    except (otp.TooSoon, texting.NoText, ratelimit.TooMany) as refusal:
        return _code(visit, change, refusal), refusal.status
    return redirect(url_for("reach.code"), 303)


def _change(visit: Visit) -> Change:
    return contact_changes.find(visit.account_id, str(flask.session.get(KEPT, "")))


def _ask(visit: Visit, channel: str, address: str = "", refusal: Refusal | None = None) -> str:
    if channel not in otp.SENT:
        abort(404)
    card = accounts.card(visit.account_id)
    return shell.page(
        "home/contact.html",
        visit,
        "profile",
        channel=channel,
        now=card.email_masked if channel == "email" else card.phone_masked,
        address=address,
        errors=sentences.summary(gettext("Nothing was changed yet"), refusal, "address") if refusal else None,
    )


def _code(visit: Visit, change: Change, refusal: Refusal | None = None) -> str:
    to = change.address if change.is_old_confirmed else None
    sent = otp.find_sent(visit.account_id, change.channel, change.purpose, to=to)
    return shell.page(
        "home/contact_code.html",
        visit,
        "profile",
        change=change,
        sent=sent,
        trouble=undelivered.trouble(sent),
        wait=max(0, round((sent.resend_at - clock.now()).total_seconds())) if sent else 0,
        errors=sentences.summary(gettext("Nothing was changed yet"), refusal, "code") if refusal else None,
    )
