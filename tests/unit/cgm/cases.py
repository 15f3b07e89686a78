"""The glucose cases drawings, reports and commands are tested on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.cgm import payloads
from connectors.cgm.readings import Export, Reading, Unit
from connectors.cgm.summary import Summary, summarise
from tests.unit.cgm.exports import wall

PARIS = ZoneInfo("Europe/Paris")
FILE = Path(__file__).parents[2] / "data" / "cgm" / "synthetic-14d.libreview-fr-mgdl.csv"


def synthetic() -> Summary:
    """Return the figures of the case kept here, with the points of its days."""
    return summarise(payloads.read(FILE.read_bytes()), zone=PARIS, days=14, traces=True)


def made(days: int, *, unit: Unit = "mg/dL", skip: range = range(0), values: tuple[float, ...] = (120,)) -> Summary:
    """Return the figures of readings every 15 minutes, silent in the hours `skip`, going round `values`."""
    first = wall("2026-02-02 00:00")
    times = [first + timedelta(minutes=15 * step) for step in range(96 * days)]
    readings = [reading(time, values[step % len(values)]) for step, time in enumerate(times) if time.hour not in skip]
    return summarise(Export("plain", unit, readings), zone=PARIS, days=14, traces=True)


def reading(time: datetime, value: float) -> Reading:
    """Return one reading, marked as a limit where it is one."""
    return Reading(time, value, limit="high" if value >= 500 else "low" if value in (40, 2.2) else "")
