"""The kit's only door to time and chance; every other module asks here."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Return seconds on a clock that never goes back."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Let time pass."""
    time.sleep(max(0.0, seconds))


def new_secret(nbytes: int = 32) -> str:
    """Draw a URL-safe secret."""
    return secrets.token_urlsafe(nbytes)


def jitter(most: float) -> float:
    """Draw a wait between nothing and `most`, so that many workers do not come back together."""
    return secrets.SystemRandom().uniform(0.0, most)
