"""Identity providers at home: link one to the account, look at it, unlink it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.identity import providers, upstream_identities
from authz.interaction import flow
from consent_ui.flow import upstream
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("identities", __name__, url_prefix="/home/security/identities")


@bp.get("/new/<name>")
@confirmed
def new(visit: Visit, name: str) -> Response:
    """Lead to a provider, to prove who one is there; linked is only what is agreed to afterwards."""
    provider = providers.get(name)
    return upstream.lead(flow.start_sign_in(url_for("security.show")), provider)


@bp.get("/<identity_id>")
@confirmed
def show(visit: Visit, identity_id: str) -> str:
    """Show one linked identity."""
    one = upstream_identities.get(visit.account_id, identity_id)
    return shell.page("home/identity.html", visit, "profile", one=one)


@bp.post("/<identity_id>/unlink")
@csrf_protected
@confirmed
def unlink(visit: Visit, identity_id: str) -> Response:
    """Unlink it."""
    upstream_identities.unlink(visit.account_id, identity_id)
    flash(gettext("It is unlinked: nobody can sign in with it any more."))
    return redirect(url_for("security.show"), 303)
