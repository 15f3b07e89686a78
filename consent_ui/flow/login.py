"""Sign-in, first factor: identifier and password; also the plain sign-in of the home pages, and signing out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import guard, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, beginnings, passkeys
from authz.interaction import departing, flow, wishes
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui import sentences
from consent_ui.flow import asking, upstream
from consent_ui.guards import csrf_protected, interaction_required, open_interaction

bp = Blueprint("login", __name__)


@bp.get("/login")
@guard.mark("public")
def start() -> Response:
    """Begin a plain sign-in that ends at a page of ours."""
    beginnings.spend()
    wanted = request.args.get("next", "/")
    interaction = flow.start_sign_in(wanted if wanted.isprintable() else "/")
    return redirect(flow.next_url(interaction), 303)


@bp.get("/pair/<interaction_id>/login")
@interaction_required(Step.LOGIN)
def show(interaction: Interaction) -> str:
    """Ask for identifier and password."""
    return page(interaction, flow.request_of(interaction).login_hint[:100])


@bp.post("/pair/<interaction_id>/login")
@csrf_protected
def sign_in(interaction_id: str) -> Response | tuple[str, int]:
    """Check the password before anything is loaded: a unit of work would hold the embedded database meanwhile."""
    identifier, password = request.form.get("identifier", ""), request.form.get("password", "")
    try:
        account = accounts.check_password(identifier[:200], password[:1000])
    except (accounts.LoginRefused, ratelimit.TooMany) as refusal:
        return _again(open_interaction(interaction_id), identifier, refusal), refusal.status
    interaction = open_interaction(interaction_id)
    return redirect(flow.identify(interaction, account.id), 303)


@bp.post("/pair/<interaction_id>/someone-else")
@csrf_protected
@interaction_required(Step.SECOND_FACTOR)
def change(interaction: Interaction) -> Response:
    """Go back to sign in as somebody else."""
    return redirect(flow.identify(interaction, None), 303)


@bp.post("/logout")
@csrf_protected
def logout() -> Response:
    """Sign this browser out."""
    onwards = departing.sign_out(url_for("login.start"))
    flash(gettext("You are signed out."))
    return redirect(onwards, 303)


def page(interaction: Interaction, identifier: str = "", *, errors: sentences.Errors | None = None) -> str:
    """The sign-in page, on which a passkey may be offered by the browser itself."""
    shown = {
        "identifier": identifier,
        "errors": errors,
        "passkey_options": passkeys.request_options(),
        "needs_passkey": wishes.needs_passkey(flow.request_of(interaction)),
        **upstream.offered(interaction),
    }
    # No form of the page with the password goes further than to the app's own address.
    return render_template("flow/login.html", **asking.around(interaction, onwards=False) | shown)


def _again(interaction: Interaction, identifier: str, refusal: Refusal) -> str:
    errors = sentences.summary(gettext("Signing in did not work"), refusal, "password")
    return page(interaction, identifier, errors=errors)
