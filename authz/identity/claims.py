"""The claims of a person that OpenID clients may be told, and the `claims` parameter that names some one by one. Pure.

OpenID Connect Core §5.1, §5.4, §5.5. Every claim belongs to one scope, which is the unit of consent: naming a claim
asks the patient for that scope's consent, and gives the client that claim alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

# `sub` belongs to the client's pairing, not to us.
BY_SCOPE = {
    "profile": (
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
        *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
SCOPE_OF = {name: scope for scope, names in BY_SCOPE.items() for name in names}
LONGEST = 4000
PLACES = ("userinfo", "id_token")


class Malformed(Exception):
    """The parameter is not what OpenID Connect Core §5.5 describes; the text says where."""


def read(text: str) -> dict[str, Any]:
    """Read the parameter; returns what is kept of it: names for each place, and what it demands of `acr` and `sub`."""
    asked = _parsed(text)
    kept: dict[str, Any] = {}
    for place in PLACES:
        members = asked.get(place, {})
        if not isinstance(members, dict) or not all(_is_request(wish) for wish in members.values()):
            raise Malformed(f"The member {place} of claims is not an object of claim requests.")
        names = [name for name in members if name in SCOPE_OF]
        if names:
            kept[place] = names
        subject = (members.get("sub") or {}).get("value")
        if isinstance(subject, str):
            kept["sub"] = subject
    acr = (asked.get("id_token") or {}).get("acr") or {}
    wanted = acr.get("values", [acr.get("value")])
    kept_acr = [name for name in wanted if isinstance(name, str)]
    if kept_acr:
        kept["acr"] = kept_acr
        kept["acr_essential"] = acr.get("essential") is True
    return kept


def scopes_of(names: Iterable[str]) -> list[str]:
    """Return the scopes whose consent these claims need."""
    return list(dict.fromkeys(SCOPE_OF[name] for name in names if name in SCOPE_OF))


def named(kept: str | None, place: str) -> list[str]:
    """Return the claims that a request named for one place, from what was kept of it."""
    found: list[str] = json.loads(kept).get(place, []) if kept else []
    return found


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        asked = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError) as error:
        raise Malformed("The parameter claims is not JSON.") from error
    if not isinstance(asked, dict):
        raise Malformed("The parameter claims is not a JSON object, or it is too long.")
    return asked


def _is_request(wish: object) -> bool:
    """Tell whether a value is one of those of §5.5.1: null, or an object of essential, value, values."""
    return wish is None or (
        isinstance(wish, dict)
        and isinstance(wish.get("essential", False), bool)
        and isinstance(wish.get("values", []), list)
    )
