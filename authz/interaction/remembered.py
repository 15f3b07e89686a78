"""What needs no asking again: a living pairing that already answers everything a request asks."""

from __future__ import annotations

from authz import clock
from authz.catalogue import scopes
from authz.clients.models import RegisteredClient
from authz.identity import profiles
from authz.interaction import wishes
from authz.interaction.models import Request
from authz.pairing import consents, pairings, state
from authz.pairing.models import Pairing


def find(client: RegisteredClient, account_id: str, request: Request) -> Pairing | None:
    """Find such a pairing of the account's own profile; never where patients are asked each time."""
    if client.profile.greets or request.device or "consent" in request.prompt.split():
        return None
    own = profiles.find_own(account_id)
    pairing = pairings.find_live(own, client.id) if own else None
    if pairing is None or state.of(pairing, clock.now()) not in ("active", "pending"):
        return None
    known = consents.current(pairing)
    for name in wishes.asked(request):
        if name not in known or known[name].text_version != scopes.SCOPES[name].version:
            return None
    return pairing
