"""Sign-in, second factor: which way, then six digits."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.errors import Refusal
from authz.identity import otp
from authz.interaction import flow, upstream
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.notifications import texting
from consent_ui import ways, words
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required
from consent_ui.ways import Way

bp = Blueprint("second_factor", __name__, url_prefix="/pair/<interaction_id>")


@bp.get("/second-factor")
@interaction_required(Step.SECOND_FACTOR)
def show(interaction: Interaction) -> str:
    """Offer the ways to confirm, or, once one is chosen, ask for its code."""
    account_id = _account(interaction)
    chosen = ways.find(account_id, request.args.get("method"))
    if chosen and (chosen.kind not in otp.SENT or otp.find_sent(account_id, chosen.kind)):
        return _ask(interaction, chosen)
    return render_template("flow/second_factor.html", **asking.around(interaction) | ways.offered(account_id))


@bp.post("/second-factor")
@csrf_protected
@interaction_required(Step.SECOND_FACTOR)
def decide(interaction: Interaction) -> Response | tuple[str, int]:
    """Send a code the chosen way, or check the one that was typed."""
    kind = request.form.get("method", "")
    way = ways.find(_account(interaction), kind)
    if way is None:
        return redirect(_here(interaction), 303)
    try:
        if "code" in request.form:
            amr = otp.check(_account(interaction), kind, request.form["code"][:100])
            return redirect(flow.authenticate(interaction, amr=(upstream.first_factor(interaction), amr)), 303)
        if ways.is_sending(_account(interaction), kind):
            otp.send(_account(interaction), kind, lang=words.language())
    except otp.TooSoon:
        return redirect(_here(interaction, kind), 303)
    except texting.NoText as refusal:
        shown = asking.around(interaction) | ways.refused(_account(interaction), refusal)
        return render_template("flow/second_factor.html", **shown), refusal.status
    except (otp.WrongCode, otp.CodeExpired, otp.CodeReplayed, otp.TooManyTries, ratelimit.TooMany) as refusal:
        return _ask(interaction, way, refusal), refusal.status
    return redirect(_here(interaction, kind), 303)


def _ask(interaction: Interaction, way: Way, refusal: Refusal | None = None) -> str:
    asked = ways.asked(_account(interaction), way, refusal=refusal)
    return render_template("flow/code.html", **asking.around(interaction) | asked)


def _account(interaction: Interaction) -> str:
    assert interaction.account_id is not None  # nosec B101 # narrows the type, the dispatcher led here
    return interaction.account_id


def _here(interaction: Interaction, method: str | None = None) -> str:
    return url_for("second_factor.show", interaction_id=interaction.id, method=method)
