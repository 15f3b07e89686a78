"""HTTP/1.1 as bytes for the load generator: requests built whole, replies cut from a buffer with little Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.I)
_LOCATION = re.compile(rb"\r\nlocation:[ \t]*([^\r\n]+)", re.I)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.I)
_BODILESS = frozenset((204, 304))


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the status, the raw head and the decoded body."""

    status: int
    head: bytes
    body: bytes

    @property
    def location(self) -> str:
        """Return where the answer sends the browser, or an empty string."""
        found = _LOCATION.search(self.head)
        return found.group(1).decode("latin-1") if found else ""

    @property
    def closes(self) -> bool:
        """Tell whether the server means to close the connection."""
        return _CLOSE.search(self.head) is not None


def get(host: str, target: str, headers: str = "") -> bytes:
    """Build a GET; `headers` are finished lines, each with its line end."""
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode("latin-1")


def post(host: str, target: str, body: bytes, headers: str = "") -> bytes:
    """Build a POST of finished bytes."""
    head = f"POST {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def post_form(host: str, target: str, fields: dict[str, str], headers: str = "") -> bytes:
    """Build a POST of a form."""
    return post(
        host, target, urlencode(fields).encode(), headers + "Content-Type: application/x-www-form-urlencoded\r\n"
    )


def target_of(url: str) -> str:
    """Return the path and query of an address, as a request line wants them."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def cut(buffer: bytearray) -> Reply | None:
    """Take one whole reply off the front of the buffer, or nothing while it is incomplete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[: end + 2])
    status = int(head[9:12])
    start = end + 4
    length = _LENGTH.search(head)
    if length:
        stop = start + int(length.group(1))
        if len(buffer) < stop:
            return None
        body = bytes(buffer[start:stop])
    elif _CHUNKED.search(head):
        chunks = _dechunk(buffer, start)
        if chunks is None:
            return None
        body, stop = chunks
    elif status in _BODILESS:
        body, stop = b"", start
    else:
        raise ValueError(f"a reply without a length: {head[:200]!r}")
    del buffer[:stop]
    return Reply(status, head, body)


def _dechunk(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    parts: list[bytes] = []
    while True:
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return None
        size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        start = line + 2
        if len(buffer) < start + size + 2:
            return None
        if size == 0:
            return b"".join(parts), start + 2
        parts.append(bytes(buffer[start : start + size]))
        at = start + size + 2
