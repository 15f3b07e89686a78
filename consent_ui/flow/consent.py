"""Consent: for whom, which authorisations, how long; refuse and accept weigh the same."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from authz import clock
from authz.identity import profiles
from authz.interaction import decision, flow, wishes
from authz.interaction.models import Interaction
from authz.interaction.steps import Step
from authz.pairing import pairings
from consent_ui import apps, forms, guards, narrowing, sentences, words
from consent_ui.flow import asking
from consent_ui.guards import csrf_protected, interaction_required

bp = Blueprint("consent", __name__, url_prefix="/pair/<interaction_id>")


@bp.get("/consent")
@interaction_required(Step.CONSENT)
def show(interaction: Interaction) -> str:
    """Show what is asked; with several profiles nobody is chosen beforehand."""
    return _page(interaction, forms.Consent())


@bp.post("/consent")
@csrf_protected
@interaction_required(Step.CONSENT)
def decide(interaction: Interaction) -> Response | tuple[str, int]:
    """Take the patient's decision."""
    if request.form.get("decision") != "allow":
        return redirect(flow.cancel(interaction), 303)
    asked = wishes.asked(flow.request_of(interaction))
    form = forms.consent(request.form, asked)
    try:
        choice = decision.Choice(form.profile, form.granted, form.months, words.language())
        return redirect(decision.allow(interaction, choice), 303)
    except (decision.ChoiceMissing, profiles.NotYourProfile) as refusal:
        field = str(refusal.params.get("field", "profile"))
        return _page(interaction, form, field), refusal.status


def _page(interaction: Interaction, form: forms.Consent, missing: str = "") -> str:
    visit = guards.find_visit()
    assert visit is not None  # nosec B101 # narrows the type, the dispatcher led here
    if not visit.profiles:
        raise profiles.NotYourProfile(reason="no profile at all", client_id=interaction.client_id)
    assert interaction.client_id is not None  # nosec B101 # the same
    entry, asked = asking.entry_of(interaction), flow.request_of(interaction)
    cards = narrowing.narrowed(apps.scope_cards(entry, wishes.asked(asked), form.granted), wishes.limits(asked))
    client = flow.client_of(interaction)
    meant = [one for one in visit.profiles if wishes.may_answer(client, asked, one.id)]
    people = [
        (one, one.id == form.profile or len(meant) == 1, _is_linked(one.id, interaction.client_id)) for one in meant
    ]
    shown: dict[str, Any] = {
        "scopes": cards,
        "people": people,
        "terms": [(months, _term(months)) for months in decision.month_choices(asked)],
        "detail": asking.detail_of(asked),
        "until": form.months,
        "all_on": all(card.on for card in cards),
        "missing": missing,
        "errors": sentences.missing(missing, [card.id for card in cards], [p.id for p in meant]) if missing else None,
    }
    return render_template("flow/consent.html", **asking.around(interaction) | shown)


def _is_linked(profile_id: str, client_id: str) -> bool:
    return pairings.find_live(profile_id, client_id) is not None


def _term(months: int) -> str:
    length = ngettext("%(num)s month", "%(num)s months", months)
    return gettext("%(length)s (%(day)s)", length=length, day=words.day(decision.ends_at(months, clock.now())))
