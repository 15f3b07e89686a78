"""Reading JSON that a stranger sent: whatever the bytes, the answer is an object or a refusal, never a fault.

Pure. Refused: bytes that are not UTF-8, keys given twice (two readers could see two documents), NaN and infinities,
nesting beyond `DEPTH`, and characters no database keeps (NUL, lone surrogates).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from connectors.records.outcomes import Unreadable

DEPTH = 32


def read_object(raw: bytes) -> dict[str, Any]:
    """Parse bytes as one JSON object, or refuse with the reason."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8 text.") from None
    try:
        value = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # ValueError is bad syntax, and Python's own limit on the digits of a number.
        raise Unreadable("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Unreadable("The body is not a JSON object.")
    _check_depth(value)
    if b"\\u" in raw:  # the only way for such a character into a text that was UTF-8 and JSON
        _check_texts(value)
    return value


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("The body gives a key twice in one object.")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise Unreadable("The body has a number that JSON does not know.")


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(DEPTH):
        level = [child for item in level for child in _inside(item) if isinstance(child, (dict, list))]
        if not level:
            return
    raise Unreadable("The body is nested too deeply.")


def _check_texts(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    while level:
        if not all(_is_storable(text) for text in level if isinstance(text, str)):
            raise Unreadable("The body has a character that cannot be kept.")
        level = [child for item in level for child in (*_inside(item), *(item if isinstance(item, dict) else ()))]


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _is_storable(text: str) -> bool:
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
