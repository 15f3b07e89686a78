"""Joining: somebody was invited, types the code or follows the link, and answers yes or no."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import ratelimit
from authz.errors import Refusal
from authz.identity import accounts, answers, delegation, invitations, profiles
from authz.identity.invitations import Card
from consent_ui import people, sentences, words
from consent_ui.guards import confirmed, csrf_protected
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("joining", __name__, url_prefix="/home/family/join")
REFUSALS = (invitations.InvitationUnknown, answers.InvitationOver, ratelimit.TooMany)
OTHER = "other"


@bp.get("")
@confirmed
def offer(visit: Visit) -> str | tuple[str, int]:
    """Ask for the code, or show what it offers."""
    typed = request.args.get("code", "")[:40]
    if not typed:
        return _ask(visit, "")
    try:
        return _offer(visit, _card(visit, typed), typed)
    except REFUSALS as refusal:
        return _ask(visit, typed, refusal), refusal.status


@bp.post("")
@csrf_protected
@confirmed
def decide(visit: Visit) -> Response | tuple[str, int]:
    """Take the answer; only a plain yes opens anything."""
    typed = request.form.get("code", "")[:40]
    try:
        card = _card(visit, typed)
        if request.form.get("decision") != "accept":
            answers.refuse(card, visit.account_id)
            flash(gettext("You said no. Whoever invited you is told; nothing has changed."))
            return redirect(url_for("family.show"), 303)
        answers.accept(card, visit.account_id, _relation(card))
    except REFUSALS as refusal:
        return _ask(visit, typed, refusal), refusal.status
    named = words.whose(profiles.given_name(card.profile_id))
    flash(gettext("You can now open %(whose)s health space: use the list below.", whose=named))
    return redirect(url_for("family.show"), 303)


def _card(visit: Visit, typed: str) -> Card:
    return answers.get_for(visit.account_id, typed, network=ratelimit.network(request.remote_addr))


def _relation(card: Card) -> str:
    """Who the person is for the guest, as chosen; a representative's is a child."""
    if card.kind == delegation.REPRESENTATIVE:
        return "child"
    chosen = request.form.get("relation", "")
    return chosen if chosen in people.relations() else OTHER


def _offer(visit: Visit, card: Card, typed: str) -> str:
    name = profiles.given_name(card.profile_id)
    relations = [(key, text) for key, text in people.relations().items() if key != "child"]
    return shell.page(
        "home/join.html",
        visit,
        "profile",
        card=card,
        typed=typed,
        name=name,
        of=words.whose(name),
        inviter=accounts.card(card.account_id).name,
        relations=[*relations, (OTHER, gettext("a person you care for"))],
    )


def _ask(visit: Visit, typed: str, refusal: Refusal | None = None) -> str:
    errors = sentences.summary(gettext("This code opens nothing for you"), refusal, "code") if refusal else None
    return shell.page("home/join_code.html", visit, "profile", typed=typed, errors=errors)
