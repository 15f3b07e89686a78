"""What an authorization is about in detail (RFC 9396): the type `pairing`, asked for, granted, and narrowed.

It names the app's account for its user, how many months the link is to last, and how many days back the app reaches.
The granted form says what the patient chose, until when that is, and from which day on; it is kept sealed, for it names
somebody.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from authz import clock, crypto, settings
from authz.clients.models import RegisteredClient
from authz.clients.token_metadata import DETAIL_TYPES
from authz.errors import Refusal

Detail = dict[str, Any]
LONGEST = 2000
DECADE = 3660  # days


class InvalidDetails(Refusal):
    """The authorization_details are malformed, of an unknown type, or more than was granted (RFC 9396 §5)."""

    code = "invalid_authorization_details"
    description = "authorization_details must be one object of the type pairing, in a JSON array."


def read(text: str, client: RegisteredClient) -> Detail:
    """Return the one detail that a request asks for; refuses everything that we do not know."""
    detail = _parsed(text)
    if detail.get("type") not in DETAIL_TYPES:
        raise InvalidDetails("authorization_details has a type that is not supported here.")
    if detail["type"] not in client.detail_types:
        raise InvalidDetails("authorization_details has a type that this client is not registered for.")
    for name, value in detail.items():
        if name not in _MEMBERS or not _MEMBERS[name](value):
            raise InvalidDetails(f"authorization_details has no member {_named(name)} with such a value.")
    return detail


def decided(asked: Detail, months: int) -> Detail:
    """Return what is granted of what was asked, with the months that the patient chose."""
    granted = asked | {"months": months}
    if "history_days" in asked:
        granted["history_from"] = _days_ago(asked["history_days"])
    return granted


def sealed(granted: Detail, *, ends_at: datetime) -> str:
    """Return what to keep of what is granted until then."""
    return _seal(granted | {"ends_at": ends_at.isoformat(timespec="seconds")})


def narrowed(kept: str | None, text: str) -> str:
    """Return what to keep of a token that asks for less than was granted (RFC 9396 §6); refuses what asks for more."""
    granted, asked = opened(kept), _parsed(text)
    if granted is None:
        raise InvalidDetails("No authorization_details were granted.")
    days = asked.pop("history_days", None)
    if "type" not in asked or any(granted.get(name) != value for name, value in asked.items()):
        raise InvalidDetails("authorization_details must be what was granted, or fewer history_days.")
    if days is None or days == granted.get("history_days"):
        return _seal(granted)
    if not _is_number(0, granted.get("history_days", DECADE))(days):
        raise InvalidDetails("authorization_details may have fewer history_days than were granted, not more.")
    since = max(_days_ago(days), granted.get("history_from", ""))
    return _seal(granted | {"history_days": days, "history_from": since})


def opened(kept: str | None) -> Detail | None:
    """Return what is granted, from what was kept of it."""
    found: Detail | None = json.loads(crypto.unseal("authorization-details", kept)) if kept else None
    return found


def told(kept: str | None) -> dict[str, list[Detail]]:
    """Return the member by which clients and resource servers are told what is granted (RFC 9396 §7, §9)."""
    found = opened(kept)
    return {"authorization_details": [found]} if found else {}


def history_start(kept: str | None) -> datetime | None:
    """Return from when on data may be reached; None without a limit."""
    since = (opened(kept) or {}).get("history_from")
    return datetime.combine(date.fromisoformat(since), datetime.min.time(), UTC) if since else None


def _parsed(text: str) -> Detail:
    try:
        found = json.loads(text, object_pairs_hook=_once) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise InvalidDetails()
    detail: Detail = found[0]
    return detail


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a member that is given twice: who reads the first and who reads the last would not agree."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member is given twice")
    return found


def _seal(granted: Detail) -> str:
    return crypto.seal("authorization-details", json.dumps(granted, ensure_ascii=False))


def _days_ago(days: int) -> str:
    return (clock.now() - timedelta(days=days)).date().isoformat()


def _named(name: str) -> str:
    return name if name.isascii() and name.isidentifier() and len(name) < 40 else "of that name"


def _is_text(longest: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value.isprintable() and 0 < len(value) <= longest


def _is_number(least: int, most: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_term(value: object) -> bool:
    return _is_number(1, settings.current().pairing_months)(value)


_MEMBERS: dict[str, Callable[[object], bool]] = {
    "type": lambda _value: True,
    "account": _is_text(254),
    "account_name": _is_text(100),
    "months": _is_term,
    "history_days": _is_number(0, DECADE),
}
