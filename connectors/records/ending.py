"""What becomes of an app's data when its link ends: kept, hidden or erased, as the patient chose.

Erasing waits as long as the end can be undone; until then the data are only hidden.
"""

from __future__ import annotations

from typing import Any

from authz import audit, clock, events
from authz.pairing.models import Pairing
from authz.pairing.pairings import UNDO
from connectors.records import reading, receipts


def connect() -> None:
    """Listen to pairings that end or come back; called once, when the application is composed."""
    events.pairing_ended.connect(_on_end)
    events.pairing_changed.connect(_on_change)


def purge(*, limit: int = 1000) -> dict[str, int]:
    """Erase what is due and forget old receipts; returns how many of each."""
    now = clock.now()
    return {"records": reading.store().purge(at=now, limit=limit), "receipts": receipts.purge(at=now)}


def erase(profile_id: str, *, limit: int) -> int:
    """Erase a part of all that the record holds of a profile; returns how much, 0 when nothing is left."""
    return reading.store().erase_of_profile(profile_id, limit=limit)


def _on_end(pairing: Pairing, *, afterwards: str = "keep", **_facts: Any) -> None:
    if afterwards == "keep":
        return
    now = clock.now()
    purge_at = now + UNDO if afterwards == "delete" else None
    count = reading.store().hide_of_pairing(pairing.profile_id, pairing.id, at=now, purge_at=purge_at)
    _note("record:hide" if purge_at is None else "record:erase", pairing, count)


def _on_change(pairing: Pairing, *, restored: bool = False, **_facts: Any) -> None:
    if restored:
        count = reading.store().restore_of_pairing(pairing.profile_id, pairing.id)
        _note("record:restore", pairing, count)


def _note(tag: str, pairing: Pairing, count: int) -> None:
    audit.record(tag, profile_id=pairing.profile_id, client_id=pairing.client_id, pairing_id=pairing.id, count=count)
