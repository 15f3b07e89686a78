"""Another password: the one there is, then the new one, and what makes a new one good."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.errors import Refusal
from authz.identity import accounts, password_changes, passwords
from consent_ui import sentences
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("password", __name__, url_prefix="/home/security/password")


@bp.get("")
@confirmed
def show(visit: Visit) -> str:
    """Ask for both."""
    return _page(visit)


@bp.post("")
@csrf_protected
@confirmed
def change(visit: Visit) -> Response | tuple[str, int]:
    """Change the password, and sign every other browser out."""
    current, new = request.form.get("current", "")[:1000], request.form.get("new", "")[:1000]
    try:
        password_changes.change(visit.account_id, current=current, new=new)
    except (accounts.LoginRefused, ratelimit.TooMany, passwords.PasswordRefused) as refusal:
        return _page(visit, refusal), refusal.status
    flash(gettext("The password is changed, and your other browsers are signed out."))
    return redirect(url_for("security.show"), 303)


def _page(visit: Visit, refusal: Refusal | None = None) -> str:
    errors = sentences.about_password(gettext("The password was not changed"), refusal) if refusal else None
    return shell.page("home/password.html", visit, "profile", errors=errors)
