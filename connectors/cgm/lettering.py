"""Which letters the report can show: an archival PDF is refused outright if one of them has no drawing."""

from __future__ import annotations

import unicodedata
from typing import Final


def _letters(*spans: tuple[int, int]) -> set[str]:
    return {chr(code) for first, last in spans for code in range(first, last + 1)}


# Latin: the report's own font, which lacks a few. Greek and Cyrillic letters: the serif that typst carries inside.
_MISSING: Final = set("\u00ad\u00b5ĈĉĔĕĜĝĤĥĨĩĬĭĴĵĸĿŀŉŊŋŌōŎŏŖŗŜŝŦŧŨũŬŭſ")
_LATIN: Final = _letters((0x20, 0x7E), (0xA0, 0x17F)) - _MISSING
_SIGNS: Final = set("–—‘’“”•…")
_OTHERS: Final = _letters((0x391, 0x3A1), (0x3A3, 0x3CE), (0x410, 0x44F))
_SHOWN: Final = _LATIN | _SIGNS | _OTHERS
_STAND_IN: Final = "?"


def legible(text: str, *, most: int) -> str:
    """Return one line of at most `most` letters that can all be shown; others lose their accents or become '?'."""
    kept = "".join(_shown(letter) for letter in unicodedata.normalize("NFC", text[: 4 * most]))
    return " ".join(part for part in kept.split(" ") if part)[:most].rstrip()


def _shown(letter: str) -> str:
    if letter in _SHOWN:
        return letter
    if letter.isspace():
        return " "
    if unicodedata.category(letter).startswith(("C", "M")):
        return ""
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if part in _SHOWN)
    return bare or _STAND_IN
