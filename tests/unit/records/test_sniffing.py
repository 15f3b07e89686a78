"""What a file is, told from its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import sniffing
from tests.unit.records import samples

FILES = [
    (samples.PDF, sniffing.PDF),
    (b"%PDF-1.7 a fragment", None),
    (b"{\\rtf1\\ansi Bonjour}\n", sniffing.RTF),
    (b"{\\rtf1 a fragment", None),
    (b"\xff\xd8\xff\xe0..JFIF..\xff\xd9", sniffing.JPEG),
    (b"\xff\xd8\xff\xe0 a fragment", None),
    (b"II*\0rest", sniffing.TIFF),
    (b"MM\0*rest", sniffing.TIFF),
    ("Compte rendu, été 2026\r\n".encode(), sniffing.TEXT),
    ("Été".encode("latin-1"), None),
    (b"", None),
    (b"  \n", None),
    (b"MZ\x90\0\x03", None),
    (b"PK\x03\x04zip", None),
    (b"<html><script>", None),
    (b"\n <!DOCTYPE html>", None),
    (b"<?xml version='1.0'?><svg/>", None),
]


@pytest.mark.parametrize(("content", "found"), FILES)
def test_file_is_known_by_its_bytes(content: bytes, found: str | None) -> None:
    assert sniffing.find_type(content) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("application/pdf", sniffing.PDF), ("TEXT/RTF; charset=utf-8", sniffing.RTF), ("image/jpg", sniffing.JPEG),
     ("text/html", None), ("", None)],
)  # fmt: skip
def test_declared_type_is_known_or_not(text: str, found: str | None) -> None:
    assert sniffing.declared_type(text) == found


@given(st.binary(max_size=64))
def test_any_bytes_are_of_a_known_type_or_none(content: bytes) -> None:
    assert sniffing.find_type(content) in {None, *sniffing.EXTENSIONS}
