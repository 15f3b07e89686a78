"""Objects without a browser (RFC 8628 §3.3): a page to type the code that an object shows, and the last page.

Between them the journey is everybody's. The code of a scanned address is filled in and still sent by hand: an address
can come from a stranger.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.identity import sessions
from authz.interaction import flow, objects
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from consent_ui import guards, sentences
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required, signed_in
from consent_ui.people import Visit

bp = Blueprint("device", __name__)


@bp.get("/device")
@signed_in
def show(visit: Visit) -> str:
    """Ask for the code."""
    return _page(request.args.get("user_code", "")[:40])


@bp.post("/device")
@csrf_protected
def enter() -> Response | tuple[str, int]:
    """Find the object that shows the code and go on to what it asks."""
    browser, typed = sessions.current(), request.form.get("user_code", "")[:40]
    if browser is None:
        return redirect(url_for("login.start", next=url_for("device.show")), 303)
    try:
        network = ratelimit.network(request.remote_addr)
        interaction = objects.start(typed, account_id=browser.account_id, network=network)
    except (objects.UnknownUserCode, ratelimit.TooMany) as refusal:
        guards.find_visit()  # the page speaks the language of the account
        errors = sentences.summary(sentences.said(refusal)[0], refusal, "user_code")
        return _page(typed, errors), refusal.status
    return redirect(flow.next_url(interaction), 303)


@bp.get("/pair/<interaction_id>/object")
@interaction_required(Step.OBJECT)
def end(interaction: Interaction) -> str:
    """Say that the object has its answer, and how to go on."""
    is_linked = flow.facts_of(interaction).decision == "allow"
    around = asking.around(interaction)
    name = around["app"].name
    title = gettext("%(app)s is linked", app=name) if is_linked else gettext("%(app)s is not linked", app=name)
    return render_template("flow/device_end.html", is_linked=is_linked, title=title, **around)


def _page(user_code: str, errors: sentences.Errors | None = None) -> str:
    return render_template("flow/device.html", user_code=user_code, errors=errors)
