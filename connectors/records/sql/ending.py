"""What becomes of data when a pairing ends, in SQL: hidden at once, erased when due, restored by an undo."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Table, delete, exists, select, tuple_, update

from authz.db import changed, session
from connectors.records.models import DeviceRow, DocumentRow, MeasureRow, ReceiptRow

_TABLES = (cast(Table, MeasureRow.__table__), cast(Table, DocumentRow.__table__))
_DEVICES = cast(Table, DeviceRow.__table__)
_RECEIPTS = cast(Table, ReceiptRow.__table__)


def hide_of_pairing(profile_id: str, pairing_id: str, *, at: datetime, purge_at: datetime | None = None) -> int:
    """Hide all that came through a pairing; with `purge_at` it is erased from then on. Returns how many."""
    return _mark(profile_id, pairing_id, {"hidden_at": at, "purge_at": purge_at})


def restore_of_pairing(profile_id: str, pairing_id: str) -> int:
    """Undo hiding, and an erasure that has not happened yet. Returns how many."""
    return _mark(profile_id, pairing_id, {"hidden_at": None, "purge_at": None})


def purge(*, at: datetime, limit: int = 1000) -> int:
    """Erase what is due, up to a number of rows of each table. Returns how many."""
    erased = 0
    for table in _TABLES:
        keys = table.c.profile_id, table.c.id
        due = select(*keys).where(table.c.purge_at <= at).limit(limit)
        rows = session().execute(due).all()
        if rows:
            session().execute(delete(table).where(tuple_(*keys).in_([tuple(row) for row in rows])))
            _erase_lone_devices({row.profile_id for row in rows})
        erased += len(rows)
    return erased


def erase_of_profile(profile_id: str, *, limit: int = 1000) -> int:
    """Erase all of a profile, up to a number of rows of each table. Returns how many."""
    erased = 0
    for table in (*_TABLES, _DEVICES, _RECEIPTS):
        keys = tuple(table.primary_key)
        some = select(*keys).where(table.c.profile_id == profile_id).limit(limit)
        gone = session().execute(delete(table).where(tuple_(*keys).in_(some)))
        erased += changed(gone)
    return erased


def _erase_lone_devices(profiles: set[str]) -> None:
    measures = _TABLES[0].c
    used = (measures.profile_id == _DEVICES.c.profile_id) & (measures.device_id == _DEVICES.c.id)
    session().execute(delete(_DEVICES).where(_DEVICES.c.profile_id.in_(profiles), ~exists().where(used)))


def _mark(profile_id: str, pairing_id: str, values: dict[str, Any]) -> int:
    marked = 0
    for table in _TABLES:
        where = (table.c.profile_id == profile_id) & (table.c.pairing_id == pairing_id)
        result = session().execute(update(table).where(where).values(values))
        assert isinstance(result, CursorResult)  # nosec B101 # narrows the type, an UPDATE always gives one
        marked += result.rowcount
    return marked
