"""Objects without a browser (RFC 8628): from the code that a person types to the object's answer.

Guessing is hopeless by budgets, spent with each code typed, right or wrong: a person's, a network's, and one for all
people together. Only who is signed in may type one.
"""

from __future__ import annotations

from datetime import timedelta

from authz import ratelimit
from authz.catalogue import entries
from authz.clients import registry
from authz.errors import Refusal
from authz.interaction import flow
from authz.interaction.models import Interaction, Request
from authz.tokens import device_codes

PER = timedelta(minutes=15)
# 20^8 codes: if a thousand objects wait at once, all people together guess one of them in some two hundred years.
OF_PERSON, OF_NETWORK, OF_EVERYBODY = 10, 30, 400


class UnknownUserCode(Refusal):
    """No object waits with this code: it was mistyped, used, or ten minutes have passed."""

    code = "unknown_code"
    description = "No object waits with this code."


def start(typed: str, *, account_id: str, network: str) -> Interaction:
    """Store the request of the object that shows this code, for this browser."""
    user_code = device_codes.normal(typed)
    if user_code is None:
        raise UnknownUserCode(reason="not a code")
    ratelimit.spend("user-code", f"account {account_id}", limit=OF_PERSON, per=PER)
    ratelimit.spend("user-code", f"network {network}", limit=OF_NETWORK, per=PER)
    ratelimit.spend("user-code", "everybody", limit=OF_EVERYBODY, per=PER)
    waiting = device_codes.find_waiting(user_code)
    client = registry.find(waiting.client_id) if waiting else None
    if waiting is None or client is None or entries.of_client(client).status == "suspended":
        raise UnknownUserCode(reason="no such code")
    request = Request(**waiting.params, device=waiting.digest, user_code=device_codes.written(user_code))
    return flow.start(client, request)
