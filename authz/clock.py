"""The only module that reads the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def epoch() -> int:
    """Return the present instant as whole seconds since 1970, as JWT claims want it (RFC 7519 §2)."""
    return int(now().timestamp())
