"""The only module that reads the wall clock."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def months_later(at: datetime, months: int) -> datetime:
    """Return the instant so many calendar months later: the same day of the month, or its last."""
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def epoch() -> int:
    """Return the present instant as whole seconds since 1970, as JWT claims want it (RFC 7519 §2)."""
    return int(now().timestamp())
