"""Catalogue entries: what patients see of a service, and which scopes it asks for."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import LargeBinary, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from authz import audit, clock
from authz.catalogue.scopes import SCOPES, asked
from authz.clients.metadata import InvalidClientMetadata
from authz.clients.models import RegisteredClient
from authz.db import Base, Instant, reading, session

STATUSES = ("sandbox", "listed", "unlisted", "suspended")


class CatalogueEntry(Base):
    """What patients see of a service. `texts` and `scopes` are JSON."""

    __tablename__ = "catalogue_entry"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    oid: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    publisher: Mapped[str] = mapped_column(String(120))
    host: Mapped[str] = mapped_column(String(255))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_type: Mapped[str] = mapped_column(String(32))
    texts: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)
    terms_url: Mapped[str] = mapped_column(String(500))
    privacy_url: Mapped[str] = mapped_column(String(500))
    support: Mapped[str] = mapped_column(String(255))
    start_url: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16))
    updated_at: Mapped[datetime] = mapped_column(Instant)


KEEP_SECONDS = 2.0
_standing = select(CatalogueEntry.oid, CatalogueEntry.status).where(CatalogueEntry.id == bindparam("of"))


@dataclass(frozen=True)
class Standing:
    """What the protocol asks of an entry."""

    oid: str = ""
    status: str = "unlisted"


@dataclass(frozen=True)
class ScopeAsk:
    """How an entry asks for a scope: whether it is required, and how long the app keeps the data, by language."""

    name: str
    required: bool
    kept: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """A catalogue entry as pages and protocol use it."""

    id: str
    oid: str
    name: str
    publisher: str
    host: str
    has_logo: bool
    descriptions: dict[str, str]
    asks: tuple[ScopeAsk, ...]
    terms_url: str
    privacy_url: str
    support: str
    start_url: str
    status: str

    def ask(self, name: str) -> ScopeAsk:
        """Return how the entry asks for a scope; optional and unspoken where it says nothing."""
        return next((ask for ask in self.asks if ask.name == name), ScopeAsk(name, False, {}))


def put(spec: dict[str, Any]) -> Entry:
    """Add or replace an entry from its description; refuses with every problem named."""
    problems = list(_problems(spec))
    if problems:
        raise InvalidClientMetadata("; ".join(problems))
    logo = str(spec.get("logo_svg", "")).encode() or None
    row = session().get(CatalogueEntry, spec["id"]) or CatalogueEntry(id=spec["id"])
    for name in ("oid", "name", "publisher", "host"):
        setattr(row, name, spec[name])
    for name in ("terms_url", "privacy_url", "support", "start_url"):
        setattr(row, name, spec.get(name, ""))
    row.status = spec.get("status", "sandbox")
    row.texts = json.dumps(spec.get("descriptions", {}), ensure_ascii=False)
    row.scopes = json.dumps(spec.get("scopes", []), ensure_ascii=False)
    row.logo, row.logo_type, row.updated_at = logo, "image/svg+xml" if logo else "", clock.now()
    session().add(row)
    _memory().pop(spec["id"], None)
    audit.record("catalogue:put", entry=spec["id"])
    return _entry(row)


def find(entry_id: str | None) -> Entry | None:
    """Find an entry by its id."""
    row = session().get(CatalogueEntry, entry_id) if entry_id else None
    return _entry(row) if row else None


def standing(entry_id: str | None) -> Standing:
    """Return an entry's OID and status, kept for two seconds; those of none where there is none.

    What reads or writes data, or gives out tokens, does not rely on it: those queries join the entry's row.
    """
    if entry_id is None:
        return Standing()
    memory, now = _memory(), time.monotonic()
    kept = memory.get(entry_id)
    if kept and now - kept[0] < KEEP_SECONDS:
        return kept[1]
    with reading() as connection:
        row = connection.execute(_standing, {"of": entry_id}).first()
    if len(memory) > 10_000:
        memory.clear()
    memory[entry_id] = (now, Standing(row[0], row[1]) if row else Standing())
    return memory[entry_id][1]


def _memory() -> dict[str, tuple[float, Standing]]:
    memory: dict[str, tuple[float, Standing]] = current_app.extensions.setdefault("entries", {})
    return memory


def of_client(client: RegisteredClient) -> Entry:
    """Return what a patient sees of a client: its entry, or what its own metadata says when it has none."""
    entry = find(client.catalogue_entry_id)
    if entry:
        return entry
    uri = (client.redirect_uris or [""])[0]
    metadata = client.metadata
    asks = tuple(ScopeAsk(name, False, {}) for name in asked(" ".join(client.scopes)))
    return Entry(
        id=client.id, oid="", name=client.name, publisher="", host=_place(uri), has_logo=False,
        descriptions={}, asks=asks, terms_url=_https(metadata.get("tos_uri")),
        privacy_url=_https(metadata.get("policy_uri")), support="", start_url="",
        status="sandbox" if metadata.get("on_trial") else "unlisted",
    )  # fmt: skip


def logo(entry_id: str) -> tuple[bytes, str] | None:
    """Return an entry's logo and its media type."""
    row = (
        session()
        .execute(select(CatalogueEntry.logo, CatalogueEntry.logo_type).where(CatalogueEntry.id == entry_id))
        .first()
    )
    return (row[0], row[1]) if row and row[0] else None


def list_listed() -> list[Entry]:
    """List the entries that patients may browse, by name."""
    rows = session().scalars(
        select(CatalogueEntry).where(CatalogueEntry.status == "listed").order_by(CatalogueEntry.name)
    )
    return [_entry(row) for row in rows]


def _entry(row: CatalogueEntry) -> Entry:
    asks = tuple(
        ScopeAsk(ask["scope"], bool(ask.get("required")), ask.get("kept", {})) for ask in json.loads(row.scopes)
    )
    return Entry(
        id=row.id, oid=row.oid, name=row.name, publisher=row.publisher, host=row.host, has_logo=bool(row.logo_type),
        descriptions=json.loads(row.texts), asks=asks, terms_url=row.terms_url, privacy_url=row.privacy_url,
        support=row.support, start_url=row.start_url, status=row.status,
    )  # fmt: skip


def _place(uri: str) -> str:
    """Return where an answer goes: the host, or the scheme that an app on a phone listens for."""
    parts = urlsplit(uri)
    return parts.hostname or parts.scheme


def _https(address: object) -> str:
    return address if isinstance(address, str) and address.startswith(("https://", "http://localhost")) else ""


def _problems(spec: dict[str, Any]) -> list[str]:
    found = [
        f"catalogue_entry.{name} is needed"
        for name in ("id", "oid", "name", "publisher", "host")
        if not isinstance(spec.get(name), str) or not spec[name]
    ]
    found += [
        f"catalogue_entry.{name} must be an https address"
        for name in ("terms_url", "privacy_url", "start_url")
        if spec.get(name) and not _https(spec[name])
    ]
    if spec.get("status", "sandbox") not in STATUSES:
        found.append(f"catalogue_entry.status must be one of {', '.join(STATUSES)}")
    asks = spec.get("scopes", [])
    if not isinstance(asks, list) or any(not isinstance(ask, dict) or ask.get("scope") not in SCOPES for ask in asks):
        found.append("catalogue_entry.scopes must be a list of objects whose scope is a known unit of consent")
    if "<script" in str(spec.get("logo_svg", "")).lower():
        found.append("catalogue_entry.logo_svg must hold no script")
    return found
