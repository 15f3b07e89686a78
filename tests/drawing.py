"""Pictures of a given size, drawn byte by byte: as much of each format as tells what it is."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

Draw = Callable[[int, int], bytes]


def png(width: int, height: int) -> bytes:
    """Draw a grey PNG, which a browser shows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def gif(width: int, height: int) -> bytes:
    """Draw the head of a GIF."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def jpeg(width: int, height: int, *, before: bytes = b"") -> bytes:
    """Draw a JPEG down to the frame that has its size, with markers before that."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + application + before + frame


def webp(width: int, height: int, kind: bytes = b"VP8X") -> bytes:
    """Draw the head of a WebP: extended, lossless or lossy."""
    inside = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little"),
        b"VP8 ": b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height),
    }[kind]
    return b"RIFF" + struct.pack("<I", 12 + len(inside)) + b"WEBP" + kind + struct.pack("<I", len(inside)) + inside
