"""Letters: one file a batch, a page a letter, for an operator to print and send; only its owner may read the file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from authz.errors import Unavailable
from authz.settings import Settings

CHANNEL = "letter"
# The window of a French envelope (DL, C6/5) is on the right, 45 mm from the top.
_STYLE = """
@page { size: A4; margin: 20mm }
body { font: 12pt/1.5 sans-serif; margin: 0; color: #000 }
section { break-after: page; min-height: 250mm }
.to { margin: 25mm 0 20mm 85mm; min-height: 30mm; white-space: pre-line }
.text { white-space: pre-line }
"""


@dataclass(frozen=True)
class Letter:
    """One page: to whom, in which language, and what it says."""

    address: str
    lang: str
    subject: str
    text: str


def deliver(message_id: str, letters: Iterable[Letter], config: Settings) -> None:
    """Write the file of a batch, whole or not at all; doing it again changes nothing. Raises Unavailable."""
    path = file_of(message_id, config)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(_page(letters, config.brand_name))
        _settle(part)
        part.replace(path)
        _settle(path.parent)  # its new name, too
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise Unavailable(f"letter: {type(error).__name__}", retry=True) from error


def file_of(message_id: str, config: Settings) -> Path:
    """Return where the letters of a batch are, or will be."""
    return config.data_dir / "letters" / f"{message_id}.html"


def _settle(path: Path) -> None:
    """See to it that a file outlives a power cut: its message is wiped once it is written."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _page(letters: Iterable[Letter], title: str) -> str:
    pages = "".join(map(_section, letters))
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f"<!doctype html>\n<html><head>{head}</head>\n<body>{pages}</body></html>\n"


def _section(letter: Letter) -> str:
    parts = (("p", "to", letter.address), ("h1", "", letter.subject), ("div", "text", letter.text))
    body = "".join(f'<{tag} class="{name}">{escape(text)}</{tag}>' for tag, name, text in parts)
    return f'<section lang="{escape(letter.lang)}">{body}</section>\n'
