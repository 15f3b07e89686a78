"""Dexcom Clarity files, plain tables, and any bytes at all."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.cgm import payloads
from connectors.cgm.readings import Export
from connectors.contract import PayloadRefused
from tests.unit.cgm.exports import ENGLISH, FRENCH, wall

CLARITY = (
    "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,"
    "Glucose Value ({u}),Insulin Value (u)"
)


def clarity(*rows: str, unit: str = "mg/dL") -> bytes:
    preamble = ["1,,FirstName,,Alice,,,,", "2,,Device,,,Dexcom G6,iPhone,,", "3,,Alert,Low,,,iPhone,70,"]
    return "\n".join([CLARITY.format(u=unit), *preamble, *rows]).encode()


def test_clarity_readings_are_its_egv_rows_alone() -> None:
    export = payloads.read(
        clarity(
            "4,2026-02-20T08:00:12,EGV,,,,iPhone,120,",
            "5,2026-02-20T08:02:00,Calibration,,,,iPhone,300,",
            "6,2026-02-20T08:05:12,EGV,,,,iPhone,Low,",
            "7,2026-02-20T08:10:12,EGV,,,,iPhone,High,",
        )
    )
    assert [(one.value, one.limit) for one in export.readings] == [(120, ""), (40, "low"), (400, "high")]
    assert export.readings[0].wall == wall("2026-02-20 08:00:12")
    assert (export.format, export.serials, export.ignored) == ("clarity", ["iPhone"], 4)


def test_clarity_damaged_rows_are_rejected() -> None:
    export = payloads.read(
        clarity(
            "4,2026-02-20T08:00:12,EGV,,,,iPhone,6.7,",
            "5,yesterday,EGV,,,,iPhone,6.7,",
            "6,2026-02-20T08:05:12,EGV,,,,iPhone,,",
            "7,2026-02-20T08:10:12,EGV,,,,iPhone,six,",
            "8,2026-02-20T08:15:12,EGV,,,,iPhone,99,",
            unit="mmol/L",
        )
    )
    assert (export.unit, len(export.readings)) == ("mmol/L", 1)
    reasons = [row.reason for row in export.rejected]
    assert reasons == ["no_such_time", "no_value", "not_a_number", "impossible_value"]


def test_plain_table_takes_naive_times_and_offsets() -> None:
    export = payloads.read(b"time,glucose_mg_dl\n2026-02-02T00:00:00+01:00,120\n2026-02-02 00:05:00,40\n")
    first, second = export.readings
    assert first.at == datetime(2026, 2, 1, 23, tzinfo=UTC)
    assert (second.at, second.limit) == (None, "low")


def test_plain_table_rejects_damaged_rows() -> None:
    rows = b"2026-02-02,120\n2026-02-02 00:05,\n2026-02-02 00:10,x\n2026-02-02 00:15,9999\n1066-10-14 09:00,120\n"
    export = payloads.read(b"Horodatage;Glucose mmol/L\n" + rows.replace(b",", b";") + b"2026-02-02 00:20;5,6\n")
    assert [one.value for one in export.readings] == [5.6]
    reasons = [row.reason for row in export.rejected]
    assert reasons == ["no_such_time", "no_value", "not_a_number", "impossible_value", "no_such_time"]


def read_or_refuse(payload: bytes) -> Export | None:
    try:
        return payloads.read(payload)
    except PayloadRefused:
        return None


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    read_or_refuse(payload)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["0", "1", "120", "6,7", "LO", "HI", "20-02-2026 08:15", "02-20-2026 08:15 PM", "2026-02-20 08:15"]
    ),
    st.datetimes().map(lambda time: time.strftime("%d-%m-%Y %H:%M")),
)


@given(
    heading=st.sampled_from([ENGLISH, FRENCH, CLARITY, "time,glucose_{u}"]),
    unit=st.sampled_from(["mg/dL", "mmol/L", ""]),
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
)
@settings(deadline=None, max_examples=300)
def test_any_rows_under_a_known_heading_are_read_or_refused(
    heading: str, unit: str, rows: list[list[str]], delimiter: str, encoding: str
) -> None:
    lines = [heading.format(u=unit).replace(",", delimiter), *(delimiter.join(cells) for cells in rows)]
    export = read_or_refuse("\n".join(lines).encode(encoding, errors="replace"))
    assert export is None or export.readings
