"""Signing in by an identity provider: the way there, the way back, and the question whether to link the two."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from authz import clock, guard, ratelimit
from authz.errors import Refusal
from authz.identity import accounts, beginnings, federation, providers, sessions, upstream_identities
from authz.identity import upstream_refusals as refusals
from authz.identity.activation_refusals import MinorNotAlone, NothingPrepared
from authz.identity.federation import Proven
from authz.identity.sessions import SignedIn
from authz.interaction import arriving, departing, flow, upstream
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.upstream import Provider
from consent_ui import sentences, words
from consent_ui.errors import Message
from consent_ui.flow import asking
from consent_ui.guards import RECENT, csrf_protected, interaction_required, open_interaction

bp = Blueprint("upstream", __name__)
LONGEST = 4000
REFUSALS = (
    refusals.UpstreamDeclined,
    refusals.UpstreamFailed,
    refusals.UpstreamTooWeak,
    refusals.UpstreamUnavailable,
    refusals.UpstreamTaken,
    refusals.UpstreamOther,
    refusals.UpstreamStale,
    MinorNotAlone,
    NothingPrepared,
    ratelimit.TooMany,
)


@bp.get("/pair/<interaction_id>/provider")
@interaction_required(Step.LOGIN, Step.SECOND_FACTOR)
def go(interaction: Interaction) -> Response:
    """Lead to a provider; nothing is kept of it here."""
    provider = providers.get(request.args.get("name", ""))
    beginnings.spend()
    return lead(interaction, provider)


@bp.get("/sign-in/<name>/callback")
@guard.mark("session")
def callback(name: str) -> Response:
    """Take what a provider answers to this browser; the request goes on, whatever it is."""
    provider, params = providers.get(name), _params()
    state = federation.read_state(provider, params)
    try:
        proven = federation.finish(provider, state, params)
        return redirect(arriving.accept(open_interaction(state.interaction_id), proven), 303)
    except REFUSALS as refusal:
        return _refused(open_interaction(state.interaction_id), provider, refusal)


@bp.post("/pair/<interaction_id>/provider/open")
@csrf_protected
@interaction_required(Step.LOGIN)
def open_space(interaction: Interaction) -> Response:
    """Open the space that was prepared for whom a provider has recognised, or say that there is none."""
    proven = upstream.waiting(interaction)
    if proven is None or not upstream.is_to_link(interaction):
        flash(gettext("Too much time has passed. Choose the service again below."))
        return redirect(flow.next_url(interaction), 303)
    try:
        return redirect(arriving.open_prepared(interaction), 303)
    except REFUSALS as refusal:
        return _refused(interaction, providers.get(proven.provider), refusal)


@bp.get("/pair/<interaction_id>/link")
@interaction_required(Step.LINK)
def ask(interaction: Interaction) -> Response | str:
    """Show who the provider says this is and whose account is open, and ask whether the two are one person."""
    browser, proven = _both(interaction)
    return render_template(
        "flow/link.html",
        provider=providers.get(proven.provider).label,
        there=upstream_identities.name_of(proven.claims),
        born_on=_born(proven),
        here=accounts.card(browser.account_id),
        **asking.around(interaction),
    )


@bp.post("/pair/<interaction_id>/link")
@csrf_protected
@interaction_required(Step.LINK)
def decide(interaction: Interaction) -> Response:
    """Link the two, after a recent second factor; or leave it."""
    browser, proven = _both(interaction)
    if request.form.get("decision") != "link":
        upstream.lay_aside(interaction)
        return redirect(flow.next_url(interaction), 303)
    if clock.now() - browser.confirmed_at >= RECENT:
        here = url_for("upstream.ask", interaction_id=interaction.id)
        return redirect(url_for("confirm.show", next=here), 303)
    return _linked(interaction, providers.get(proven.provider))


@bp.get("/sign-out/provider")
@guard.mark("public")
def leave() -> Response:
    """Say that this browser is signed out here, and lead it on to the provider; no form may lead elsewhere (CSP)."""
    address, label = departing.opened(request.args.get("to", "")[:LONGEST])
    if not address:
        return redirect(url_for("logout.done"), 303)
    page = Message(
        gettext("You are signed out here"),
        gettext("Now %(provider)s signs you out too. If nothing happens, use the button.", provider=label),
        ways=[(gettext("Sign out of %(provider)s too", provider=label), address)],
    )
    answer = make_response(render_template("message.html", page=page, app=None, errors=None))
    answer.headers["Refresh"] = f"0; url={address}"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get("/sign-out/back")
@guard.mark("public")
def left() -> Response:
    """Back from the provider: on to where the browser was going."""
    return redirect(departing.back(request.args.get("state", "")[:LONGEST]) or url_for("logout.done"), 303)


def lead(interaction: Interaction, provider: Provider) -> Response:
    """Send the browser to a provider, or say that it does not answer."""
    try:
        return redirect(arriving.leave(interaction, provider), 303)
    except refusals.UpstreamUnavailable as refusal:
        return _refused(interaction, provider, refusal)


def offered(interaction: Interaction) -> dict[str, Any]:
    """What the sign-in page is given: the providers, and the one that has recognised somebody unknown here."""
    proven = upstream.waiting(interaction) if upstream.is_to_link(interaction) else None
    return {
        "offered": [] if proven else providers.list_all(),
        "recognised": providers.get(proven.provider) if proven else None,
        "may_open": proven is not None and proven.civil_digest is not None,
    }


def _both(interaction: Interaction) -> tuple[SignedIn, Proven]:
    """Who is signed in here, and who waits to be linked: the dispatcher led here, so that there are both."""
    browser, proven = sessions.current(), upstream.waiting(interaction)
    assert browser is not None  # nosec B101 # narrows the type
    assert proven is not None  # nosec B101 # narrows the type
    return browser, proven


def _born(proven: Proven) -> str:
    """The birth date that the provider tells, in words; nothing where it is not a whole one."""
    try:
        return words.day(date.fromisoformat(proven.claims.get("birthdate", "")))
    except ValueError:
        return ""


def _linked(interaction: Interaction, provider: Provider) -> Response:
    try:
        onwards = arriving.link(interaction)
    except REFUSALS as refusal:
        return _refused(interaction, provider, refusal)
    if interaction.client_id is None:
        flash(gettext("%(provider)s is linked. You can sign in with it from now on.", provider=provider.label))
    return redirect(onwards, 303)


def _params() -> dict[str, str]:
    """Return the members of an answer, each given once; a second one may be somebody else's."""
    if any(len(values) > 1 for _name, values in request.args.lists()):
        raise refusals.UpstreamForeign(reason="a parameter twice")
    return {name: value[:LONGEST] for name, value in request.args.items()}


def _refused(interaction: Interaction, provider: Provider, refusal: Refusal) -> Response:
    """Say what went wrong, and lead back into the request, which is as it was."""
    title, text = sentences.said(refusal)
    ways = [(gettext("Go on another way"), flow.next_url(interaction))]
    if flow.step_of(interaction) in arriving.SIGNING_IN:
        again = url_for("upstream.go", interaction_id=interaction.id, name=provider.name)
        ways.append((gettext("Try %(provider)s again", provider=provider.label), again))
    answer = make_response(render_template("message.html", page=Message(title, text, ways=ways), app=None, errors=None))
    answer.status_code = refusal.status
    return answer
