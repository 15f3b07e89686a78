"""What surrounds every step of a request: the app that asks, the way out, and where the answer will go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import ngettext

from authz import clock
from authz.catalogue import entries
from authz.catalogue.entries import Entry
from authz.interaction import detail, flow, wishes
from authz.interaction.models import Interaction, Request
from consent_ui import apps, headers, words


def around(interaction: Interaction, *, onwards: bool = True) -> dict[str, Any]:
    """Describe the app that asks, if one does; lets the page's forms end at its redirect address, and from there on."""
    around: dict[str, Any] = {
        "interaction_id": interaction.id,
        "app": None,
        "steps": 2,
        "errors": None,
        "passkey_url": url_for("passkey.sign_in", interaction_id=interaction.id),
        "cancel_url": url_for("arrival.cancel", interaction_id=interaction.id),
    }
    if interaction.client_id:
        request = flow.request_of(interaction)
        if request.redirect_uri:
            headers.allow_form_target(request.redirect_uri, onwards=onwards)
        account = " · ".join(filter(None, [request.app_account_name, request.app_account]))
        asked = wishes.asked(request)
        around |= {"app": apps.of_entry(entry_of(interaction), interaction.client_id, account, asked), "steps": 3}
    return around


def detail_of(request: Request) -> dict[str, str]:
    """Put in words what a request says in detail (RFC 9396): how long it wishes to last, how far back it reaches."""
    asked, told = detail.of(request), {}
    if "months" in asked:
        told["months"] = ngettext("%(num)s month", "%(num)s months", asked["months"])
    if "history_days" in asked:
        told["history"] = words.reaching_back(clock.now() - timedelta(days=asked["history_days"]))
    return told


def entry_of(interaction: Interaction) -> Entry:
    """The catalogue entry of the app that asks."""
    return entries.of_client(flow.client_of(interaction))
