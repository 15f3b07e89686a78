"""The five ranges of glucose, and the formulas that turn a mean into an indicator.

Readings are classified in the unit the sensor reported, at the precision it shows: 10.0 mmol/L is in the target
although 180.2 mg/dL would not be.
"""

from __future__ import annotations

import math
from typing import Final, Literal

from connectors.cgm.readings import Unit

Band = Literal["very_low", "low", "target", "high", "very_high"]
BANDS: Final[tuple[Band, ...]] = ("very_low", "low", "target", "high", "very_high")

# Apothecaries and sensors disagree in the fourth digit; this is the factor of the GMI publication's mmol/mol form.
MG_PER_MMOL: Final = 18.0182

# Whole mg/dL, tenths of mmol/L: lowest of low, lowest and highest of target, highest of high, highest of tight target.
_STEPS: Final[dict[Unit, int]] = {"mg/dL": 1, "mmol/L": 10}
_EDGES: Final[dict[Unit, tuple[int, int, int, int]]] = {"mg/dL": (54, 70, 180, 250), "mmol/L": (30, 39, 100, 139)}
_TIGHT: Final[dict[Unit, int]] = {"mg/dL": 140, "mmol/L": 78}


def classify(value: float, unit: Unit) -> Band:
    """Return the band of a value, compared at the precision the sensor displays."""
    step = displayed_steps(value, unit)
    low, target, high, very_high = _EDGES[unit]
    if step < target:
        return "very_low" if step < low else "low"
    if step <= high:
        return "target"
    return "high" if step <= very_high else "very_high"


def is_tight(value: float, unit: Unit) -> bool:
    """Tell whether a value is in the tight target, 70 to 140 mg/dL or 3.9 to 7.8 mmol/L."""
    return _EDGES[unit][1] <= displayed_steps(value, unit) <= _TIGHT[unit]


def displayed_steps(value: float, unit: Unit) -> int:
    """Return the value in whole steps of the display, halves rounded up."""
    # The small nudge undoes binary halves: 3.85 * 10 is 38.49999….
    return math.floor(value * _STEPS[unit] + 0.5 + 1e-9)


def edges(unit: Unit) -> tuple[float, float, float, float]:
    """Return the four limits as they are displayed: 54, 70, 180, 250 or 3.0, 3.9, 10.0, 13.9."""
    low, target, high, very_high = (edge / _STEPS[unit] for edge in _EDGES[unit])
    return low, target, high, very_high


def mg_per_dl(value: float, unit: Unit) -> float:
    """Return a value in mg/dL."""
    return value if unit == "mg/dL" else value * MG_PER_MMOL


def gmi_percent(mean_mg_dl: float) -> float:
    """Return the glucose management indicator in percent (Bergenstal 2018)."""
    return 3.31 + 0.02392 * mean_mg_dl


def gmi_mmol_mol(mean_mg_dl: float) -> float:
    """Return the glucose management indicator in mmol/mol (Bergenstal 2018)."""
    return 12.71 + 4.70587 * mean_mg_dl / MG_PER_MMOL
