"""Where links are kept, and who of several workers may refresh one: a contract and its SQLite form."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from connectors.kit import doors
from connectors.kit.tokens import TokenSet

SCHEMA = """
CREATE TABLE IF NOT EXISTS link (
    key TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    tokens TEXT NOT NULL,
    over TEXT,
    over_at REAL,
    holder TEXT,
    held_until REAL
)
"""


@dataclass(frozen=True)
class Held:
    """A stored link: its tokens, the version a writer must still find, and why it is over, if it is.

    Versions are drawn, not counted: a link that was dropped and made anew never looks like the old one.
    """

    tokens: TokenSet
    version: str
    over: str | None
    over_at: datetime | None


class TokenStore(Protocol):
    """What the kit asks of a store; each verb is atomic for every process that shares it."""

    def find(self, key: str) -> Held | None:
        """Return the link under a key."""

    def save(self, key: str, tokens: TokenSet) -> None:
        """Keep a new link, in place of any former one."""

    def claim(self, key: str, version: str, *, holder: str, now: datetime, lease: timedelta) -> bool:
        """Win the right to refresh this version; a lease that ran out can be won again."""

    def replace(self, key: str, version: str, tokens: TokenSet) -> bool:
        """Put the successor in place of this version, unless somebody did already; it is over no longer, if it was."""

    def release(self, key: str, *, holder: str) -> None:
        """Give a lease back unused."""

    def mark(self, key: str, version: str, *, over: str | None, now: datetime) -> None:
        """Keep that, and since when, this version does not work any more; None takes that back."""

    def forget(self, key: str) -> None:
        """Drop the link."""


class SqliteStore:
    """Links in one SQLite file that the workers of one machine share; the file is for its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with self._opened() as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute(SCHEMA)

    def find(self, key: str) -> Held | None:
        """Return the link under a key."""
        with self._opened() as file:
            row = file.execute("SELECT tokens, version, over, over_at FROM link WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        over_at = datetime.fromtimestamp(row[3], UTC) if row[2] else None
        return Held(TokenSet.parse(row[0]), row[1], row[2], over_at)

    def save(self, key: str, tokens: TokenSet) -> None:
        """Keep a new link, in place of any former one."""
        self._write(
            "INSERT INTO link (key, version, tokens) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
            " version = excluded.version, tokens = excluded.tokens, over = NULL, over_at = NULL,"
            " holder = NULL, held_until = NULL",
            (key, doors.new_secret(8), tokens.dump()),
        )

    def claim(self, key: str, version: str, *, holder: str, now: datetime, lease: timedelta) -> bool:
        """Win the right to refresh this version; a lease that ran out can be won again."""
        return self._write(
            "UPDATE link SET holder = ?, held_until = ?"
            " WHERE key = ? AND version = ? AND (held_until IS NULL OR held_until <= ?)",
            (holder, (now + lease).timestamp(), key, version, now.timestamp()),
        )

    def replace(self, key: str, version: str, tokens: TokenSet) -> bool:
        """Put the successor in place of this version, unless somebody did already; it is over no longer, if it was."""
        return self._write(
            "UPDATE link SET version = ?, tokens = ?, over = NULL, over_at = NULL, holder = NULL, held_until = NULL"
            " WHERE key = ? AND version = ?",
            (doors.new_secret(8), tokens.dump(), key, version),
        )

    def release(self, key: str, *, holder: str) -> None:
        """Give a lease back unused."""
        self._write("UPDATE link SET holder = NULL, held_until = NULL WHERE key = ? AND holder = ?", (key, holder))

    def mark(self, key: str, version: str, *, over: str | None, now: datetime) -> None:
        """Keep that, and since when, this version does not work any more; None takes that back."""
        self._write(
            "UPDATE link SET over = ?, over_at = ?, holder = NULL, held_until = NULL WHERE key = ? AND version = ?",
            (over, now.timestamp(), key, version),
        )

    def forget(self, key: str) -> None:
        """Drop the link."""
        self._write("DELETE FROM link WHERE key = ?", (key,))

    def _write(self, statement: str, values: tuple[object, ...]) -> bool:
        with self._opened() as file:
            return file.execute(statement, values).rowcount == 1

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # One statement is one transaction here, so autocommit is the whole story.
        with closing(sqlite3.connect(self._path, timeout=10.0, isolation_level=None)) as file:
            yield file
