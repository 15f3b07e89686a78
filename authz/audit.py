"""The journal: who did what, when, for which profile, through which app; the activity page reads the same rows.

A row is written in the unit of the act it tells. The worker later links rows into a chain of hashes; what a row's hash
covers is a digest of its content, so that content can be erased at law's demand and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Index, String, Table, Text, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from authz import clock, crypto, entropy, logs
from authz.db import Base, Instant, session
from authz.prepared import Prepared

SYSTEM = "-"
ERASED = "erased"
GENESIS = "0" * 64
_log = logs.get(__name__)


class Activity(Base):
    """One thing that happened. `profile_id` is `-` where none is concerned; `detail` holds ids, codes, counts."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_account_id_id", "account_id", "id"),
        Index("ix_activity_seq", "seq", unique=True),
    )

    profile_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    tag: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(64))
    pairing_id: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
    content_digest: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    chain: Mapped[str | None] = mapped_column(String(64))


_table = cast(Table, Activity.__table__)
_insert = Prepared(insert(_table), (c.name for c in _table.c if c.name not in ("seq", "chain")))


def record(
    tag: str,
    *,
    profile_id: str | None = None,
    account_id: str | None = None,
    client_id: str | None = None,
    pairing_id: str | None = None,
    **detail: object,
) -> None:
    """Write one line of the journal in this unit; `detail` takes ids, codes and counts, never personal data."""
    row: dict[str, Any] = {
        "profile_id": profile_id or SYSTEM,
        "id": entropy.new_id(),
        "at": clock.now(),
        "tag": tag,
        "account_id": account_id,
        "client_id": client_id,
        "pairing_id": pairing_id,
        "detail": json.dumps(detail, default=str, sort_keys=True, separators=(",", ":")),
    }
    row["content_digest"] = _digest(row)
    _insert.run(row)
    _log.info(tag, extra={key: row[key] for key in ("profile_id", "client_id", "pairing_id") if row[key]})


def list_of_profile(
    profile_id: str,
    *,
    tags: Sequence[str] = (),
    before: str | None = None,
    limit: int = 50,
    account_id: str | None = None,
) -> list[Activity]:
    """List a profile's journal, newest first; `tags` are prefixes, `before` an id to page from.

    With `account_id`, what that account did outside any profile (sign-ins) is in the list too.
    """
    query = select(Activity).order_by(Activity.id.desc()).limit(limit)
    mine = Activity.profile_id == profile_id
    if account_id:
        mine = mine | ((Activity.profile_id == SYSTEM) & (Activity.account_id == account_id))
    query = query.where(mine)
    if before:
        query = query.where(Activity.id < before)
    if tags:
        starts = [Activity.tag.startswith(tag, autoescape=True) for tag in tags]
        condition = starts[0]
        for start in starts[1:]:
            condition = condition | start
        query = query.where(condition)
    return list(session().scalars(query))


def link_chain(limit: int = 500) -> int:
    """Chain up to `limit` rows that are not yet linked, in the order of their ids; returns how many."""
    seq, chain = _last_link()
    rows = session().scalars(select(Activity).where(Activity.seq.is_(None)).order_by(Activity.id).limit(limit)).all()
    for row in rows:
        seq, chain = seq + 1, _next_link(chain, row.content_digest)
        where = (Activity.profile_id == row.profile_id) & (Activity.id == row.id)
        session().execute(update(Activity).where(where).values(seq=seq, chain=chain))
    return len(rows)


def erase(*, profile_id: str | None, account_id: str, limit: int) -> int:
    """Erase the content of what the journal says of a profile and its holder, up to `limit` rows; returns how many.

    What the chain covers stays, and a seal that nobody else can make says that the content went by this way.
    """
    alone = (Activity.profile_id == SYSTEM) & (Activity.account_id == account_id)
    mine = (alone | (Activity.profile_id == profile_id)) if profile_id else alone
    rows = session().scalars(select(Activity).where(mine, Activity.tag != ERASED).limit(limit)).all()
    for row in rows:
        row.tag, row.account_id, row.client_id, row.pairing_id = ERASED, None, None, None
        row.detail = json.dumps({"seal": _erasure_seal(row)})
    return len(rows)


def find_break() -> str | None:
    """Verify the whole chain; returns the id of the first row that does not fit, or None."""
    seq, chain = 0, GENESIS
    linked = select(Activity).where(Activity.seq.is_not(None)).order_by(Activity.seq)
    # Closed on an early way out too: PostgreSQL serves such a read through a cursor of its own.
    with closing(session().scalars(linked.execution_options(yield_per=500))) as rows:
        for row in rows:
            seq, chain = seq + 1, _next_link(chain, row.content_digest)
            if row.seq != seq or row.chain != chain or not _is_whole(row):
                return row.id
    return None


def iter_all() -> Iterator[dict[str, Any]]:
    """Yield the whole journal in the order of its ids, as JSON-able objects, for an auditor."""
    with closing(session().scalars(select(Activity).order_by(Activity.id).execution_options(yield_per=500))) as rows:
        for row in rows:
            shown = {"at": row.at.isoformat(), "detail": json.loads(row.detail), "seq": row.seq, "chain": row.chain}
            yield _content(row) | shown


def _is_whole(row: Activity) -> bool:
    """Tell whether a row says what its digest covers, or was erased by us."""
    if row.tag != ERASED:
        return row.content_digest == _digest(_content(row))
    return crypto.same(str(json.loads(row.detail).get("seal")), _erasure_seal(row))


def _erasure_seal(row: Activity) -> str:
    return crypto.keyed_digest("erased", f"{row.profile_id} {row.id} {row.content_digest}")


def _last_link() -> tuple[int, str]:
    last = (
        session()
        .execute(
            select(Activity.seq, Activity.chain).where(Activity.seq.is_not(None)).order_by(Activity.seq.desc()).limit(1)
        )
        .first()
    )
    return (last[0] or 0, last[1] or GENESIS) if last else (0, GENESIS)


def _content(row: Activity) -> dict[str, Any]:
    names = ("profile_id", "id", "at", "tag", "account_id", "client_id", "pairing_id", "detail")
    return {name: getattr(row, name) for name in names}


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps([content[name].isoformat() if name == "at" else content[name] for name in sorted(content)])
    return hashlib.sha256(text.encode()).hexdigest()


def _next_link(chain: str, content_digest: str) -> str:
    return hashlib.sha256(f"{chain}{content_digest}".encode()).hexdigest()
