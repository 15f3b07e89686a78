"""What the consensus aims at, and for whom: adults, and older people or people at high risk; it sets none for others.

Battelino 2019 (doi 10.2337/dci19-0028) gives its targets for adults with type 1 or type 2 diabetes, for older or
high-risk people, and for pregnancy, whose target range is another one: a report in the ranges of everybody else cannot
judge it, and says so. For children it sets no table of its own; neither does a report made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Population = Literal["adults", "older", "none"]
POPULATIONS: Final[tuple[Population, ...]] = ("adults", "older", "none")
MAJORITY: Final = 18
OLDER: Final = 65


@dataclass(frozen=True)
class Goals:
    """Goals of a population, in percent of time, low and high ones cumulative; None where the consensus sets none."""

    target: float | None = None
    low: float | None = None
    very_low: float | None = None
    high: float | None = None
    very_high: float | None = None
    mean_mg_dl: float | None = None
    mean_mmol_l: float | None = None
    gmi: float | None = None
    cv: float | None = None


OF: Final[dict[Population, Goals]] = {
    "adults": Goals(
        target=70.0, low=4.0, very_low=1.0, high=25.0, very_high=5.0, mean_mg_dl=154, mean_mmol_l=8.6, gmi=7.0, cv=36.0
    ),
    "older": Goals(target=50.0, low=1.0, high=50.0, very_high=10.0, cv=36.0),
    "none": Goals(),
}


def population(age: int | None) -> Population:
    """Return whose goals count for a person; without an age none do."""
    if age is None or age < MAJORITY:
        return "none"
    return "adults" if age < OLDER else "older"
