"""Security: how this account signs in, what confirms it, and in which browsers it is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from authz.identity import accounts, credentials, providers, recovery_codes, sessions, upstream_identities
from consent_ui import ways
from consent_ui.guards import csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("security", __name__, url_prefix="/home/security")


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
    """Show what protects the account."""
    return shell.page(
        "home/security.html",
        visit,
        "profile",
        card=accounts.card(visit.account_id),
        methods=ways.of_account(visit.account_id),
        passkeys=credentials.list_of_account(visit.account_id),
        has_codes=bool(recovery_codes.current_set(visit.account_id)),
        codes_left=recovery_codes.count_left(visit.account_id),
        browsers=_browsers(visit),
        **_identities(visit),
    )


@bp.post("/browsers/<session_id>/end")
@csrf_protected
@signed_in
def end_browser(visit: Visit, session_id: str) -> Response:
    """Sign another browser out."""
    sessions.end_one(visit.account_id, session_id)
    flash(gettext("That browser is signed out."))
    return redirect(url_for("security.show"), 303)


@bp.post("/browsers/end")
@csrf_protected
@signed_in
def end_browsers(visit: Visit) -> Response:
    """Sign every other browser out."""
    count = sessions.end_all(visit.account_id, but=visit.browser.id)
    flash(ngettext("%(num)s browser is signed out.", "%(num)s browsers are signed out.", count))
    return redirect(url_for("security.show"), 303)


def _identities(visit: Visit) -> dict[str, Any]:
    """The identities that are linked, and the providers of which none is; nothing is asked where none is set."""
    known = providers.list_all()
    linked = upstream_identities.list_of_account(visit.account_id) if known else []
    issuers = [one.issuer for one in linked]
    return {"identities": linked, "providers": [one for one in known if one.issuer not in issuers]}


def _browsers(visit: Visit) -> list[SeenBrowser]:
    return [
        SeenBrowser(one.id, one.agent or gettext("A browser"), one.created_at, one.id == visit.browser.id)
        for one in sessions.list_of_account(visit.account_id)
    ]
