"""Documents that others publish (key sets, metadata): fetched, kept, and fetched anew when something is missing there.

A key that is not known yet has its set fetched again (OpenID Connect Core §10.1.1), a few times a minute at most: who
sends made-up names of keys must not make us knock at somebody's door each time. Fetching happens where somebody
proves themselves, before the request has written anything.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from authz import clock, keys, logs, outbound
from authz.errors import Refusal, Unavailable

KEEP = timedelta(minutes=10)
STALE = timedelta(days=1)  # a document that cannot be fetched anew is believed for so long
FETCHES, PER = 3, timedelta(minutes=1)
MAX_BYTES = 64 * 1024
_log = logs.get(__name__)
_opening = threading.Lock()


@dataclass
class _Fetched:
    """What is behind one address, as this process knows it, and when it asked."""

    document: dict[str, Any] = field(default_factory=dict)
    fetched_at: datetime | None = None
    asked: list[datetime] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def read_signed(
    sets: Iterable[dict[str, Any]],
    token: str,
    algorithms: list[str],
    *,
    types: tuple[str | None, ...] | None = None,
) -> dict[str, Any] | None:
    """Return the claims of a JWT that a key of one of these sets signed, or None; claims are the caller's to check."""
    kid = keys.peek_header(token).get("kid")
    for jwks in sets:
        named = [key for key in _listed(jwks) if kid is None or key.get("kid") == kid]
        for key in named:
            claims = keys.read_foreign(token, {"keys": [key]}, algorithms, types=types)
            if claims is not None:
                return claims
        if named and kid is not None:
            return None
    return None


def key_sets(uri: str) -> Iterator[dict[str, Any]]:
    """Yield the key set behind an address, and, should the caller not find there what it looks for, as it is now."""
    for document in documents(uri):
        yield {"keys": _listed(document)}


def known_keys(uri: str) -> dict[str, Any]:
    """Return the key set behind an address as far as it is known here; asks nobody."""
    return {"keys": _listed(_kept(uri).document)}


def documents(uri: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON object behind an address, and, should the caller not be content with it, as it is now."""
    kept = _kept(uri)
    before = kept.fetched_at
    is_old = before is None or clock.now() - before >= KEEP
    if is_old:
        _fetch(uri, kept, before)
    yield kept.document
    if not is_old:
        _fetch(uri, kept, before)
        yield kept.document


def _fetch(uri: str, kept: _Fetched, before: datetime | None) -> None:
    """Fetch a document unless somebody else has just done so, or it was asked for too often."""
    with kept.lock:
        now = clock.now()
        kept.asked = [at for at in kept.asked if now - at < PER]
        if kept.fetched_at != before or len(kept.asked) >= FETCHES:
            return
        kept.asked.append(now)
        try:
            found = outbound.get_json(uri, max_bytes=MAX_BYTES)
            kept.document = found if isinstance(found, dict) else {}
            kept.fetched_at = now
        except (Refusal, Unavailable) as error:
            _log.warning("remote:unavailable", extra={"fault": str(error)})
            if kept.fetched_at is not None and now - kept.fetched_at >= STALE:
                kept.document = {}


def _kept(uri: str) -> _Fetched:
    memory: dict[str, _Fetched] = current_app.extensions.setdefault("remote_documents", {})
    with _opening:
        if len(memory) > 10_000:
            memory.clear()
        return memory.setdefault(uri, _Fetched())


def _listed(jwks: object) -> list[dict[str, Any]]:
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    return [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
