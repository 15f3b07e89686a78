"""What a glucose payload yields: readings on the wall clock of the patient, before any figure is made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.contract import RejectedRow

Unit = Literal["mg/dL", "mmol/L"]
DateOrder = Literal["dmy", "mdy"]

# Lowest and highest value a sensor reports as a number; beyond, it says LO or HI and exports print the limit itself.
LIMITS: dict[Unit, tuple[float, float]] = {"mg/dL": (40, 500), "mmol/L": (2.2, 27.8)}

# Beyond these no sensor measures anything: a number there is a damaged row, not a patient.
POSSIBLE: dict[Unit, tuple[float, float]] = {"mg/dL": (10, 1000), "mmol/L": (0.5, 55.5)}


@dataclass(frozen=True, slots=True)
class Reading:
    """One automatic sensor reading, in the unit the export names, at a wall-clock time without zone.

    `at` is set only by formats that write an offset; `source` numbers the sensor inside its export.
    """

    wall: datetime
    value: float
    source: int = 0
    limit: Literal["", "low", "high"] = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Export:
    """A payload once read: its automatic readings in file order, and what was left aside."""

    format: str
    unit: Unit
    readings: list[Reading]
    devices: list[str] = field(default_factory=list)
    serials: list[str] = field(default_factory=list)
    generated_at: datetime | None = None
    rejected: list[RejectedRow] = field(default_factory=list)
    ignored: int = 0


def limit_of(value: float, unit: Unit) -> Literal["", "low", "high"]:
    """Tell whether a value is the sensor's way of saying LO or HI."""
    low, high = LIMITS[unit]
    return "low" if value <= low else "high" if value >= high else ""


def is_possible(value: float, unit: Unit) -> bool:
    """Tell whether a sensor can have reported this value."""
    low, high = POSSIBLE[unit]
    return low <= value <= high
