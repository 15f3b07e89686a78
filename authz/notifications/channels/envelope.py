"""What a channel is given to deliver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Envelope:
    """One rendered message and where it goes; `id` is the outbox row's, the same at every attempt."""

    id: str
    to: str
    subject: str
    text: str
    lang: str
    created_at: datetime
