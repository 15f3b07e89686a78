"""What a picture is, told by its own bytes: PNG, JPEG, GIF or WebP, and how many pixels it would unfold to. Pure.

A drawing (SVG) is none of them: it is a document, with links and scripts. The name and the type that a server gives to
what it sends do not count.
"""

from __future__ import annotations

from collections.abc import Callable

MOST_PIXELS = 2048  # along a side: a few kilobytes that say more would fill the memory of a patient's phone
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's SOF markers (ITU-T T.81, table B.1)
_ALONE = {0x01, *range(0xD0, 0xD8)}  # JPEG's markers without a length


def type_of(body: bytes) -> str:
    """Return the media type of a picture, empty when it is none that is taken."""
    for media_type, starts, size in _KINDS:
        if starts(body):
            width, height = size(body)
            return media_type if 0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS else ""
    return ""


def _png(body: bytes) -> tuple[int, int]:
    if body[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(body[16:20]), int.from_bytes(body[20:24])


def _gif(body: bytes) -> tuple[int, int]:
    return int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")


def _webp(body: bytes) -> tuple[int, int]:
    kind = body[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[24:27], "little"), 1 + int.from_bytes(body[27:30], "little")
    if kind == b"VP8L" and body[20:21] == b"\x2f":
        bits = int.from_bytes(body[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(body[26:28], "little") & 0x3FFF, int.from_bytes(body[28:30], "little") & 0x3FFF
    return 0, 0


def _jpeg(body: bytes) -> tuple[int, int]:
    """Walk from segment to segment to the frame that says the size."""
    at = 2
    while at + 9 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(body[at + 7 : at + 9]), int.from_bytes(body[at + 5 : at + 7])
        if marker == 0xFF:  # a byte that fills up
            at += 1
        else:
            at += 2 if marker in _ALONE else 2 + max(2, int.from_bytes(body[at + 2 : at + 4]))
    return 0, 0


def _is_webp(body: bytes) -> bool:
    return body[:4] == b"RIFF" and body[8:12] == b"WEBP"


_KINDS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], tuple[int, int]]], ...] = (
    ("image/png", lambda body: body.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    ("image/jpeg", lambda body: body.startswith(b"\xff\xd8\xff"), _jpeg),
    ("image/gif", lambda body: body.startswith((b"GIF87a", b"GIF89a")), _gif),
    ("image/webp", _is_webp, _webp),
)
