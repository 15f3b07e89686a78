"""What OpenID Connect lets a client wish of a sign-in: claims, levels, and whom it expects (Core §3.1.2.1, §5.5).

`display` is taken and changes nothing: the pages fit every screen. Unknown locales and claims are left aside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authz.catalogue import scopes, smart
from authz.clients.models import RegisteredClient
from authz.identity import claims, levels, profiles
from authz.identity.sessions import SignedIn
from authz.interaction import hints
from authz.interaction.models import Request
from authz.pairing import pairings


class Unfulfilled(Exception):
    """A wish that cannot be met whatever the patient does: what the client is told."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


def check(client: RegisteredClient, params: Mapping[str, str]) -> dict[str, Any]:
    """Check the wishes among a request's parameters; returns the members of Request that keep them."""
    kept = _claims(client, params.get("claims", ""))
    wanted = kept.get("acr", [])
    if kept.get("acr_essential") and not levels.is_reachable(wanted):
        raise Unfulfilled("unmet_authentication_requirements", "No sign-in here reaches the level that is essential.")
    hint = _hint(client, params.get("id_token_hint", ""))
    acr_values = params.get("acr_values") or " ".join(client.metadata.get("default_acr_values", []))
    return {
        "claims": json.dumps(kept) if kept else "",
        "acr_values": acr_values[:500],
        "expected": kept.get("sub") or (hint.subject if hint else ""),
        "expected_sid": hint.sid if hint else "",
        "expected_acts": bool(hint and hint.acts),
        "about": hint.about if hint else "",
    }


def asked(request: Request) -> list[str]:
    """Return the units of consent that a request needs: its scopes', and those of the claims that it names."""
    kept = request.claims or None
    named = [name for place in claims.PLACES for name in claims.named(kept, place)]
    return scopes.asked(" ".join([request.scope, *claims.scopes_of(named)]))


def limits(request: Request) -> dict[str, str]:
    """Return the units that a request needs within limits only, each with these."""
    whole = set(asked(replace(request, scope="")))
    return {name: text for name, text in smart.limits_asked(request.scope).items() if name not in whole}


def kept_claims(request: Request) -> str | None:
    """Return what of the claims goes with the tokens."""
    named = {place: claims.named(request.claims or None, place) for place in claims.PLACES}
    return json.dumps(named) if any(named.values()) else None


def told_level(request: Request, acr: str) -> str:
    """Return the level to tell the client: the first that it wishes and that the sign-in reached."""
    return levels.told(acr, [*_kept(request).get("acr", []), *request.acr_values.split()])


def is_met(client: RegisteredClient, browser: SignedIn, request: Request) -> bool:
    """Tell whether a signed-in browser is of the level that is essential, and of the person who is expected."""
    return is_sure(browser.acr, request) and is_expected(client, browser, request)


def is_sure(acr: str, request: Request) -> bool:
    """Tell whether a level of sign-in reaches what is essential to the client."""
    kept = _kept(request)
    return not kept.get("acr_essential") or levels.is_enough(acr, kept["acr"])


def is_wished(acr: str, request: Request) -> bool:
    """Tell whether a level of sign-in is one that the client wishes, of those that can be reached here at all."""
    wanted = [name for name in request.acr_values.split() if levels.is_reachable([name])]
    return not wanted or levels.is_enough(acr, wanted)


def needs_passkey(request: Request) -> bool:
    """Tell whether nothing but a passkey is enough for the client."""
    return not is_sure(levels.TWO_FACTORS, request)


def is_expected(client: RegisteredClient, browser: SignedIn, request: Request) -> bool:
    """Tell whether this is the person whom the client's hint names: by the session, or by its name for a profile.

    Whoever acted for somebody else must still be able to: the answer is about whom the hint is about.
    """
    is_same = not request.expected or request.expected_sid == browser.sid
    if is_same and not request.expected_acts:
        return True
    own = [card.id for card in profiles.list_for(browser.account_id)]
    names = _names(client, own)
    return (is_same or request.expected in names) and (not request.expected_acts or request.about in names)


def may_answer(client: RegisteredClient, request: Request, profile_id: str) -> bool:
    """Tell whether a profile may be the answer: with a hint, only the one that the hint is about."""
    return not request.about or request.about in _names(client, [profile_id])


def is_about(client: RegisteredClient, request: Request, profile_id: str, subject: str) -> bool:
    """Tell whether the answer would be about the subject that the client demands or hints at, if it does."""
    is_demanded = _kept(request).get("sub") in (None, subject)
    return is_demanded and (request.about in ("", subject) or may_answer(client, request, profile_id))


def _names(client: RegisteredClient, profile_ids: list[str]) -> set[str]:
    """Return all that a client calls these profiles, or ever called them."""
    now = {pairings.subject_of(client, profile_id) for profile_id in profile_ids}
    return now | set(pairings.list_subjects(client.id, profile_ids))


def _claims(client: RegisteredClient, text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        kept = claims.read(text)
    except claims.Malformed as problem:
        raise Unfulfilled("invalid_request", str(problem)) from problem
    for place in claims.PLACES:
        # A client gets by its name what it could get by its scope, no more.
        kept[place] = [name for name in kept.get(place, []) if claims.SCOPE_OF[name] in client.scopes]
    return {name: value for name, value in kept.items() if value}


def _hint(client: RegisteredClient, token: str) -> hints.Hint | None:
    if not token:
        return None
    hint = hints.read(token)
    if hint is None or hint.client_id != client.id:
        raise Unfulfilled("invalid_request", "The id_token_hint is not an ID token that this client had from us.")
    return hint


def _kept(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.claims) if request.claims else {}
    return found
