"""Ways back in: the identifier sent to its address, what to do without a second factor, and a recovery stopped."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext

from authz import guard, ratelimit
from authz.errors import Refusal
from authz.identity import recoveries
from consent_ui import sentences
from consent_ui.guards import csrf_protected

bp = Blueprint("recover", __name__, url_prefix="/recover")


@bp.get("/identifier")
@guard.mark("public")
def identifier() -> str:
    """Ask for the e-mail address that the account has."""
    return _identifier()


@bp.post("/identifier")
@csrf_protected
def send_identifier() -> str | tuple[str, int]:
    """Say the same to everybody: who has an account reads it in their mail."""
    email = request.form.get("email", "")[:250]
    try:
        recoveries.ask_identifier(email)
    except ratelimit.TooMany as refusal:
        return _identifier(email, refusal), refusal.status
    return render_template("flow/recover_sent.html", errors=None)


@bp.get("/second-factor")
@guard.mark("public")
def second_factor() -> str:
    """Say what helps when no code arrives any more."""
    return render_template("flow/recover_factor.html", errors=None)


@bp.get("/stop/<secret>")
@guard.mark("public")
def ask_stop(secret: str) -> str:
    """Ask before stopping: mail programs open links by themselves."""
    return render_template("flow/recover_stop.html", is_done=False, errors=None)


@bp.post("/stop/<secret>")
@csrf_protected
def stop(secret: str) -> str:
    """Stop what the message is about."""
    recoveries.stop(secret[:100])
    return render_template("flow/recover_stop.html", is_done=True, errors=None)


def _identifier(email: str = "", refusal: Refusal | None = None) -> str:
    errors = sentences.summary(gettext("Nothing was sent"), refusal, "email") if refusal else None
    return render_template("flow/recover_identifier.html", email=email, errors=errors)
