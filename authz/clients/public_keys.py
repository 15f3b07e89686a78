"""The public keys of clients: registered with them, or fetched from their `jwks_uri`.

Nobody is asked once a unit has begun: on SQLite it would hold up every writer for as long as that server dawdles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authz import db, remote
from authz.clients.models import RegisteredClient


def read(
    client: RegisteredClient, token: str, algorithms: list[str], *, types: tuple[str | None, ...] | None = None
) -> dict[str, Any] | None:
    """Return the claims of a JWT that one of the client's keys signed, or None; claims are the caller's to check."""
    return remote.read_signed(sets_of(client), token, algorithms, types=types)


def sets_of(client: RegisteredClient) -> Iterator[dict[str, Any]]:
    """Yield the client's key set, and, should the caller not find there what it looks for, the set fetched anew."""
    uri = client.metadata.get("jwks_uri")
    if not isinstance(uri, str):
        yield client.metadata.get("jwks", {})
    elif db.has_begun():
        yield remote.known_keys(uri)
    else:
        yield from remote.key_sets(uri)
