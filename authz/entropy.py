"""The only module that draws randomness."""

from __future__ import annotations

import secrets

from authz import clock


def new_id() -> str:
    """Return a row id: 32 hex characters, ordered by time to the millisecond, with 80 random bits behind it."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return f"{milliseconds:012x}{secrets.token_hex(10)}"


def new_secret(prefix: str, nbytes: int = 32) -> str:
    """Return a high-entropy secret whose prefix says what kind it is, so that a leaked one can be recognised."""
    return f"{prefix}_{secrets.token_urlsafe(nbytes)}"


def new_digits(count: int) -> str:
    """Return a code of `count` decimal digits, leading zeros kept."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def new_bytes(count: int) -> bytes:
    """Return random bytes, for nonces and keys."""
    return secrets.token_bytes(count)
