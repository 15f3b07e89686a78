"""The messages in the local sinks, read back: for the page that shows them, and for the terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

FOLDERS = {"mail": "e-mail", "sms": "SMS"}


@dataclass(frozen=True)
class Letter:
    """One message as its owner gets it."""

    name: str
    kind: str
    to: str
    subject: str
    text: str
    created_at: str


def names(data: Path) -> set[str]:
    """Return the names of all messages there are."""
    return {f"{folder}/{path.name}" for folder in FOLDERS for path in (data / folder).glob("*.json")}


def read(data: Path, name: str) -> Letter:
    """Read one message."""
    told = json.loads((data / name).read_text(encoding="utf-8"))
    kind = FOLDERS[name.partition("/")[0]]
    return Letter(name, kind, told["to"], told["subject"] or "", told["text"], told["created_at"])


def hour(letter: Letter, zone: tzinfo) -> str:
    """Return when a message was sent, on the clock of a zone: 08:10:05."""
    return f"{datetime.fromisoformat(letter.created_at).astimezone(zone):%H:%M:%S}"


def newest(data: Path, limit: int = 50) -> list[Letter]:
    """List the newest messages, the last first."""
    found = sorted((read(data, name) for name in names(data)), key=lambda letter: letter.created_at, reverse=True)
    return found[:limit]
