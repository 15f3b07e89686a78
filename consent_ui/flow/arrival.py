"""Arrival: who asks, from where, and a way out. Nothing is asked of the patient yet."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from authz.interaction import flow
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required, open_interaction

bp = Blueprint("arrival", __name__, url_prefix="/pair/<interaction_id>")


@bp.get("/arrival")
@interaction_required(Step.ARRIVAL)
def show(interaction: Interaction) -> str:
    """Name the app, its publisher and its host; for an object, the code to compare."""
    user_code = flow.request_of(interaction).user_code
    if user_code:
        return render_template("flow/device_arrival.html", user_code=user_code, **asking.around(interaction))
    return render_template("flow/arrival.html", **asking.around(interaction))


@bp.post("/arrival")
@csrf_protected
@interaction_required(Step.ARRIVAL)
def go_on(interaction: Interaction) -> Response:
    """The patient goes on to sign in."""
    return redirect(flow.arrive(interaction), 303)


@bp.post("/cancel")
@csrf_protected
def cancel(interaction_id: str) -> Response:
    """The patient leaves: the app is told so; a plain sign-in just starts again."""
    interaction = open_interaction(interaction_id)
    if interaction.client_id is None:
        return redirect(url_for("login.start"), 303)
    return redirect(flow.cancel(interaction), 303)
