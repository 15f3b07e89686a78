"""Passkeys at home: add one, call it something else, remove it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.errors import Refusal
from authz.identity import accounts, credentials, devices, passkeys
from consent_ui import sentences
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("keys", __name__, url_prefix="/home/security/passkeys")
REFUSALS = (
    passkeys.PasskeyRefused,
    passkeys.PasskeyUnverified,
    passkeys.PasskeyNotVouched,
)


@bp.get("/new")
@confirmed
def new(visit: Visit) -> str:
    """Ask for a name, and let the browser make a passkey."""
    return _new(visit, _usual_name())


@bp.post("/new")
@csrf_protected
@confirmed
def add(visit: Visit) -> Response | tuple[str, int]:
    """Keep the passkey that the browser has made."""
    name = request.form.get("name", "")
    try:
        passkeys.add(visit.account_id, request.form.get("answer", ""), name=name.strip() or _usual_name())
    except REFUSALS as refusal:
        return _new(visit, name, refusal), refusal.status
    flash(gettext("The passkey is added. You can sign in with it from now on."))
    return redirect(url_for("security.show"), 303)


@bp.get("/<passkey_id>")
@confirmed
def show(visit: Visit, passkey_id: str) -> str:
    """Show one passkey."""
    return shell.page("home/passkey.html", visit, "profile", key=credentials.get(visit.account_id, passkey_id))


@bp.post("/<passkey_id>/name")
@csrf_protected
@confirmed
def rename(visit: Visit, passkey_id: str) -> Response:
    """Call it something else."""
    credentials.rename(visit.account_id, passkey_id, request.form.get("name", "").strip() or _usual_name())
    flash(gettext("The passkey has its new name."))
    return redirect(url_for("security.show"), 303)


@bp.post("/<passkey_id>/remove")
@csrf_protected
@confirmed
def remove(visit: Visit, passkey_id: str) -> Response:
    """Forget it."""
    credentials.remove(visit.account_id, passkey_id)
    flash(gettext("The passkey is removed: nobody can sign in with it any more."))
    return redirect(url_for("security.show"), 303)


def _usual_name() -> str:
    """What a passkey is called that nobody has named: after the browser that made it."""
    return devices.agent() or gettext("A passkey")


def _new(visit: Visit, name: str, refusal: Refusal | None = None) -> str:
    card = accounts.card(visit.account_id)
    title = gettext("The passkey was not added")
    return shell.page(
        "home/passkey_new.html",
        visit,
        "profile",
        name=name[: credentials.LONGEST_NAME],
        options=passkeys.creation_options(visit.account_id, user_name=card.identifier, display_name=card.name),
        errors=sentences.summary(title, refusal, "passkey") if refusal else None,
    )
