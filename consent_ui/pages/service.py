"""One link: its authorisations, its pause, its end, and what has happened through it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import audit, clock
from authz.catalogue import scopes
from authz.identity import delegation
from authz.interaction import decision
from authz.pairing import consents, pairings
from authz.pairing.models import Pairing
from consent_ui import apps, journal, links, narrowing, words
from consent_ui.apps import ScopeCard
from consent_ui.guards import acting, csrf_protected, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("service", __name__, url_prefix="/home/services/<pairing_id>")
WEEK = "week"
PAUSES = (WEEK, "1", "3")  # a week, or so many months of the calendar
RECENT = 8


@bp.get("")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit, pairing_id: str) -> str:
    """Show one link of the space on show."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    return shell.page(
        "home/service.html",
        visit,
        "services",
        pairing=links.link(pairing),
        scopes=_cards(pairing),
        pauses=[(length, _pause(length)) for length in PAUSES] if pairing.state == "active" else [],
        entries=_recent(visit, pairing),
    )


@bp.post("")
@csrf_protected
@signed_in
@acting(delegation.LINK)
def amend(visit: Visit, pairing_id: str) -> Response:
    """Change authorisations; closing the last one is ending, so it leads there."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    wanted = set(request.form.getlist("scope"))
    decisions = {card.name: card.name in wanted or card.required for card in _cards(pairing)}
    try:
        changed = consents.amend(pairing, decisions, by=visit.account_id, lang=words.language())
    except consents.NothingLeft:
        flash(gettext("You closed every authorisation. That is the same as stopping the link."), "alert")
        return redirect(url_for("ending.confirm", pairing_id=pairing.id), 303)
    flash(gettext("Your choices are saved. They count from now on.") if changed else gettext("Nothing has changed."))
    return redirect(url_for("service.show", pairing_id=pairing.id), 303)


@bp.post("/pause")
@csrf_protected
@signed_in
@acting(delegation.LINK)
def pause(visit: Visit, pairing_id: str) -> Response:
    """Pause the link for a while."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    until = _pause_end(request.form.get("length", ""))
    pairings.pause(pairing, until, by=visit.account_id)
    flash(gettext("The link is paused until %(day)s.", day=words.day(until)))
    return redirect(url_for("service.show", pairing_id=pairing.id), 303)


@bp.post("/resume")
@csrf_protected
@signed_in
@acting(delegation.LINK)
def resume(visit: Visit, pairing_id: str) -> Response:
    """End a pause early."""
    pairing = pairings.get(visit.profile_id, pairing_id)
    pairings.resume(pairing, by=visit.account_id)
    flash(gettext("The link has resumed."))
    return redirect(url_for("service.show", pairing_id=pairing.id), 303)


def _cards(pairing: Pairing) -> list[ScopeCard]:
    entry = apps.entry_of(pairing.client_id)
    decided = scopes.asked(" ".join(consents.current(pairing)))
    if entry is None:
        return []
    cards = apps.scope_cards(entry, decided, pairing.granted.split())
    return narrowing.narrowed(cards, consents.limits_of(pairing))


def _pause_end(length: str) -> datetime:
    """Return when a pause ends that begins now; a length that was not offered is the shortest."""
    now = clock.now()
    return now + timedelta(days=7) if length not in PAUSES[1:] else decision.ends_at(int(length), now)


def _pause(length: str) -> str:
    told = {WEEK: gettext("1 week"), "1": gettext("1 month"), "3": gettext("3 months")}[length]
    return gettext("%(day)s (%(length)s)", day=words.day(_pause_end(length)), length=told)


def _recent(visit: Visit, pairing: Pairing) -> list[journal.Line]:
    rows = audit.list_of_profile(visit.profile_id, tags=("pairing:", "record:"), limit=100)
    mine = [row for row in rows if row.client_id == pairing.client_id][:RECENT]
    return [journal.line(row, {}, visit) for row in mine]
