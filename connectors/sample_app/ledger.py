"""What the sample partner keeps beside its links, in one SQLite file: imports, deliveries, exchanges, browsers away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.kit import Exchange, doors

KEPT_EXCHANGES = 200
SCHEMA = """
CREATE TABLE IF NOT EXISTS import (id TEXT PRIMARY KEY, at TEXT, name TEXT, size INTEGER, lines INTEGER, content BLOB);
CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, at TEXT, what TEXT, about TEXT, result TEXT, text TEXT,
    detail TEXT);
CREATE TABLE IF NOT EXISTS exchange (id INTEGER PRIMARY KEY, at TEXT, content TEXT);
CREATE TABLE IF NOT EXISTS away (id TEXT PRIMARY KEY, at REAL, content TEXT);
"""
# A browser that has not come back after an hour will not.
AWAY_SECONDS = 3600.0


@dataclass(frozen=True)
class Import:
    """An export file the user brought in."""

    id: str
    at: str
    name: str
    size: int
    lines: int


@dataclass(frozen=True)
class Delivery:
    """One thing sent: `result` is created, existing, refused or failed, `text` the key of a sentence that says why."""

    at: str
    what: str
    about: str
    result: str
    text: str
    detail: dict[str, Any]


class Ledger:
    """The file, opened for each statement: threads need not share a connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with self._opened() as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.executescript(SCHEMA)

    def add_import(self, name: str, content: bytes) -> str:
        """Keep an export file and return its id; the same file twice is one import."""
        known = self._rows("SELECT id FROM import WHERE content = ?", content)
        if known:
            return str(known[0][0])
        new_id, lines = doors.new_secret(9), content.count(b"\n")
        values = (new_id, _now(), name, len(content), lines, content)
        self._rows("INSERT INTO import VALUES (?, ?, ?, ?, ?, ?)", *values)
        return new_id

    def list_imports(self) -> list[Import]:
        """List imports, the newest first."""
        rows = self._rows("SELECT id, at, name, size, lines FROM import ORDER BY at DESC, id")
        return [Import(*row) for row in rows]

    def find_content(self, import_id: str) -> tuple[str, bytes] | None:
        """Return an import's name and bytes."""
        rows = self._rows("SELECT name, content FROM import WHERE id = ?", import_id)
        return (rows[0][0], rows[0][1]) if rows else None

    def note(self, what: str, about: str, *, result: str, text: str = "", detail: dict[str, Any] | None = None) -> None:
        """Keep what became of one thing sent."""
        values = (_now(), what, about, result, text, json.dumps(detail or {}))
        self._rows("INSERT INTO delivery (at, what, about, result, text, detail) VALUES (?, ?, ?, ?, ?, ?)", *values)

    def list_deliveries(self, most: int = 20) -> list[Delivery]:
        """List what was sent, the newest first."""
        query = "SELECT at, what, about, result, text, detail FROM delivery ORDER BY id DESC LIMIT ?"
        return [
            Delivery(at, what, about, result, text, json.loads(detail))
            for at, what, about, result, text, detail in self._rows(query, most)
        ]

    def observe(self, exchange: Exchange) -> None:
        """Keep one HTTP exchange for the developer's page, and not too many of them."""
        self._rows("INSERT INTO exchange (at, content) VALUES (?, ?)", _now(), json.dumps(asdict(exchange)))
        self._rows("DELETE FROM exchange WHERE id <= (SELECT max(id) FROM exchange) - ?", KEPT_EXCHANGES)

    def list_exchanges(self) -> list[tuple[str, Exchange]]:
        """List exchanges with their instants, the newest first."""
        rows = self._rows("SELECT at, content FROM exchange ORDER BY id DESC")
        return [(at, Exchange(**json.loads(content))) for at, content in rows]

    def clear_exchanges(self) -> None:
        """Empty the log."""
        self._rows("DELETE FROM exchange")

    def send_away(self, pending: str) -> str:
        """Keep what a browser must find when it is back; return the name its session keeps."""
        name, now = doors.new_secret(), doors.now().timestamp()
        self._rows("DELETE FROM away WHERE at < ?", now - AWAY_SECONDS)
        self._rows("INSERT INTO away VALUES (?, ?, ?)", name, now, pending)
        return name

    def take_back(self, name: str) -> str | None:
        """Return what was kept for a browser, once."""
        oldest = doors.now().timestamp() - AWAY_SECONDS
        rows = self._rows("DELETE FROM away WHERE id = ? AND at >= ? RETURNING content", name, oldest)
        return str(rows[0][0]) if rows else None

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._opened() as file:
            return file.execute(statement, values).fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10.0, isolation_level=None)) as file:
            yield file


def _now() -> str:
    return doors.now().isoformat(timespec="seconds")
