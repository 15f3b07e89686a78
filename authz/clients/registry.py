"""The registry of clients: adding, finding, suspending, giving a new secret.

A process keeps what it read for two seconds: a client's metadata is read on every token request and changes once a
year. Suspension does not wait for that: token and push queries join the client's row.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from authz import audit, clock, crypto, entropy
from authz.clients import addresses
from authz.clients import metadata as rules
from authz.clients.models import Client, RegisteredClient
from authz.clients.profiles import PROFILES, SecurityProfile
from authz.db import claimed, reading, session
from authz.errors import Refusal

KEEP_SECONDS = 2.0
_query = select(Client.id, Client.secret_digest, Client.profile, Client.catalogue_entry_id, Client.status,
                Client.registration)  # fmt: skip


class UnknownClient(Refusal):
    """No client of that id."""

    code = "invalid_client"
    status = 404
    description = "There is no such client."


def find(client_id: str) -> RegisteredClient | None:
    """Find a client that is not suspended, from this process's memory if it was read moments ago."""
    memory: dict[str, tuple[float, RegisteredClient | None]] = current_app.extensions.setdefault("clients", {})
    kept = memory.get(client_id)
    now = time.monotonic()
    if kept and now - kept[0] < KEEP_SECONDS:
        return kept[1]
    client = _read(client_id)
    if client is None or client.status == "suspended":
        return None
    if len(memory) > 10_000:
        memory.clear()
    memory[client_id] = (now, client)
    return client


def add(registration: dict[str, Any], *, known_scopes: list[str]) -> tuple[RegisteredClient, str | None]:
    """Register a client from RFC 7591 metadata; returns it with its secret, which is shown this once."""
    return keep(check(registration, known_scopes=known_scopes))


def check(registration: dict[str, Any], *, known_scopes: list[str]) -> dict[str, Any]:
    """Return the whole metadata of a registration, or refuse it; asks other servers, so nothing may be written yet."""
    metadata = rules.complete(registration, known_scopes=known_scopes)
    addresses.check(metadata)
    return metadata


def keep(metadata: dict[str, Any]) -> tuple[RegisteredClient, str | None]:
    """Keep a client whose metadata were checked; returns it with its secret."""
    client_id = metadata.pop("client_id", None) or f"client-{entropy.new_id()}"
    if len(client_id) > 64 or not client_id.isascii() or not client_id.isprintable() or " " in client_id:
        raise rules.InvalidClientMetadata("client_id must be at most 64 printable ASCII characters")
    if _read(client_id):
        raise rules.InvalidClientMetadata(f"client_id {client_id} is taken")
    secret = entropy.new_secret("apcs") if rules.needs_secret(metadata) else None
    entry = metadata.get("catalogue_entry")
    row = Client(
        id=client_id,
        secret_digest=crypto.digest(secret) if secret else None,
        profile=metadata.get("profile", "oauth21"),
        catalogue_entry_id=entry["id"] if isinstance(entry, dict) else entry,
        status="active",
        registration=json.dumps(metadata),
        created_at=clock.now(),
    )
    session().add(row)
    audit.record("client:add", client_id=client_id)
    return _registered(row), secret


def list_all() -> list[RegisteredClient]:
    """List every client, suspended ones too, by id."""
    return [_registered(row) for row in session().execute(_query.order_by(Client.id))]


def get(client_id: str) -> RegisteredClient:
    """Return a client whatever its status; refuses an unknown one."""
    row = session().execute(_query.where(Client.id == client_id)).first()
    if row is None:
        raise UnknownClient(reason=client_id)
    return _registered(row)


def set_status(client_id: str, status: str) -> None:
    """Suspend (`suspended`) or resume (`active`) a client."""
    if not claimed(session().execute(update(Client).where(Client.id == client_id).values(status=status))):
        raise UnknownClient(reason=client_id)
    _forget(client_id)
    audit.record(f"client:{'suspend' if status == 'suspended' else 'resume'}", client_id=client_id)


def replace_metadata(client: RegisteredClient, metadata: dict[str, Any]) -> str | None:
    """Put other metadata, already checked, in the place of a client's; returns a secret if it now needs one."""
    secret = entropy.new_secret("apcs") if rules.needs_secret(metadata) and client.secret_digest is None else None
    kept = (client.secret_digest or crypto.digest(secret or "")) if rules.needs_secret(metadata) else None
    values = {"secret_digest": kept, "registration": json.dumps(metadata)}
    session().execute(update(Client).where(Client.id == client.id).values(values))
    _forget(client.id)
    audit.record("client:replace", client_id=client.id)
    return secret


def publish(client_id: str, entry_id: str) -> None:
    """Put a client on trial into the catalogue, under an entry."""
    metadata = {name: value for name, value in get(client_id).metadata.items() if name != "on_trial"}
    values = {"catalogue_entry_id": entry_id, "registration": json.dumps(metadata | {"catalogue_entry": entry_id})}
    session().execute(update(Client).where(Client.id == client_id).values(values))
    _forget(client_id)
    audit.record("client:publish", client_id=client_id, entry=entry_id)


def rotate_secret(client_id: str) -> str:
    """Give a client a new secret and return it; the old one is dead within two seconds in every process."""
    if get(client_id).secret_digest is None:
        raise rules.InvalidClientMetadata("This client proves itself without a secret.")
    secret = entropy.new_secret("apcs")
    session().execute(update(Client).where(Client.id == client_id).values(secret_digest=crypto.digest(secret)))
    _forget(client_id)
    audit.record("client:secret:rotate", client_id=client_id)
    return secret


def _forget(client_id: str) -> None:
    current_app.extensions.get("clients", {}).pop(client_id, None)


def _read(client_id: str) -> RegisteredClient | None:
    if "\x00" in client_id or len(client_id) > 64:
        return None
    with reading() as connection:
        row = connection.execute(_query.where(Client.id == client_id)).first()
    return _registered(row) if row else None


def _registered(row: Any) -> RegisteredClient:  # a Client, or the same columns of one
    metadata = json.loads(row.registration)
    profile = _profile(row.profile, metadata)
    return RegisteredClient(row.id, row.secret_digest, profile, row.catalogue_entry_id, row.status, metadata)


def _profile(name: str, metadata: dict[str, Any]) -> SecurityProfile:
    profile = PROFILES[name]
    if metadata.get("pkce_required", True) is False:
        return replace(profile, pkce_required=False)
    return profile
