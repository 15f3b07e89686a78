"""What people are told about a pairing: everyone who may act for the profile, in one row of the outbox each."""

from __future__ import annotations

from authz import clock
from authz.catalogue import entries
from authz.clients import registry
from authz.identity import delegation, profiles
from authz.notifications import outbox
from authz.pairing.models import Pairing


def tell(pairing: Pairing, template: str, **params: str) -> None:
    """Tell of something that happened to a pairing."""
    tell_of(pairing.profile_id, pairing.client_id, template, **params)


def tell_of(profile_id: str, client_id: str, template: str, **params: str) -> None:
    """Tell of something that an app did to a profile."""
    app = entries.of_client(registry.get(client_id)).name
    named = profiles.given_name(profile_id)
    for account_id in delegation.list_accounts(profile_id, clock.now()):
        outbox.notify(account_id, template, channels=None, lang=None, due_at=None, app=app, profile=named, **params)
