"""All that is sealed, sealed anew with the newest secret, and how much each secret of the ring still holds.

The worker goes through each column in the order of its key, a batch a unit, and writes down how far it came; a row that
somebody else wrote meanwhile is theirs, and is sealed by them. A pass that finds nothing left to do is the last one.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, delete, func, select, tuple_, update

from authz import clock, crypto, db, logs, ring, settings
from authz.db import Base
from authz.sealing import REGISTER, Resealing, Sealed

BATCH = 200
UNITS = 50  # in one run of the job, so that others have their turn
SETTLED = timedelta(minutes=1)  # after which nobody is left who began under the secret before
_log = logs.get(__name__)


def work() -> None:
    """Seal what older secrets sealed with the one that seals now, for a while."""
    name = ring.now_active(settings.current()).name
    with db.reading() as connection:
        done = select(Resealing.column).where(Resealing.secret == name, Resealing.done_at.is_not(None))
        finished = set(connection.execute(done).scalars())
    left = UNITS
    for column in REGISTER:
        while column.name not in finished and left:
            left -= 1
            with db.unit_of_work():
                if _batch(column, name):
                    finished.add(column.name)


def reopen() -> None:
    """Have every column looked through again."""
    db.session().execute(delete(Resealing))


def _batch(column: Sealed, name: str) -> bool:
    """Do the next rows of a column; tells whether it is done."""
    now, table = clock.now(), Base.metadata.tables[column.table]
    known = db.session().execute(select(Resealing.__table__).where(Resealing.column == column.name)).first()
    is_under_way = known is not None and known.secret == name and known.done_at is None
    begun_at, after, changed = (now, None, 0)
    if is_under_way and known:
        begun_at, after, changed = known.begun_at, known.after, known.changed
    rows = db.session().execute(_next_rows(column, table, after)).all()
    changed += sum(_reseal(column, table, row) for row in rows if not _is_current(column, row, name))
    state: dict[str, Any] = {"secret": name, "begun_at": begun_at, "changed": changed, "done_at": None}
    if len(rows) == BATCH:
        state["after"] = json.dumps([getattr(rows[-1], part) for part in column.key])
    else:
        is_done = changed == 0 and _is_settled(begun_at)
        state |= {"after": None, "changed": 0, "begun_at": now, "done_at": now if is_done else None}
        if changed:
            _log.info("sealing:pass", extra={"column": column.name, "changed": changed})
    _write_state(column, state)
    return len(rows) < BATCH and changed == 0


def _is_settled(begun_at: datetime) -> bool:
    used_from = ring.now_active(settings.current()).used_from
    return used_from is None or begun_at >= used_from + SETTLED


def _next_rows(column: Sealed, table: Table, after: str | None) -> Any:
    key = [table.c[part] for part in column.key]
    wanted = [*key, table.c[column.column], *(table.c[lookup.column] for lookup in column.lookups)]
    query = select(*wanted).where(table.c[column.column].is_not(None)).order_by(*key).limit(BATCH)
    return query.where(tuple_(*key) > tuple_(*json.loads(after))) if after else query


def _is_current(column: Sealed, row: Any, name: str) -> bool:
    values = [getattr(row, column.column), *(getattr(row, lookup.column) for lookup in column.lookups)]
    return all(value is None or value.startswith(f"{name}.") for value in values)


def _reseal(column: Sealed, table: Table, row: Any) -> bool:
    """Seal one row anew, if nobody wrote to it since it was read; one that does not open stays as it is."""
    sealed = getattr(row, column.column)
    try:
        text = crypto.unseal(column.purpose, sealed)
    except (crypto.SealBroken, ValueError):
        # It holds up no other: what is lost is told here, and counted by `keys sealing list` under its old secret.
        _log.exception(
            "sealing:broken", extra={"column": column.name, "row": [getattr(row, part) for part in column.key]}
        )
        return False
    values = {column.column: crypto.seal(column.purpose, text)}
    for lookup in column.lookups:
        if getattr(row, lookup.column) is not None:
            values[lookup.column] = crypto.lookup(lookup.purpose, lookup.value(text))
    same = and_(table.c[column.column] == sealed, *(table.c[part] == getattr(row, part) for part in column.key))
    return db.claimed(db.session().execute(update(table).where(same).values(**values)))


def _write_state(column: Sealed, state: dict[str, Any]) -> None:
    mine = update(Resealing).where(Resealing.column == column.name).values(**state)
    if not db.claimed(db.session().execute(mine)):
        db.insert_once(Resealing, column=column.name, **({"after": None} | state))


def count() -> Counter[str]:
    """Count what each secret of the ring still holds, by its name: sealed texts, and look-ups made with it.

    Look-ups from before they said their secret's name hang on none, and are not counted.
    """
    found: Counter[str] = Counter()
    with db.reading() as connection:
        for column in REGISTER:
            table = Base.metadata.tables[column.table]
            for name in (column.column, *(lookup.column for lookup in column.lookups)):
                whose = func.substr(table.c[name], 1, 8).label("secret")
                query = select(whose, func.count()).where(table.c[name].like("________.%")).group_by(whose)
                found.update({row[0]: row[1] for row in connection.execute(query)})
    return found
