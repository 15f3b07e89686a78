"""Sign-in, second factor: which way, then six digits. A new factor is one branch here and one template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import clock, ratelimit
from authz.errors import Refusal
from authz.identity import otp
from authz.interaction import flow
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui import sentences, words
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required

bp = Blueprint("second_factor", __name__, url_prefix="/pair/<interaction_id>")


@dataclass(frozen=True)
class Way:
    """One way to confirm, in words."""

    kind: str
    place: str
    title: str
    told: str
    ask: str
    none: str
    instead: str


@bp.get("/second-factor")
@interaction_required(Step.SECOND_FACTOR)
def show(interaction: Interaction) -> str:
    """Offer the ways to confirm, or, once one is chosen, ask for its code."""
    ways = _ways(interaction)
    chosen = next((way for way in ways if way.kind == request.args.get("method")), None)
    if chosen and (chosen.kind == "totp" or otp.find_sent(_account(interaction), chosen.kind)):
        return _ask(interaction, chosen)
    return render_template("flow/second_factor.html", methods=ways, **asking.around(interaction))


@bp.post("/second-factor")
@csrf_protected
@interaction_required(Step.SECOND_FACTOR)
def decide(interaction: Interaction) -> Response | tuple[str, int]:
    """Send a code the chosen way, or check the one that was typed."""
    kind = request.form.get("method", "")
    way = next((way for way in _ways(interaction) if way.kind == kind), None)
    if way is None:
        return redirect(_here(interaction), 303)
    try:
        if "code" in request.form:
            amr = otp.check(_account(interaction), kind, request.form["code"][:100])
            return redirect(flow.authenticate(interaction, amr=("pwd", amr)), 303)
        if kind != "totp":
            otp.send(_account(interaction), kind, lang=words.language())
    except otp.TooSoon:
        return redirect(_here(interaction, kind), 303)
    except (otp.WrongCode, otp.CodeExpired, otp.CodeReplayed, otp.TooManyTries, ratelimit.TooMany) as refusal:
        return _ask(interaction, way, refusal), refusal.status
    return redirect(_here(interaction, kind), 303)


def _ask(interaction: Interaction, way: Way, refusal: Refusal | None = None) -> str:
    sent = otp.find_sent(_account(interaction), way.kind) if way.kind != "totp" else None
    errors = sentences.summary(gettext("This code did not work"), refusal, "code") if refusal else None
    shown: dict[str, Any] = {
        "way": way,
        "others": [other for other in _ways(interaction) if other.kind != way.kind],
        "sent": sent,
        "sent_at": sent.expires_at - otp.CODE_TTL if sent else None,
        "wait": max(0, round((sent.resend_at - clock.now()).total_seconds())) if sent else 0,
        "code": request.form.get("code", "")[:20],
        "errors": errors,
    }
    return render_template("flow/code.html", **asking.around(interaction) | shown)


def _account(interaction: Interaction) -> str:
    assert interaction.account_id is not None  # nosec B101 # narrows the type, the dispatcher led here
    return interaction.account_id


def _here(interaction: Interaction, method: str | None = None) -> str:
    return url_for("second_factor.show", interaction_id=interaction.id, method=method)


def _ways(interaction: Interaction) -> list[Way]:
    return [_way(method) for method in otp.methods(_account(interaction))]


def _way(method: otp.Method) -> Way:
    if method.kind == "sms":
        return Way(
            "sms", method.masked, gettext("By text message (SMS)"), gettext("to %(place)s", place=method.masked),
            gettext("Type the code received by SMS"), gettext("No SMS?"), gettext("Get an SMS"),
        )  # fmt: skip
    if method.kind == "email":
        return Way(
            "email", method.masked, gettext("By e-mail"), gettext("to the address %(place)s", place=method.masked),
            gettext("Type the code received by e-mail"), gettext("No e-mail?"), gettext("Get an e-mail"),
        )  # fmt: skip
    return Way(
        "totp", "", gettext("With my code app"), gettext("The code changes every 30 seconds"),
        gettext("Type the code of your app"), gettext("App not at hand?"), gettext("Use my code app"),
    )  # fmt: skip
