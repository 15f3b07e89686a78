"""A plain table of two columns, a time and a glucose value whose heading names the unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.cgm.payloads.stamps import YEARS
from connectors.cgm.payloads.table import Row, cell_at, number_in, plain, unit_in
from connectors.cgm.readings import Export, Reading, Unit, is_possible, limit_of
from connectors.contract import RejectedRow

_TIMES = frozenset({"time", "timestamp", "datetime", "date", "horodatage", "heure", "zeit"})


@dataclass(frozen=True)
class Heading:
    """Where the two columns are."""

    above: int
    time: int
    glucose: int
    unit: Unit


def find_heading(rows: list[Row]) -> Heading | None:
    """Take the first row as the heading if it names a time and a glucose unit."""
    cells = [plain(cell) for cell in rows[0][1]] if rows else []
    time = next((index for index, cell in enumerate(cells) if cell in _TIMES), None)
    for index, cell in enumerate(cells):
        unit = unit_in(cell)
        if time is not None and unit is not None:
            return Heading(0, time, index, unit)
    return None


def parse(rows: list[Row], heading: Heading, dates: object = None) -> Export:
    """Read ISO times, with or without an offset; `dates` has nothing to decide here."""
    export = Export(format="plain", unit=heading.unit, readings=[])
    for number, cells in rows[heading.above + 1 :]:
        reading = _reading(cell_at(cells, heading.time), cell_at(cells, heading.glucose), heading.unit)
        if isinstance(reading, str):
            export.rejected.append(RejectedRow(number, reading))
        else:
            export.readings.append(reading)
    return export


def iso_time(cell: str) -> datetime | None:
    """Read an ISO 8601 date-time within the years a sensor can have lived in."""
    try:
        time = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return time if time.year in YEARS and ":" in cell else None


def _reading(when: str, glucose: str, unit: Unit) -> Reading | str:
    time = iso_time(when)
    if time is None:
        return "no_such_time"
    value = number_in(glucose)
    if value is None:
        return "not_a_number" if glucose else "no_value"
    if not is_possible(value, unit):
        return "impossible_value"
    return Reading(time.replace(tzinfo=None), value, 0, limit_of(value, unit), at=time if time.tzinfo else None)
