"""A child's prepared space, opened by a parent who is signed in: the code of the letter and who the child is."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.identity import activation_child, activation_proof, profiles
from authz.identity.activation_refusals import (
    AlreadyActivated,
    FactsRefused,
    NotRepresentative,
    ProvisionalCodeExpired,
    SpaceClosed,
)
from consent_ui import sentences
from consent_ui.flow import activation_forms
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("child", __name__, url_prefix="/home/family/activate")
TOLD = (FactsRefused, NotRepresentative, AlreadyActivated, SpaceClosed, ProvisionalCodeExpired, ratelimit.TooMany)


@bp.get("")
@confirmed
def show(visit: Visit) -> str:
    """Ask for the code, and for the number and the birth date of the child."""
    return _page(visit)


@bp.post("")
@csrf_protected
@confirmed
def prove(visit: Visit) -> Response | tuple[str, int]:
    """Open the space."""
    facts, refused = activation_proof.read(request.form, with_card=False)
    if refused:
        return _page(visit, activation_forms.about_facts(refused)), 400
    try:
        profile_id = activation_child.open_for(visit.account_id, facts)
    except TOLD as refusal:
        errors = sentences.summary(gettext("The space was not opened"), refusal, "")
        return _page(visit, errors), refusal.status
    flash(gettext("The health space of %(name)s is open: use the list below.", name=profiles.given_name(profile_id)))
    return redirect(url_for("family.show"), 303)


def _page(visit: Visit, errors: sentences.Errors | None = None) -> str:
    typed = {name: request.form.get(name, "")[:60] for name in ("code", "birthdate")}
    bad = activation_forms.fields(errors)
    return shell.page("home/child.html", visit, "profile", typed=typed, bad=bad, errors=errors)
