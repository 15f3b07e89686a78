"""The only module that draws randomness."""

from __future__ import annotations

import secrets
import threading

from authz import clock

_SECOND = 1_000_000
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a row id: 32 hex characters, ordered by time to the microsecond, with 72 random bits behind it.

    Within a process no two ids share an instant, so that what is written in one unit keeps its order.
    """
    global _last
    now = int(clock.now().timestamp() * _SECOND)
    with _lock:
        _last = now = _last + 1 if now <= _last < now + _SECOND else now
    return f"{now:014x}{secrets.token_hex(9)}"


def new_secret(prefix: str, nbytes: int = 32) -> str:
    """Return a high-entropy secret whose prefix says what kind it is, so that a leaked one can be recognised."""
    return f"{prefix}_{secrets.token_urlsafe(nbytes)}"


def new_digits(count: int) -> str:
    """Return a code of `count` decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def new_letters(count: int, alphabet: str) -> str:
    """Return a code of `count` letters of an alphabet."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def new_bytes(count: int) -> bytes:
    """Return random bytes, for nonces and keys."""
    return secrets.token_bytes(count)
