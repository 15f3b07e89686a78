"""The export as a zip that is written while it is sent: one document at a time is held, however large the record."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

Section = tuple[str, Any]
_LATEST = (2107, 12, 31, 23, 59, 58)  # what a zip can say of a date


class _Sink:
    """What is written and not yet sent; it cannot be sought in, so that sizes follow their entries."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep some bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is open."""

    def drain(self) -> bytes:
        """Hand over what was written since the last time."""
        found, self._parts = b"".join(self._parts), []
        return found


def stream(entries: Iterable[tuple[str, Iterable[bytes]]], *, at: datetime) -> Iterator[bytes]:
    """Yield a zip of named entries, each made of the pieces that it yields."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in entries:
            with archive.open(zipfile.ZipInfo(name, min(at.timetuple()[:6], _LATEST)), "w") as entry:
                for piece in pieces:
                    entry.write(piece)
                    if found := sink.drain():
                        yield found
    yield sink.drain()


def as_json(sections: Iterable[Section]) -> Iterator[bytes]:
    """Yield one JSON object of sections; one that is an iterator becomes an array, item by item."""
    yield b"{"
    for number, (name, value) in enumerate(sections):
        yield f"{',' if number else ''}\n{json.dumps(name)}: ".encode()
        yield from _array(value) if isinstance(value, Iterator) else [_text(value)]
    yield b"\n}\n"


def _array(items: Iterator[Any]) -> Iterator[bytes]:
    yield b"["
    for number, item in enumerate(items):
        yield (b",\n" if number else b"\n") + _text(item)
    yield b"\n]"


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
