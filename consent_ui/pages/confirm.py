"""Is it still you? A second factor once more, before anything about the account's safety is changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.errors import Refusal
from authz.identity import otp, passkeys, sessions
from authz.interaction import flow
from authz.notifications import texting
from consent_ui import sentences, ways, words
from consent_ui.flow import passkey
from consent_ui.guards import csrf_protected, signed_in
from consent_ui.people import Visit

PURPOSE = "confirm"
bp = Blueprint("confirm", __name__, url_prefix="/home/confirm")


@bp.get("")
@signed_in
def show(visit: Visit) -> str:
    """Offer the ways to confirm, or ask for the code of the one that was chosen."""
    chosen = ways.find(visit.account_id, request.args.get("method"))
    if chosen and (chosen.kind not in otp.SENT or otp.find_sent(visit.account_id, chosen.kind, PURPOSE)):
        return _page("flow/code.html", ways.asked(visit.account_id, chosen, purpose=PURPOSE))
    return _page("flow/second_factor.html", ways.offered(visit.account_id))


@bp.post("")
@csrf_protected
@signed_in
def decide(visit: Visit) -> Response | tuple[str, int]:
    """Send a code the chosen way, or check the one that was typed."""
    way = ways.find(visit.account_id, request.form.get("method"))
    if way is None:
        return redirect(_here(), 303)
    try:
        if "code" in request.form:
            otp.check(visit.account_id, way.kind, request.form["code"][:100], PURPOSE)
            return _done()
        if ways.is_sending(visit.account_id, way.kind, PURPOSE):
            otp.send(visit.account_id, way.kind, PURPOSE, lang=words.language())
    except otp.TooSoon as refusal:
        return _soon(visit, way, refusal)
    except texting.NoText as refusal:
        return _page("flow/second_factor.html", ways.refused(visit.account_id, refusal)), refusal.status
    except (otp.WrongCode, otp.CodeExpired, otp.CodeReplayed, otp.TooManyTries, ratelimit.TooMany) as refusal:
        asked = ways.asked(visit.account_id, way, purpose=PURPOSE, refusal=refusal)
        return _page("flow/code.html", asked), refusal.status
    return redirect(_here(way.kind), 303)


@bp.post("/passkey")
@csrf_protected
@signed_in
def by_passkey(visit: Visit) -> Response | tuple[str, int]:
    """Take what a passkey of this account answered."""
    try:
        passkeys.check(request.form.get("answer", ""), visit.account_id)
    except passkey.REFUSALS as refusal:
        return _page("flow/second_factor.html", _refused(visit, refusal)), refusal.status
    return _done()


def _soon(visit: Visit, way: ways.Way, refusal: otp.TooSoon) -> Response | tuple[str, int]:
    """Show the code page again; when it was another code that was sent a moment ago, say how long to wait."""
    if otp.find_sent(visit.account_id, way.kind, PURPOSE):
        return redirect(_here(way.kind), 303)
    errors = sentences.summary(gettext("No code was sent"), refusal, f"m-{way.kind}")
    return _page("flow/second_factor.html", ways.offered(visit.account_id) | {"errors": errors}), refusal.status


def _refused(visit: Visit, refusal: Refusal) -> dict[str, Any]:
    errors = sentences.summary(gettext("The passkey did not work"), refusal, "passkey")
    return ways.offered(visit.account_id) | {"errors": errors}


def _done() -> Response:
    sessions.confirm()
    return redirect(_next(), 303)


def _next() -> str:
    return flow.own_path(request.args.get("next", "/"))


def _here(method: str | None = None) -> str:
    return url_for("confirm.show", next=_next(), method=method)


def _page(template: str, shown: dict[str, Any]) -> str:
    around = {
        "app": None,
        "steps": 0,
        "errors": None,
        "leave_url": url_for("security.show"),
        "passkey_url": url_for("confirm.by_passkey", next=_next()),
    }
    return render_template(template, **around | shown)
