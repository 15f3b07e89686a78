"""Where patients read their messages: the sinks, after the worker has delivered what was due."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

CODE = re.compile(r"(?<!\d)(\d{3})[ \u00a0\u202f]?(\d{3})(?!\d)")


class Mailbox:
    """Everybody's e-mails and text messages."""

    def __init__(self, folders: list[Path], deliver: Callable[[], object]) -> None:
        self._folders = folders
        self._deliver = deliver

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """Deliver what is due and return what one destination (or anyone) has received, oldest first."""
        self._deliver()
        files = [path for folder in self._folders for path in folder.glob("*.json")]
        found: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(files)]
        found.sort(key=lambda message: str(message["created_at"]))
        return [message for message in found if to is None or message["to"] == to]

    def code_for(self, to: str) -> str:
        """Return the six digits of the newest message to a destination."""
        for message in reversed(self.messages(to)):
            found = CODE.search(f"{message.get('subject') or ''}\n{message['text']}")
            if found:
                return "".join(found.groups())
        raise AssertionError(f"no code has reached {to}")
