"""Receipts: a push with an `Idempotency-Key` is done once, and its repeats get the first answer.

A key belongs to one app and one profile. It is claimed before anything is written, in the same transaction, so of two
racing repeats one waits and then finds it claimed. A measure or document sent again finds its first by its identity and
is answered from it; only an answer that cannot be told again is kept. After `KEPT_FOR` the identities alone guard.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Row, Select, Table, delete, select, update

from authz import clock, crypto
from authz.db import reading, session
from authz.errors import Refusal
from connectors.records.contract import Origin
from connectors.records.models import ReceiptRow
from connectors.records.sql.inserting import put_new

KEPT_FOR = timedelta(days=3)
_table = cast(Table, ReceiptRow.__table__)
_r = _table.c
_kept: Select[Any] = select(_r.request_digest, _r.status, _r.answer)


class KeyRefused(Refusal):
    """The Idempotency-Key cannot be one."""

    code = "invalid_idempotency_key"
    description = "Idempotency-Key must have 1 to 255 visible ASCII characters."


class KeyReused(Refusal):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = 422
    description = "This Idempotency-Key was already used with another request; nothing was changed."


@dataclass(frozen=True)
class Receipt:
    """A push with a key; `answer` is there when it was done before and its answer was kept."""

    origin: Origin
    key_digest: str
    status: int = 0
    answer: str = ""


def find(origin: Origin, key: str | None, request: bytes) -> Receipt | None:
    """Find the answer kept for a key, without a transaction: for work too long to do inside one."""
    if key is None:
        return None
    digest = _digest_of(key)
    with reading() as connection:
        kept = connection.execute(_kept.where(_where(origin, digest))).first()
    return _same(origin, digest, kept, request) if kept else None


def claim(origin: Origin, key: str | None, request: bytes) -> Receipt | None:
    """Claim a key for a request; None without a key. Refuses a key that was used with another request."""
    if key is None:
        return None
    digest = _digest_of(key)
    request_digest = hashlib.sha256(request).hexdigest()
    values = {
        "profile_id": origin.profile_id, "client_id": origin.client_id, "key_digest": digest,
        "request_digest": request_digest, "status": 0, "answer": "", "created_at": clock.now(),
    }  # fmt: skip
    if put_new(ReceiptRow, values):
        return Receipt(origin, digest)
    return _same(origin, digest, session().execute(_kept.where(_where(origin, digest))).one(), request)


def settle(receipt: Receipt | None, *, status: int, answer: str) -> None:
    """Keep the answer to a claimed key, where it could not be told again from what was kept."""
    if receipt:
        where = _where(receipt.origin, receipt.key_digest)
        session().execute(update(_table).where(where).values(status=status, answer=answer))


def purge(*, at: datetime) -> int:
    """Forget old receipts; returns how many."""
    result = session().execute(delete(_table).where(_r.created_at < at - KEPT_FOR))
    assert isinstance(result, CursorResult)  # nosec B101 # narrows the type, a DELETE always gives one
    return result.rowcount


def _digest_of(key: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise KeyRefused()
    return crypto.digest(key)


def _same(origin: Origin, key_digest: str, kept: Row[Any], request: bytes) -> Receipt:
    if kept.request_digest != hashlib.sha256(request).hexdigest():
        raise KeyReused()
    return Receipt(origin, key_digest, kept.status, kept.answer)


def _where(origin: Origin, key_digest: str) -> ColumnElement[bool]:
    return (_r.profile_id == origin.profile_id) & (_r.client_id == origin.client_id) & (_r.key_digest == key_digest)
