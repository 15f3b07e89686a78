"""Dexcom Clarity exports: readings are the rows whose event is EGV, under a preamble of any length without times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.cgm.payloads.plain import iso_time
from connectors.cgm.payloads.table import Row, cell_at, number_in, plain, unit_in, word_limit
from connectors.cgm.readings import Export, Reading, Unit, is_possible
from connectors.contract import RejectedRow

# A Dexcom sensor says Low and High beyond these, in words.
LIMITS: dict[Unit, tuple[float, float]] = {"mg/dL": (40, 400), "mmol/L": (2.2, 22.2)}
READING_EVENT = "egv"


@dataclass(frozen=True)
class Heading:
    """Where the columns are."""

    above: int
    time: int
    event: int
    glucose: int
    unit: Unit
    device: int | None


def find_heading(rows: list[Row]) -> Heading | None:
    """Recognise the first row by its timestamp, event type and glucose value columns."""
    cells = [plain(cell) for cell in rows[0][1]] if rows else []
    time, event, device, glucose = (
        next((index for index, cell in enumerate(cells) if cell.startswith(name)), None)
        for name in ("timestamp", "event type", "source device", "glucose value")
    )
    unit = unit_in(cells[glucose]) if glucose is not None else None
    if time is None or event is None or glucose is None or unit is None:
        return None
    return Heading(0, time, event, glucose, unit, device)


def parse(rows: list[Row], heading: Heading, dates: object = None) -> Export:
    """Read the readings; alerts and calibrations also have numbers in the glucose column and are left aside."""
    readings: list[Reading] = []
    rejected: list[RejectedRow] = []
    sources: dict[str, int] = {}
    ignored = 0
    for number, cells in rows[heading.above + 1 :]:
        if plain(cell_at(cells, heading.event)) != READING_EVENT:
            ignored += 1
            continue
        source = sources.setdefault(cell_at(cells, heading.device), len(sources))
        reading = _reading(cell_at(cells, heading.time), cell_at(cells, heading.glucose), heading.unit, source)
        if isinstance(reading, str):
            rejected.append(RejectedRow(number, reading))
        else:
            readings.append(reading)
    serials = [name for name in sources if name]
    return Export("clarity", heading.unit, readings, ["Dexcom"], serials, rejected=rejected, ignored=ignored)


def _reading(when: str, glucose: str, unit: Unit, source: int) -> Reading | str:
    time = iso_time(when)
    if time is None:
        return "no_such_time"
    limit: Literal["", "low", "high"] = ""
    value: float | None
    if side := word_limit(glucose):
        limit, value = ("high" if side > 0 else "low"), LIMITS[unit][side > 0]
    else:
        value = number_in(glucose)
    if value is None:
        return "not_a_number" if glucose else "no_value"
    if not is_possible(value, unit):
        return "impossible_value"
    return Reading(time.replace(tzinfo=None), value, source, limit)
