"""Synchronised services: one card per link of the space on show."""

from __future__ import annotations

from flask import Blueprint

from authz.identity import delegation
from authz.pairing import pairings
from consent_ui import links
from consent_ui.guards import acting, signed_in
from consent_ui.pages import shell
from consent_ui.people import Visit

bp = Blueprint("services", __name__)


@bp.get("/home/services")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """Show the living links, then those that were stopped."""
    cards = [links.link(pairing) for pairing in pairings.list_of_profile(visit.profile_id)]
    return shell.page(
        "home/services.html",
        visit,
        "services",
        live=[card for card in cards if card.look != "ended"],
        ended=[card for card in cards if card.look == "ended"],
    )
