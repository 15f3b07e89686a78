"""Which account: asked when the app wishes it (`prompt=select_account`) and somebody is signed in already."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from authz.identity import accounts, sessions
from authz.interaction import flow
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required

bp = Blueprint("account", __name__, url_prefix="/pair/<interaction_id>")


@bp.get("/account")
@interaction_required(Step.ACCOUNT)
def show(interaction: Interaction) -> str:
    """Name the account that is signed in, and offer another."""
    browser = sessions.current()
    assert browser is not None  # nosec B101 # narrows the type, the dispatcher led here
    name = accounts.card(browser.account_id).name
    return render_template("flow/account.html", name=name, **asking.around(interaction))


@bp.post("/account")
@csrf_protected
@interaction_required(Step.ACCOUNT)
def choose(interaction: Interaction) -> Response:
    """Go on with this account, or sign in with another."""
    return redirect(flow.choose_account(interaction, same=request.form.get("account") == "same"), 303)
