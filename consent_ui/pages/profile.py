"""Profile: whose space is open, how we reach you, in which language; what protects the account has its own pages."""

from __future__ import annotations

import flask
from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.identity import accounts, sessions
from authz.interaction import flow
from authz.notifications import contacts
from consent_ui import i18n
from consent_ui.guards import csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("profile", __name__, url_prefix="/home/profile")


@bp.get("")
@signed_in
def show(visit: Visit) -> str:
    """Show what is known of the account, contacts masked."""
    card = accounts.card(visit.account_id)
    return shell.page(
        "home/profile.html",
        visit,
        "profile",
        contacts=[
            ("email", gettext("E-mail"), card.email_masked or gettext("none")),
            ("sms", gettext("Mobile phone"), card.phone_masked or gettext("none")),
        ],
        languages=list(i18n.LANGUAGES.items()),
    )


@bp.post("/open")
@csrf_protected
@signed_in
def switch(visit: Visit) -> Response:
    """Open another profile's space, at its measures or at the page that a message led to; pages say whose it is."""
    sessions.open_profile(request.form.get("profile", "")[:64])
    wanted = request.form.get("next", "")
    return redirect(flow.own_path(wanted) if wanted else url_for("measures.show"), 303)


@bp.post("/language")
@csrf_protected
@signed_in
def language(visit: Visit) -> Response:
    """Speak the language that is chosen: in this browser at once, and in what we write from now on."""
    wanted = request.form.get("language", "")
    if wanted in i18n.LANGUAGES:
        flask.session["lang"] = wanted
        contacts.speak(visit.account_id, wanted)
    return redirect(url_for("profile.show"), 303)
