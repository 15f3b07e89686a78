"""Pictures are known by their own bytes, and by how many pixels they would unfold to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.clients import pictures
from tests import drawing

STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF\0\0\0\0WEBPVP8L")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (drawing.png(64, 48), "image/png"),
        (drawing.gif(64, 48), "image/gif"),
        (drawing.jpeg(64, 48), "image/jpeg"),
        (drawing.jpeg(64, 48, before=b"\xff\xff\x01"), "image/jpeg"),
        (drawing.webp(64, 48), "image/webp"),
        (drawing.webp(64, 48, b"VP8L"), "image/webp"),
        (drawing.webp(64, 48, b"VP8 "), "image/webp"),
    ],
)
def test_picture_is_known(body: bytes, media_type: str) -> None:
    assert pictures.type_of(body) == media_type


@pytest.mark.parametrize("side", [0, pictures.MOST_PIXELS + 1])
@pytest.mark.parametrize("draw", [drawing.png, drawing.gif, drawing.jpeg])
def test_picture_of_no_size_or_of_a_huge_one_is_none(draw: drawing.Draw, side: int) -> None:
    assert pictures.type_of(draw(side, 10)) == ""
    assert pictures.type_of(draw(10, side)) == ""


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_huge_webp_is_none(kind: bytes) -> None:
    side = pictures.MOST_PIXELS
    assert pictures.type_of(drawing.webp(side, side, kind)) == "image/webp"
    assert pictures.type_of(drawing.webp(side + 1, 10, kind)) == ""
    assert pictures.type_of(drawing.webp(10, side + 1, kind)) == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><title>x</title>",
        b"\x89PNG\r\n\x1a\n<html>",
        b"\xff\xd8\xff\xd9" + bytes(40),
        b"RIFF\0\0\0\0WEBPnone" + bytes(40),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(40),
        b"BM" + bytes(60),
        b"%PDF-1.7",
    ],
)
def test_anything_else_is_no_picture(body: bytes) -> None:
    assert pictures.type_of(body) == ""


@given(st.sampled_from(STARTS), st.binary(max_size=80))
def test_no_bytes_are_a_fault(start: bytes, rest: bytes) -> None:
    assert pictures.type_of(start + rest) in ("", "image/png", "image/jpeg", "image/gif", "image/webp")
