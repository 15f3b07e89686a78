"""Profile and security, in its simplest form: who, how we reach you, signed-in browsers, language, other spaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import flask
from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.identity import accounts, otp, sessions
from consent_ui import i18n
from consent_ui.guards import csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("profile", __name__, url_prefix="/home/profile")


@dataclass(frozen=True)
class SeenBrowser:
    """A browser in which the account is signed in."""

    id: str
    name: str
    since: datetime
    here: bool


@bp.get("")
@signed_in
def show(visit: Visit) -> str:
    """Show what is known of the account, contacts masked."""
    card = accounts.card(visit.account_id)
    ways = {"sms": gettext("code by SMS"), "email": gettext("code by e-mail"), "totp": gettext("code app")}
    return shell.page(
        "home/profile.html",
        visit,
        "profile",
        contacts=[
            (gettext("E-mail"), card.email_masked or gettext("none")),
            (gettext("Mobile phone"), card.phone_masked or gettext("none")),
        ],
        identifier=card.identifier,
        methods=", ".join(ways[method.kind] for method in otp.methods(visit.account_id)),
        browsers=_browsers(visit),
        languages=list(i18n.LANGUAGES.items()),
    )


@bp.post("/open")
@csrf_protected
@signed_in
def switch(visit: Visit) -> Response:
    """Open another profile's space; every page says whose it is."""
    sessions.open_profile(request.form.get("profile", "")[:64])
    return redirect(url_for("measures.show"), 303)


@bp.post("/language")
@csrf_protected
@signed_in
def language(visit: Visit) -> Response:
    """Keep the language chosen in this browser."""
    wanted = request.form.get("language", "")
    if wanted in i18n.LANGUAGES:
        flask.session["lang"] = wanted
    return redirect(url_for("profile.show"), 303)


@bp.post("/browsers/<session_id>/end")
@csrf_protected
@signed_in
def end_browser(visit: Visit, session_id: str) -> Response:
    """Sign another browser out."""
    sessions.end_one(visit.account_id, session_id)
    flash(gettext("That browser is signed out."))
    return redirect(url_for("profile.show"), 303)


def _browsers(visit: Visit) -> list[SeenBrowser]:
    return [
        SeenBrowser(one.id, one.agent or gettext("A browser"), one.created_at, one.id == visit.browser.id)
        for one in sessions.list_of_account(visit.account_id)
    ]
