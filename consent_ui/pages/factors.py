"""Second factors at home: the code app, confirmed before it counts, and the recovery codes, shown once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.errors import Refusal
from authz.identity import accounts, otp, recovery_codes, totp
from consent_ui import qr, sentences
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("factors", __name__, url_prefix="/home/security")


@bp.get("/code-app")
@confirmed
def new_app(visit: Visit) -> str:
    """Show the secret of a new code app, to be scanned or typed."""
    return _app(visit, totp.begin(visit.account_id, identifier=_identifier(visit)))


@bp.post("/code-app")
@csrf_protected
@confirmed
def add_app(visit: Visit) -> Response | tuple[str, int]:
    """Take the code app when it shows the right code."""
    kept = request.form.get("kept", "")[:2000]
    try:
        totp.finish(visit.account_id, kept, request.form.get("code", "")[:100])
    except totp.SetupRefused as refusal:
        return _app(visit, totp.again(visit.account_id, kept, identifier=_identifier(visit)), refusal), refusal.status
    flash(gettext("The code app is on. Its codes confirm your password from now on."))
    return redirect(url_for("security.show"), 303)


@bp.post("/code-app/off")
@csrf_protected
@confirmed
def remove_app(visit: Visit) -> Response:
    """Forget the code app."""
    otp.turn_off_totp(visit.account_id)
    flash(gettext("The code app is off: its codes no longer work."))
    return redirect(url_for("security.show"), 303)


@bp.get("/recovery-codes")
@confirmed
def codes(visit: Visit) -> str:
    """Say what recovery codes are, and how many are left."""
    return shell.page(
        "home/recovery_codes.html",
        visit,
        "profile",
        known=recovery_codes.current_set(visit.account_id),
        left=recovery_codes.count_left(visit.account_id),
        codes=[],
    )


@bp.post("/recovery-codes")
@csrf_protected
@confirmed
def make_codes(visit: Visit) -> Response | str:
    """Make ten and show them, this once; a reload or a second window makes no more."""
    made = recovery_codes.make(visit.account_id, instead_of=request.form.get("known", "")[:32])
    if not made:
        flash(gettext("Your codes were shown a moment ago. If you could not keep them, make new ones."), "alert")
        return redirect(url_for("factors.codes"), 303)
    return shell.page("home/recovery_codes.html", visit, "profile", known="", left=len(made), codes=made)


def _identifier(visit: Visit) -> str:
    return accounts.card(visit.account_id).identifier


def _app(visit: Visit, setup: totp.Setup, refusal: Refusal | None = None) -> str:
    title = gettext("The code app is not on yet")
    return shell.page(
        "home/code_app.html",
        visit,
        "profile",
        setup=setup,
        drawing=qr.drawn(setup.address),
        secret=" ".join(setup.secret[at : at + 4] for at in range(0, len(setup.secret), 4)),
        errors=sentences.summary(title, refusal, "code") if refusal else None,
    )
