"""What a reader sees of a summary: rounded figures beside their goals.

The PDF and the pages show the same rows, so that nobody finds two values for one figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.cgm import bands, texts
from connectors.cgm.bands import BANDS, MG_PER_MMOL, Band
from connectors.cgm.readings import Unit
from connectors.cgm.summary import Day, Summary
from connectors.cgm.texts import NBSP

# Fewer dates than this make percentiles of a day that never was.
FEWEST_DAYS: Final = 7

_DIGITS: Final[dict[Unit, int]] = {"mg/dL": 0, "mmol/L": 1}
_GOAL_MEAN: Final[dict[Unit, float]] = {"mg/dL": bands.GOAL_MEAN_MG_DL, "mmol/L": 8.6}


@dataclass(frozen=True)
class RangeRow:
    """One of the five ranges: its name, its limits, its time in a usual day, its share in whole percents."""

    band: Band
    name: str
    limits: str
    time: str
    share: str


@dataclass(frozen=True)
class FigureRow:
    """One figure beside its goal; `is_met` is None where there is no goal."""

    name: str
    value: str
    goal: str = ""
    is_met: bool | None = None


def glucose(value: float, unit: Unit, lang: str) -> str:
    """Write a glucose value at the precision its unit is shown with."""
    return texts.number(value, _DIGITS[unit], lang)


def range_rows(summary: Summary, lang: str) -> list[RangeRow]:
    """Return the five ranges, low to high; the shares add up to 100."""
    told, unit = texts.words(lang), summary["unit"]
    edges = [glucose(edge, unit, lang) for edge in bands.edges(unit)]
    step = 1 if unit == "mg/dL" else 0.1
    under = [glucose(edge - step, unit, lang) for edge in bands.edges(unit)[:2]]
    above = glucose(bands.edges(unit)[2] + step, unit, lang)
    between = told["between"]
    limits = {
        "very_low": told["under"].format(limit=edges[0]),
        "low": between.format(low=edges[0], high=under[1]),
        "target": between.format(low=edges[1], high=edges[2]),
        "high": between.format(low=above, high=edges[3]),
        "very_high": told["over"].format(limit=edges[3]),
    }
    shares = texts.whole_percents(summary["bands_percent"])
    return [
        RangeRow(
            band,
            told[band],
            f"{limits[band]}{NBSP}{unit}",
            texts.duration(summary["bands_percent"][band], lang),
            texts.percent(shares[band], 0, lang),
        )
        for band in BANDS
    ]


def figure_rows(summary: Summary, lang: str) -> list[FigureRow]:
    """Return mean, indicator, variability and wear, each with its goal."""
    told, unit = texts.words(lang), summary["unit"]
    mean = summary["mean_mg_dl"] if unit == "mg/dL" else summary["mean_mmol_l"]
    gmi, cv, active = summary["gmi_percent"], summary["cv_percent"], summary["active_percent_of_window"]
    under, at_most, at_least = told["goal_under"], told["goal_at_most"], told["goal_at_least"]
    spread = "–" if cv is None else texts.percent(cv, 1, lang)
    goal_mean, shown_cv = _GOAL_MEAN[unit], texts.percent(bands.GOAL_CV, 0, lang)
    rows = [
        (
            told["mean"],
            f"{glucose(mean, unit, lang)}{NBSP}{unit}",
            under,
            glucose(goal_mean, unit, lang),
            mean < goal_mean,
        ),
        (told["gmi"], texts.percent(gmi, 1, lang), under, texts.percent(bands.GOAL_GMI, 0, lang), gmi < bands.GOAL_GMI),
        (told["cv"], spread, at_most, shown_cv, None if cv is None else cv <= bands.GOAL_CV),
        (told["active"], texts.percent(active, 1, lang), at_least, texts.percent(70, 0, lang), active >= 70),
    ]
    worn = told["reached_by"].format(days=summary["days_with_data"], window=summary["days_in_window"])
    enough = summary["days_with_data"] >= 14
    return [
        *(FigureRow(name, value, goal.format(limit=limit), met) for name, value, goal, limit, met in rows),
        FigureRow(told["worn"], worn, at_least.format(limit=14), enough),
    ]


def goal_rows(summary: Summary, lang: str) -> list[FigureRow]:
    """Return the shares of time that have goals, cumulated as the goals are, with one decimal."""
    told, unit, share = texts.words(lang), summary["unit"], summary["bands_percent"]
    very_low, low, high, very_high = (f"{glucose(edge, unit, lang)}{NBSP}{unit}" for edge in bands.edges(unit))
    below, above = share["very_low"] + share["low"], share["high"] + share["very_high"]
    under, over = told["under"], told["over"]
    limited = [
        (under.format(limit=low), below, bands.GOAL_LOW),
        (under.format(limit=very_low), share["very_low"], bands.GOAL_VERY_LOW),
        (over.format(limit=high), above, bands.GOAL_HIGH),
        (over.format(limit=very_high), share["very_high"], bands.GOAL_VERY_HIGH),
    ]
    in_target = FigureRow(
        told["in_target"],
        texts.percent(share["target"], 1, lang),
        told["goal_over"].format(limit=texts.percent(bands.GOAL_TARGET, 0, lang)),
        share["target"] > bands.GOAL_TARGET,
    )
    rows = [
        FigureRow(
            name[:1].upper() + name[1:],
            texts.percent(value, 1, lang),
            told["goal_under"].format(limit=texts.percent(limit, 0, lang)),
            value < limit,
        )
        for name, value, limit in limited
    ]
    return [in_target, *rows]


def day_mean(day: Day, unit: Unit, lang: str) -> str:
    """Write the mean of a day in the export's unit."""
    return glucose(day["mean_mg_dl"] if unit == "mg/dL" else day["mean_mg_dl"] / MG_PER_MMOL, unit, lang)


def has_typical_day(summary: Summary) -> bool:
    """Tell whether there are enough dates to draw a typical day."""
    return summary["days_with_data"] >= FEWEST_DAYS
