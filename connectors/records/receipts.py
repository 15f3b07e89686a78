"""Receipts: a push with an `Idempotency-Key` is done once, and its repeats get the first answer.

A key belongs to one app and one profile. It is claimed before anything is written, in the same transaction, so of two
racing repeats one waits and then finds the answer. After `KEPT_FOR` only the identities of what was sent guard.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, Table, delete, select, update

from authz import clock, crypto
from authz.db import session
from authz.errors import Refusal
from connectors.records.contract import Origin
from connectors.records.models import ReceiptRow
from connectors.records.sql.inserting import put_new

KEPT_FOR = timedelta(days=3)
_table = cast(Table, ReceiptRow.__table__)
_r = _table.c


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
    """A push under way: `answer` is there when it was already done."""

    origin: Origin
    key_digest: str
    status: int = 0
    answer: str | None = None


def claim(origin: Origin, key: str | None, request: bytes, *, status: int, answer: str = "") -> Receipt | None:
    """Claim a key for a request, with the answer that is expected; None without a key. Refuses a reused key."""
    if key is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise KeyRefused()
    digest = crypto.digest(key)
    request_digest = hashlib.sha256(request).hexdigest()
    values = {
        "profile_id": origin.profile_id, "client_id": origin.client_id, "key_digest": digest,
        "request_digest": request_digest, "status": status, "answer": answer, "created_at": clock.now(),
    }  # fmt: skip
    if put_new(ReceiptRow, values):
        return Receipt(origin, digest)
    kept = session().execute(select(_r.request_digest, _r.status, _r.answer).where(_where(origin, digest))).one()
    if kept.request_digest != request_digest:
        raise KeyReused()
    return Receipt(origin, digest, kept.status, kept.answer)


def settle(receipt: Receipt | None, *, status: int, answer: str) -> None:
    """Correct the answer of a claimed key, when it is another than was expected."""
    if receipt:
        where = _where(receipt.origin, receipt.key_digest)
        session().execute(update(_table).where(where).values(status=status, answer=answer))


def purge(*, at: datetime) -> int:
    """Forget old receipts; returns how many."""
    result = session().execute(delete(_table).where(_r.created_at < at - KEPT_FOR))
    assert isinstance(result, CursorResult)  # nosec B101: narrows the type, a DELETE always gives one
    return result.rowcount


def _where(origin: Origin, key_digest: str) -> ColumnElement[bool]:
    return (_r.profile_id == origin.profile_id) & (_r.client_id == origin.client_id) & (_r.key_digest == key_digest)
