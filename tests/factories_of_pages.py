"""Rows and cards for tests of wording, made without a database."""

from __future__ import annotations

from datetime import UTC, datetime

from authz.identity.profiles import ProfileCard
from authz.pairing.models import Pairing


def card(*, relation: str, kind: str, age: int | None) -> ProfileCard:
    """Make a profile's card."""
    return ProfileCard("p", "Zoé", "Martin", "ZM", None, age, relation, kind, kind == "self")


def pairing(
    state: str, *, ends_at: datetime, paused_until: datetime | None = None, ended_at: datetime | None = None
) -> Pairing:
    """Make a pairing's row."""
    return Pairing(
        profile_id="p", id="l", client_id="c", account_id="a", subject="s", state=state, granted="",
        opened_at=datetime(2025, 1, 1, tzinfo=UTC), ends_at=ends_at, paused_until=paused_until, ended_at=ended_at,
    )  # fmt: skip
