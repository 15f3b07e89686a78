"""Family: whose spaces this account may open and how, and who may open the space on show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz.identity import delegation, family, invitations, profiles, sessions
from authz.identity.family import Actor
from consent_ui import people, words
from consent_ui.guards import acting, csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("family", __name__, url_prefix="/home/family")


@dataclass(frozen=True)
class Helper:
    """Somebody who may open the space on show, in words."""

    id: str
    name: str
    told: str
    since: datetime
    may_be_removed: bool


@bp.get("")
@signed_in
def show(visit: Visit) -> str:
    """Show both sides: mine to open, and who opens this one."""
    decides = delegation.PEOPLE in visit.profile.acts
    return shell.page(
        "home/family.html",
        visit,
        "profile",
        helpers=[_helper(one, visit) for one in family.list_actors(visit.profile_id)] if decides else [],
        invitations=invitations.list_of_profile(visit.profile_id)[:10] if decides else [],
        states=people.states(),
        offers=_offers(visit) if decides else [],
        decides=decides,
    )


@bp.get("/people/<delegation_id>")
@signed_in
@acting(delegation.PEOPLE)
def ask_removal(visit: Visit, delegation_id: str) -> str:
    """Ask once before a carer is removed."""
    actor = family.get_actor(visit.profile_id, delegation_id)
    title = gettext("Remove %(name)s?", name=actor.name)
    whose = words.whose(visit.profile.given_name)
    told = gettext("%(name)s will no longer be able to open %(whose)s health space.", name=actor.name, whose=whose)
    yes = gettext("Remove %(name)s", name=actor.name)
    return shell.page("home/family_end.html", visit, "profile", title=title, told=told, yes=yes)


@bp.post("/people/<delegation_id>")
@csrf_protected
@signed_in
@acting(delegation.PEOPLE)
def remove(visit: Visit, delegation_id: str) -> Response:
    """End a carer's right at once."""
    actor = family.get_actor(visit.profile_id, delegation_id)
    family.remove(actor, by=visit.account_id)
    flash(gettext("%(name)s can no longer open this health space.", name=actor.name))
    return redirect(url_for("family.show"), 303)


@bp.get("/spaces/<space_id>")
@signed_in
def ask_leaving(visit: Visit, space_id: str) -> str:
    """Ask once before somebody stops acting for another."""
    card = profiles.get_for(visit.account_id, space_id)
    title = gettext("No longer open %(whose)s health space?", whose=words.whose(card.given_name))
    told = gettext("You will see nothing of it any more. To come back, you would need a new invitation.")
    yes = gettext("No longer open it")
    return shell.page("home/family_end.html", visit, "profile", title=title, told=told, yes=yes)


@bp.post("/spaces/<space_id>")
@csrf_protected
@signed_in
def leave(visit: Visit, space_id: str) -> Response:
    """Stop acting for somebody; if their space is open, one's own opens."""
    actor = family.find_of(visit.account_id, space_id)
    if actor is None:
        raise profiles.NotYourProfile(reason="no delegation")
    family.leave(actor)
    own = next((one.id for one in visit.profiles if one.id != space_id), None)
    if visit.browser.profile_id == space_id and own:
        sessions.open_profile(own)
    flash(gettext("You can no longer open this health space."))
    return redirect(url_for("family.show"), 303)


def _offers(visit: Visit) -> list[tuple[str, str]]:
    """The kinds in which somebody may be invited now, each with what its button says."""
    said = {
        delegation.CARER: gettext("Invite a carer"),
        delegation.REPRESENTATIVE: gettext("Invite the other legal representative"),
        delegation.SELF: gettext("Give %(name)s their own access", name=visit.profile.given_name),
    }
    may = invitations.may_send
    return [(kind, text) for kind, text in said.items() if may(visit.account_id, visit.profile_id, kind)]


def _helper(actor: Actor, visit: Visit) -> Helper:
    told = people.kinds()[actor.kind]
    if actor.account_id == visit.account_id:
        told = gettext("%(kind)s: you", kind=told)
    return Helper(actor.id, actor.name, told, actor.from_at, actor.kind == delegation.CARER)
