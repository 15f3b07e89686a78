"""Inviting somebody to open the space on show: who and where, then the code to tell or the link to send."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.errors import Refusal
from authz.identity import answers, delegation, invitations
from authz.identity.invitations import Guest
from authz.notifications.contacts import ContactRefused
from consent_ui import people, sentences
from consent_ui.guards import acting, confirmed, csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("inviting", __name__, url_prefix="/home/family/invitations")
FIELDS = {"GuestMissing": "name"}


@bp.get("/new/<kind>")
@confirmed
@acting(delegation.PEOPLE)
def new(visit: Visit, kind: str) -> str:
    """Ask who is invited."""
    return _ask(visit, kind, Guest("", ""))


@bp.post("/new/<kind>")
@csrf_protected
@confirmed
@acting(delegation.PEOPLE)
def send(visit: Visit, kind: str) -> Response | tuple[str, int]:
    """Invite them, and go on to the code."""
    guest = Guest(request.form.get("name", "")[:200], request.form.get("address", "")[:250])
    try:
        card = invitations.send(visit.account_id, visit.profile_id, kind=_known(kind), guest=guest)
    except (ContactRefused, invitations.GuestMissing, invitations.OwnAddress, ratelimit.TooMany) as refusal:
        return _ask(visit, kind, guest, refusal), refusal.status
    return redirect(url_for("inviting.show", invitation_id=card.id), 303)


@bp.get("/<invitation_id>")
@signed_in
@acting(delegation.PEOPLE)
def show(visit: Visit, invitation_id: str) -> str:
    """Show an invitation, with its code while it is open."""
    card = invitations.get(visit.profile_id, invitation_id)
    link = url_for("joining.offer", code=card.guest.written, _external=True)
    return shell.page("home/invitation.html", visit, "profile", card=card, link=link, state=people.states()[card.state])


@bp.post("/<invitation_id>/withdraw")
@csrf_protected
@signed_in
@acting(delegation.PEOPLE)
def withdraw(visit: Visit, invitation_id: str) -> Response:
    """Take an invitation back."""
    answers.withdraw(invitations.get(visit.profile_id, invitation_id), by=visit.account_id)
    flash(gettext("The invitation is taken back: its code no longer opens anything."))
    return redirect(url_for("family.show"), 303)


def _known(kind: str) -> str:
    if kind not in invitations.TO_INVITE:
        raise invitations.InvitationUnknown(reason="kind")
    return kind


def _ask(visit: Visit, kind: str, guest: Guest, refusal: Refusal | None = None) -> str:
    if not invitations.may_send(visit.account_id, visit.profile_id, _known(kind)):
        raise delegation.NotAllowed(reason=kind)
    field = FIELDS.get(type(refusal).__name__, "address")
    errors = sentences.summary(gettext("Nothing was sent yet"), refusal, field) if refusal else None
    return shell.page("home/invite.html", visit, "profile", kind=kind, guest=guest, errors=errors, bad=field)
