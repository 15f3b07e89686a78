"""What people are told about a pairing: everyone who may act for the profile, in one row of the outbox each."""

from __future__ import annotations

from datetime import datetime

from authz import clock, settings
from authz.catalogue import entries
from authz.clients import registry
from authz.identity import delegation, profiles
from authz.notifications import outbox
from authz.pairing.models import Pairing


def tell(pairing: Pairing, template: str, *, page: str = "", **params: str) -> None:
    """Tell of something that happened to a pairing; unless another is given, its own page is the one to see."""
    page = page or f"/home/services/{pairing.id}"
    tell_of(pairing.profile_id, pairing.client_id, template, page=page, **params)


def day_of(at: datetime) -> str:
    """Return the day of a moment where the patients live, as messages take it."""
    return at.astimezone(settings.current().zone).date().isoformat()


def tell_of(profile_id: str, client_id: str, template: str, *, page: str, **params: str) -> None:
    """Tell of something that an app did to a profile, and on which page of its space it is seen."""
    path, mark, place = page.partition("#")
    params["page"] = f"{path}?of={profile_id}{mark}{place}"
    app = entries.of_client(registry.get(client_id)).name
    named = profiles.given_name(profile_id)
    for account_id in delegation.list_accounts(profile_id, clock.now()):
        outbox.notify(account_id, template, channels=None, lang=None, due_at=None, app=app, profile=named, **params)
