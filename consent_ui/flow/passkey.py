"""Sign-in by a passkey: one step in place of the password and the code, or in place of the code."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.errors import Refusal
from authz.identity import credentials, passkeys
from authz.interaction import flow, upstream
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui import sentences, ways
from consent_ui.flow import asking, login
from consent_ui.guards import csrf_protected, interaction_required

bp = Blueprint("passkey", __name__, url_prefix="/pair/<interaction_id>")
REFUSALS = (
    passkeys.PasskeyRefused,
    passkeys.PasskeyUnverified,
    credentials.PasskeyUnknown,
    credentials.PasskeyCopied,
)


@bp.post("/passkey")
@csrf_protected
@interaction_required(Step.LOGIN, Step.SECOND_FACTOR)
def sign_in(interaction: Interaction) -> Response | tuple[str, int]:
    """Take what the browser's passkey answered."""
    answer = request.form.get("answer", "")
    try:
        proof = passkeys.check(answer, interaction.account_id or "")
    except REFUSALS as refusal:
        return _again(interaction, refusal), refusal.status
    amr = (*upstream.shown_before(interaction, proof.account_id), *proof.amr)
    return redirect(flow.authenticate_at_once(interaction, proof.account_id, amr=amr), 303)


def _again(interaction: Interaction, refusal: Refusal) -> str:
    errors = sentences.summary(gettext("The passkey did not work"), refusal, "passkey")
    if interaction.account_id is None:
        return login.page(interaction, errors=errors)
    shown = ways.offered(interaction.account_id) | {"errors": errors}
    return render_template("flow/second_factor.html", **asking.around(interaction) | shown)
