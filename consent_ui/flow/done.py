"""Done: the link is made; what was allowed, where to change it, and the way back to the app."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from authz.identity import profiles
from authz.interaction import flow, wishes
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.pairing import pairings
from consent_ui import apps, narrowing, words
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required

bp = Blueprint("done", __name__, url_prefix="/pair/<interaction_id>")


@bp.get("/done")
@interaction_required(Step.DONE)
def show(interaction: Interaction) -> str:
    """Say what is linked to what, with what was allowed."""
    pairing = pairings.get(interaction.profile_id or "", interaction.pairing_id or "")
    asked = flow.request_of(interaction)
    cards = apps.scope_cards(asking.entry_of(interaction), wishes.asked(asked), pairing.granted.split())
    return render_template(
        "flow/done.html",
        scopes=narrowing.narrowed(cards, wishes.limits(asked)),
        closed=sum(not card.on for card in cards),
        until=pairing.ends_at,
        whose=words.whose(profiles.given_name(pairing.profile_id)),
        **asking.around(interaction),
    )


@bp.post("/done")
@csrf_protected
@interaction_required(Step.DONE)
def go_back(interaction: Interaction) -> Response:
    """Bring the answer home to the app."""
    return redirect(flow.url_of(interaction, Step.RETURN), 303)
