"""A register of people as operators have it, read line by line: CSV, JSON lines, or one JSON array. Pure.

Nothing is held but the line at hand, so that a register of any length takes the same memory; a line that cannot be
read is handed on as such, with its number, and the next one is read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, TextIO

LONGEST = 64 * 1024  # characters of one person's line
_DELIMITERS = ",;\t"
_MOST_LINES = 20  # of one person in a table, whose address may have some
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Line:
    """What one line says, or None where it cannot be read; `number` is where it begins, from 1."""

    number: int
    said: dict[str, Any] | None


def read(file: TextIO) -> Iterator[Line]:
    """Read a register, whichever of the three it is; the first character that is not white tells."""
    head, before = "", 0
    while not head.strip():
        head = file.readline(LONGEST)
        if not head:
            return
        before += not head.strip()
    first = head.lstrip()[0]
    if first == "[":
        yield from _array(head.lstrip()[1:], file, before + 1)
    elif first == "{":
        yield from _lines(head, file, before + 1)
    else:
        yield from _table(head, file, before + 1)


def _lines(head: str, file: TextIO, start: int) -> Iterator[Line]:
    for number, text in enumerate(chain([head], iter(lambda: file.readline(LONGEST), "")), start):
        if text.strip():
            yield Line(number, _object(text))


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _table(head: str, file: TextIO, start: int) -> Iterator[Line]:
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.reader(chain([head], file), delimiter=delimiter)
    names = [name.strip().lower() for name in next(rows, [])]
    while True:
        before, cells = rows.line_num, None
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            pass
        at, spanned = start + before, rows.line_num - before
        if cells is None or spanned > _MOST_LINES or (len(cells) != len(names) and any(map(str.strip, cells))):
            # A quotation mark that nobody closed runs through the people behind it: each is told as missing.
            yield from (Line(at + more, None) for more in range(spanned))
        elif any(map(str.strip, cells)):
            yield Line(at, dict(zip(names, cells, strict=True)))


def _array(buffer: str, file: TextIO, number: int) -> Iterator[Line]:
    decoder = json.JSONDecoder()
    while True:
        bare = buffer.lstrip(", \t\r\n")
        number += buffer.count("\n", 0, len(buffer) - len(bare))
        buffer = bare
        if buffer.startswith("]"):
            return
        try:
            found, end = decoder.raw_decode(buffer)
        except RecursionError:
            yield Line(number, None)
            return
        except ValueError:
            more = file.read(_CHUNK) if len(buffer) < LONGEST else ""
            if not more:
                # Where the next person begins cannot be told: nothing behind a broken one is read.
                yield Line(number, None)
                return
            buffer += more
            continue
        yield Line(number, found if isinstance(found, dict) else None)
        number += buffer.count("\n", 0, end)
        buffer = buffer[end:]
