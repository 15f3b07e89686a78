"""The local sink of e-mails and SMS: one JSON file a message, for development and tests."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from authz.errors import Unavailable
from authz.notifications.channels.envelope import Envelope


def deliver(envelope: Envelope, folder: Path) -> None:
    """Write the message as `<id>.json`, whole or not at all."""
    told = {"to": envelope.to, "subject": envelope.subject, "text": envelope.text}
    text = json.dumps(told | {"created_at": envelope.created_at.isoformat()}, ensure_ascii=False, indent=1)
    part = folder / f".{envelope.id}.{os.getpid()}.{threading.get_ident()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(folder / f"{envelope.id}.json")
    except OSError as error:
        raise Unavailable(f"sink: {type(error).__name__}", retry=True) from error


def folder_of(url: str, otherwise: Path) -> Path | None:
    """Return the folder that a `file:` address names, the other one for an empty address, None for any other."""
    if not url:
        return otherwise
    scheme, _, path = url.partition(":")
    return Path(path.removeprefix("//")) if scheme == "file" else None
