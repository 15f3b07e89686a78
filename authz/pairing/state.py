"""What a pairing's row means at an instant. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from authz.errors import Refusal


class PairingOver(Refusal):
    """The pairing is not in a state that allows this."""

    code = "pairing_over"
    status = 409
    description = "The link is over."


class Dated(Protocol):
    """The columns that decide the state."""

    state: str
    ends_at: datetime
    paused_until: datetime | None


def of(row: Dated, now: datetime) -> str:
    """Return the state now: pending, active, paused, suspended, expired or ended."""
    return at(row.state, row.ends_at, row.paused_until, now)


def at(state: str, ends_at: datetime, paused_until: datetime | None, now: datetime) -> str:
    """Return the state from its columns; a pause whose date has come is over, a link past its end is expired."""
    if state == "ended":
        return state
    if ends_at <= now:
        return "expired"
    if state == "paused" and paused_until is not None and paused_until <= now:
        return "active"
    return state
