"""Bodies from strangers: read as one object or refused with a reason, whatever the bytes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records.json_text import DEPTH, read_object
from connectors.records.outcomes import Unreadable

REFUSED = [
    (b"\xff\xfe{", "The body is not UTF-8 text."),
    (b"{", "The body is not JSON."),
    (b"", "The body is not JSON."),
    (b"[]", "The body is not a JSON object."),
    (b'{"a": 1, "a": 2}', "The body gives a key twice in one object."),
    (b'{"a": NaN}', "The body has a number that JSON does not know."),
    (b'{"a": -Infinity}', "The body has a number that JSON does not know."),
    (b'{"a": ' + b"9" * 5000 + b"}", "The body is not JSON."),
    (b'{"a": ' * 60 + b"1" + b"}" * 60, "The body is nested too deeply."),
    (b"[" * 100_000, "The body is not JSON."),
    (b'{"a": "\\u0000"}', "The body has a character that cannot be kept."),
    (b'{"a": ["\\ud800"]}', "The body has a character that cannot be kept."),
    (b'{"\\udfff": 1}', "The body has a character that cannot be kept."),
]


@pytest.mark.parametrize(("raw", "text"), REFUSED)
def test_stranger_sends_what_is_no_object_and_learns_why(raw: bytes, text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_object(raw)
    assert refused.value.description == text


def test_app_sends_an_object_with_a_byte_order_mark_and_accents() -> None:
    assert read_object('\ufeff{"é": "ü", "n": [1.5, {"x": null}]}'.encode()) == {"é": "ü", "n": [1.5, {"x": None}]}


def test_app_nests_as_deep_as_is_allowed() -> None:
    deepest = "{" * 1 + '"a":' + "[" * (DEPTH - 2) + "1" + "]" * (DEPTH - 2) + "}"
    assert read_object(deepest.encode())


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused_but_never_fault(raw: bytes) -> None:
    with suppress(Unreadable):
        read_object(raw)


@given(st.recursive(st.text() | st.floats() | st.none(), lambda inner: st.lists(inner), max_leaves=20))
def test_any_json_is_read_or_refused_but_never_faults(value: object) -> None:
    with suppress(Unreadable):
        read_object(json.dumps({"value": value}).encode())
