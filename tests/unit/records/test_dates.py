"""When something was measured: instants with their offset, days, and every date that is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records.fhir_mapping.dates import When, read_when, shown
from tests.unit.records.samples import NOW


@pytest.mark.parametrize(
    ("text", "instant", "offset"),
    [
        ("2026-03-18T08:10:00+01:00", "2026-03-18T07:10:00+00:00", 60),
        ("2026-03-18T08:10Z", "2026-03-18T08:10:00+00:00", 0),
        ("2026-03-18T08:10:00.123456789-09:30", "2026-03-18T17:40:00.123456+00:00", -570),
        ("2026-03-18", "2026-03-18T00:00:00+00:00", None),
        ("2026-03-19", "2026-03-19T00:00:00+00:00", None),
        ("1900-01-01", "1900-01-01T00:00:00+00:00", None),
    ],
)
def test_app_writes_a_date_that_is_kept(text: str, instant: str, offset: int | None) -> None:
    assert read_when(text, now=NOW) == When(datetime.fromisoformat(instant), text, offset)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("2026-03-18T08:10:00", "without an offset"),
        ("2026-03", "must be a date-time"),
        ("2026", "must be a date-time"),
        ("", "must be a date-time"),
        ("18/03/2026", "must be a date-time"),
        ("２０２６-03-18", "must be a date-time"),
        ("2026-02-30", "not a date that exists"),
        ("2026-03-18T24:00:00Z", "not a date that exists"),
        ("2026-03-18T08:10:60Z", "not a date that exists"),
        ("1899-12-31", "before 1900"),
        ("0001-01-01T00:00:00+14:00", "before 1900"),
        ("2026-03-20", "in the future"),
        ("9999-12-31T23:59:59-12:00", "not a date that exists"),
        ("2026-03-18T08:10:00+15:00", "no place on Earth"),
        ("2026-03-18T08:10:00+99:00", "not a date that exists"),
    ],
)
def test_app_writes_a_date_that_is_refused(text: str, part: str) -> None:
    refused = read_when(text, now=NOW, name="creation")
    assert isinstance(refused, str)
    assert refused.startswith("creation ")
    assert part in refused


def test_instants_are_shown_in_utc() -> None:
    assert shown(datetime(2026, 3, 18, 7, 10, tzinfo=UTC)) == "2026-03-18T07:10:00.000Z"


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?"))
def test_any_date_is_read_or_refused_but_never_faults(text: str) -> None:
    with suppress(UnicodeError):
        read_when(text, now=NOW)
