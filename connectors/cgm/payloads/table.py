"""Bytes of a delimited file -> numbered rows of cells, whatever the encoding and the delimiter."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

from connectors.cgm.readings import Unit
from connectors.contract import PayloadRefused

Row = tuple[int, list[str]]

# Four years of readings every five minutes; a file of empty rows must not fill the memory before it is refused.
MAX_BYTES = 32 * 1024 * 1024
MAX_ROWS = 450_000
MOST_LINES = 2 * MAX_ROWS
MAX_COLUMNS = 64
DELIMITERS = ("\t", ";", ",")
LINES_LOOKED_AT = 40

_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,6})?", re.ASCII)
_UNIT = re.compile(r"mg\s*[/_ ]\s*dl|mmol\s*[/_ ]\s*l", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LOW_WORDS = frozenset({"lo", "low", "bas", "niedrig"})
_HIGH_WORDS = frozenset({"hi", "high", "eleve", "haut", "hoch"})


def rows_of(payload: bytes) -> list[Row]:
    """Return the rows that hold anything, each with the number of the line it ends on."""
    if len(payload) > MAX_BYTES:
        raise _too_large()
    text = _text_of(payload)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text))
    rows: list[Row] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells[:MAX_COLUMNS]]
            if any(stripped):
                rows.append((reader.line_num, stripped))
            if len(rows) > MAX_ROWS or reader.line_num > MOST_LINES:
                raise _too_large()
    except csv.Error as fault:
        raise PayloadRefused("The file is not a table of text.", reason=str(fault), why="not_a_table") from None
    return rows


def plain(cell: str) -> str:
    """Return a heading without case, accents, typographic apostrophes and repeated spaces, to compare it."""
    decomposed = unicodedata.normalize("NFKD", cell.replace("’", "'").casefold())
    return " ".join("".join(mark for mark in decomposed if not unicodedata.combining(mark)).split())


def unit_in(cell: str) -> Unit | None:
    """Return the glucose unit a heading names; it is never guessed from values."""
    found = _UNIT.search(cell)
    if found is None:
        return None
    return "mg/dL" if found[0].casefold().startswith("mg") else "mmol/L"


def number_in(cell: str) -> float | None:
    """Return the number of a cell, with a decimal point or a decimal comma."""
    return float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else None


def word_limit(cell: str) -> int:
    """Return -1 for a cell that says LO, 1 for one that says HI, in a language we know, else 0."""
    word = plain(cell)
    return -1 if word in _LOW_WORDS else 1 if word in _HIGH_WORDS else 0


def cell_at(cells: list[str], index: int | None) -> str:
    """Return a cell, or nothing where the row is too short or the column is missing."""
    return cells[index] if index is not None and index < len(cells) else ""


def _too_large() -> PayloadRefused:
    return PayloadRefused("The file holds more than four years of readings. Export a shorter period.", why="too_large")


def _text_of(payload: bytes) -> str:
    for mark, encoding in _MARKS:
        if payload.startswith(mark):
            return payload.decode(encoding, errors="replace")
    if payload[1:2] == b"\0":
        return payload.decode("utf-16-le", errors="replace")
    if payload[:1] == b"\0":
        return payload.decode("utf-16-be", errors="replace")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        # Spreadsheets saved in western Europe; five bytes have no meaning there.
        return payload.decode("cp1252", errors="replace")


def _delimiter_of(text: str) -> str:
    """Take the delimiter of the fullest line near the top, the headings. Commas lose a tie: they also mark decimals."""
    head = _first_lines(text)
    return max(DELIMITERS, key=lambda mark: max((line.count(mark) for line in head), default=0))


def _first_lines(text: str) -> Iterable[str]:
    return text[: LINES_LOOKED_AT * 1000].splitlines()[:LINES_LOOKED_AT]
