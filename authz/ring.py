"""The ring of sealing secrets, newest first: the setting, or a file that running processes read again when it changes.

A line of the file is a secret, and for a new one ` from INSTANT`: until then it only opens, so that every process knows
it before any seals with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from authz import clock, entropy, ownership
from authz.errors import Refusal
from authz.settings import SHORTEST_SECRET, Settings

KEY_FILE = "secret.key"
LOOK_EVERY = 1.0  # seconds between two looks at the file's date
_kept: dict[Path, tuple[float, tuple[int, int, int], Ring]] = {}


class RingUnfit(Refusal):
    """The sealing secrets are not ones that can be used."""

    code = "secret_unfit"
    description = "The file of the sealing keys is empty, or one of its keys is shorter than 32 characters."


@dataclass(frozen=True)
class Secret:
    """One secret of the ring; nothing is sealed with it before `used_from`."""

    text: str
    used_from: datetime | None = None

    @property
    def name(self) -> str:
        """What sealed values and people call it."""
        return _name(self.text)

    @property
    def line(self) -> str:
        """How the file says it."""
        return f"{self.text} from {self.used_from.isoformat()}" if self.used_from else self.text


@dataclass(frozen=True)
class Ring:
    """The secrets, newest first."""

    secrets: tuple[Secret, ...]

    def active(self, now: datetime) -> Secret:
        """Return the secret that seals now."""
        used = [secret for secret in self.secrets if secret.used_from is None or secret.used_from <= now]
        return used[0] if used else self.secrets[-1]

    def find(self, name: str) -> Secret | None:
        """Find a secret by its name."""
        return next((secret for secret in self.secrets if secret.name == name), None)


def current(config: Settings, *, is_fresh: bool = False) -> Ring:
    """Return the ring; of a file, as it was at most a second ago, or just now with `is_fresh`."""
    path = place(config)
    if path is None:
        return _parsed(config.secret_key)
    kept, now = _kept.get(path), time.monotonic()
    if kept and not is_fresh and now - kept[0] < LOOK_EVERY:
        return kept[2]
    if kept is None and not config.secret_key_file and not path.exists():
        _make(path)
    ring = _read(path, kept[2] if kept else None, kept[1] if kept else None)
    _kept[path] = (now, *ring)
    return ring[1]


def place(config: Settings) -> Path | None:
    """Return the file that the ring is in, None where it is a setting's own text."""
    if config.secret_key_file:
        return Path(config.secret_key_file).resolve()
    return None if config.secret_key else (config.data_dir / KEY_FILE).resolve()


@contextmanager
def changing(path: Path) -> Iterator[Ring]:
    """Hold the file's folder, so that of two who change the ring one waits; gives the ring as it is."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield _parsed(path.read_text(encoding="ascii"))
    finally:
        os.close(folder)


def write(path: Path, ring: Ring) -> None:
    """Put another ring in the file's place, whole or not at all, for its owner alone, or its group where it is so."""
    part = _written(path, "".join(f"{secret.line}\n" for secret in ring.secrets), like=path)
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    _kept.pop(path, None)


def _read(path: Path, kept: Ring | None, stamp: tuple[int, int, int] | None) -> tuple[tuple[int, int, int], Ring]:
    """Read the file if it is another one than before; one that is not there or half-written changes nothing."""
    try:
        found = path.stat()
        now = (found.st_mtime_ns, found.st_ino, found.st_size)
        if kept is not None and now == stamp:
            return now, kept
        return now, _parsed(path.read_text(encoding="ascii"))
    except (OSError, ValueError, RingUnfit):
        if kept is None or stamp is None:
            raise
        return stamp, kept


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _written(path, entropy.new_secret("apk", 48))
    try:
        os.link(part, path)  # fails if another process was first: its secret is the one that counts
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _written(path: Path, text: str, *, like: Path | None = None) -> Path:
    part = path.with_name(f"{path.name}.{entropy.new_id()}")  # a name for each maker, threads too
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if like:
            ownership.hand_over(handle, like)
            os.fchmod(handle, _mode(like))
        os.write(handle, text.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    return part


def _mode(path: Path) -> int:
    """Return who may read a file that takes another's place: the group if it alone might, besides the owner."""
    return 0o640 if path.stat().st_mode & 0o047 == 0o040 else 0o600


@lru_cache(maxsize=16)
def _parsed(text: str) -> Ring:
    secrets = tuple(_secret(part) for part in re.split(r"[,\n]", text) if part.strip())
    if not secrets or any(len(secret.text) < SHORTEST_SECRET for secret in secrets):
        raise RingUnfit()
    return Ring(secrets)


def _secret(part: str) -> Secret:
    text, _, instant = part.strip().partition(" from ")
    try:
        return Secret(text, datetime.fromisoformat(instant).astimezone(UTC) if instant else None)
    except ValueError as error:
        raise RingUnfit() from error


@lru_cache(maxsize=32)
def _name(text: str) -> str:
    return hashlib.sha256(b"name:" + text.encode()).hexdigest()[:8]


def now_active(config: Settings) -> Secret:
    """Return the secret that seals now."""
    return current(config).active(clock.now())
