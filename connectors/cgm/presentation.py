"""What a reader sees of a summary: rounded figures beside their goals.

The PDF and the pages show the same rows, so that nobody finds two values for one figure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from connectors.cgm import bands, texts
from connectors.cgm.bands import BANDS, MG_PER_MMOL, Band
from connectors.cgm.goals import OF, Population
from connectors.cgm.readings import Unit
from connectors.cgm.summary import Day, Summary
from connectors.cgm.texts import NBSP

# Fewer dates than this make percentiles of a day that never was.
FEWEST_DAYS: Final = 7

_DIGITS: Final[dict[Unit, int]] = {"mg/dL": 0, "mmol/L": 1}


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


def figure_rows(summary: Summary, lang: str, *, population: Population) -> list[FigureRow]:
    """Return mean, indicator, variability and wear, each with its goal where this population has one."""
    told, unit, goals = texts.words(lang), summary["unit"], OF[population]
    mean, goal_mean = (
        (summary["mean_mg_dl"], goals.mean_mg_dl) if unit == "mg/dL" else (summary["mean_mmol_l"], goals.mean_mmol_l)
    )
    gmi, cv, active = summary["gmi_percent"], summary["cv_percent"], summary["active_percent_of_window"]
    shown_mean = f"{glucose(mean, unit, lang)}{NBSP}{unit}"
    mean_row, gmi_row = FigureRow(told["mean"], shown_mean), FigureRow(told["gmi"], texts.percent(gmi, 1, lang))
    cv_row = FigureRow(told["cv"], "–" if cv is None else texts.percent(cv, 1, lang))
    if goal_mean is not None:
        limit = told["goal_under"].format(limit=glucose(goal_mean, unit, lang))
        mean_row = replace(mean_row, goal=limit, is_met=mean < goal_mean)
    if goals.gmi is not None:
        limit = told["goal_under"].format(limit=texts.percent(goals.gmi, 0, lang))
        gmi_row = replace(gmi_row, goal=limit, is_met=gmi < goals.gmi)
    if goals.cv is not None:
        limit = told["goal_at_most"].format(limit=texts.percent(goals.cv, 0, lang))
        cv_row = replace(cv_row, goal=limit, is_met=None if cv is None else cv <= goals.cv)
    return [mean_row, gmi_row, cv_row, *_wear_rows(summary, active, lang)]


def _wear_rows(summary: Summary, active: float, lang: str) -> list[FigureRow]:
    """Whether there is enough data, which is the same question for everybody."""
    told = texts.words(lang)
    worn = told["reached_by"].format(days=summary["days_with_data"], window=summary["days_in_window"])
    return [
        FigureRow(
            told["active"],
            texts.percent(active, 1, lang),
            told["goal_at_least"].format(limit=texts.percent(70, 0, lang)),
            active >= 70,
        ),
        FigureRow(told["worn"], worn, told["goal_at_least"].format(limit=14), summary["days_with_data"] >= 14),
    ]


def goal_rows(summary: Summary, lang: str, *, population: Population) -> list[FigureRow]:
    """Return the shares of time that have goals, cumulated as the goals are, with one decimal."""
    told, unit, share, goals = texts.words(lang), summary["unit"], summary["bands_percent"], OF[population]
    very_low, low, high, very_high = (f"{glucose(edge, unit, lang)}{NBSP}{unit}" for edge in bands.edges(unit))
    below, above = share["very_low"] + share["low"], share["high"] + share["very_high"]
    under, over = told["under"], told["over"]
    limited = [
        (under.format(limit=low), below, goals.low),
        (under.format(limit=very_low), share["very_low"], goals.very_low),
        (over.format(limit=high), above, goals.high),
        (over.format(limit=very_high), share["very_high"], goals.very_high),
    ]
    in_target = FigureRow(told["in_target"], texts.percent(share["target"], 1, lang))
    if goals.target is not None:
        limit = told["goal_over"].format(limit=texts.percent(goals.target, 0, lang))
        in_target = replace(in_target, goal=limit, is_met=share["target"] > goals.target)
    return [in_target, *(_limited_row(*row, lang=lang) for row in limited)]


def _limited_row(name: str, value: float, limit: float | None, *, lang: str) -> FigureRow:
    row = FigureRow(name[:1].upper() + name[1:], texts.percent(value, 1, lang))
    if limit is None:
        return row
    told = texts.words(lang)["goal_under"].format(limit=texts.percent(limit, 0, lang))
    return replace(row, goal=told, is_met=value < limit)


def goals_note(lang: str, population: Population) -> str:
    """Say whose goals these are, or why there are none."""
    return texts.words(lang)[f"goals_of_{population}"]


def day_mean(day: Day, unit: Unit, lang: str) -> str:
    """Write the mean of a day in the export's unit."""
    return glucose(day["mean_mg_dl"] if unit == "mg/dL" else day["mean_mg_dl"] / MG_PER_MMOL, unit, lang)


def has_typical_day(summary: Summary) -> bool:
    """Tell whether there are enough dates to draw a typical day."""
    return summary["days_with_data"] >= FEWEST_DAYS
