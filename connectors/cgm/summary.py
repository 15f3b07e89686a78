"""The consensus figures of a window of readings (Battelino 2019), and whether there is enough data to trust them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, tzinfo
from typing import Final, NotRequired, TypedDict

from connectors.cgm import agp
from connectors.cgm.bands import BANDS, MG_PER_MMOL, Band, classify, gmi_mmol_mol, gmi_percent, is_tight, mg_per_dl
from connectors.cgm.readings import Export, Unit
from connectors.cgm.walltime import Placed, Window, place, window
from connectors.contract import PayloadRefused

REPORT_DAYS: Final = 14
ENOUGH_DATES: Final = 14
ENOUGH_PERCENT: Final = 70.0


class Day(TypedDict):
    """The figures of one date; `points` (minute, value in the export's unit) are there on request, for drawing."""

    date: str
    n: int
    mean_mg_dl: float
    tir_70_180_percent: float
    min: float
    max: float
    points: NotRequired[list[tuple[int, float]]]


class Span(TypedDict):
    """What the figures are about."""

    unit: Unit
    start_date: str
    end_date: str
    days_in_window: int
    days_with_data: int
    interval_min: int
    first: str
    last: str
    active_percent_of_window: float
    sufficient_14d_70pct: bool


class Levels(TypedDict):
    """Statistics of the values; spread needs two readings."""

    n: int
    mean_mg_dl: float
    mean_mmol_l: float
    median_mg_dl: float
    sd_mg_dl: float | None
    cv_percent: float | None
    gmi_percent: float
    gmi_mmol_mol: float
    min: float
    max: float


class Summary(Span, Levels):
    """Every figure of a window; curves, `min` and `max` are in `unit`, the others in the unit their name ends with."""

    bands_count: dict[Band, int]
    bands_percent: dict[Band, float]
    tight_70_140_percent: float
    limit_count: dict[str, int]
    daily: list[Day]
    curve_hourly: list[agp.Bin]
    curve_hourly_smoothed: list[agp.Bin]
    curve_15min: list[agp.Bin]


def summarise(
    export: Export, *, zone: tzinfo, days: int | None = None, end: date | None = None, traces: bool = False
) -> Summary:
    """Make the figures of the last `days` dates of an export, or of all of it; `traces` adds each day's points."""
    return figures(span_of(export, zone=zone, days=days, end=end), export.unit, traces=traces)


def span_of(export: Export, *, zone: tzinfo, days: int | None = None, end: date | None = None) -> Window:
    """Return the window the figures are about; one without readings is refused."""
    span = window(place(export.readings, zone), zone, days=days, end=end)
    if not span.readings:
        raise PayloadRefused("The file holds no reading in the period asked for.", why="no_reading_in_window")
    return span


def figures(span: Window, unit: Unit, *, traces: bool = False) -> Summary:
    """Make the figures of a window."""
    values = [one.value for one in span.readings]
    points = list(_points(span.readings))
    hourly = agp.curve(points, width=60)
    counts = Counter(classify(value, unit) for value in values)
    return {
        **_span(span, unit),
        **_levels(values, unit),
        "bands_count": {band: counts[band] for band in BANDS},
        "bands_percent": {band: _percent(counts[band], len(values)) for band in BANDS},
        "tight_70_140_percent": _percent(sum(is_tight(value, unit) for value in values), len(values)),
        "limit_count": {side: sum(one.limit == side for one in span.readings) for side in ("low", "high")},
        "daily": _daily(span.readings, unit, traces=traces),
        "curve_hourly": _rounded(hourly),
        "curve_hourly_smoothed": _rounded(agp.smoothed(hourly)),
        "curve_15min": _rounded(agp.curve(points, width=15, fewest=agp.FEWEST_VALUES)),
    }


def _span(span: Window, unit: Unit) -> Span:
    dates = span.dates
    active = span.active_percent
    return {
        "unit": unit,
        "start_date": span.start.isoformat(),
        "end_date": span.end.isoformat(),
        "days_in_window": (span.end - span.start).days + 1,
        "days_with_data": len(dates),
        "interval_min": span.interval,
        "first": span.readings[0].wall.isoformat(sep=" "),
        "last": span.readings[-1].wall.isoformat(sep=" "),
        "active_percent_of_window": round(active, 6),
        "sufficient_14d_70pct": len(dates) >= ENOUGH_DATES and active >= ENOUGH_PERCENT,
    }


def _levels(values: Sequence[float], unit: Unit) -> Levels:
    # Sorted once so that the sums, too, do not depend on the order of the rows.
    ordered = sorted(mg_per_dl(value, unit) for value in values)
    mean = math.fsum(ordered) / len(ordered)
    spread = _spread(ordered, mean)
    return {
        "n": len(ordered),
        "mean_mg_dl": round(mean, 6),
        "mean_mmol_l": round(mean / MG_PER_MMOL, 6),
        "median_mg_dl": round(agp.quantile(ordered, 0.5), 6),
        "sd_mg_dl": None if spread is None else round(spread, 6),
        "cv_percent": None if spread is None else round(100 * spread / mean, 6),
        "gmi_percent": round(gmi_percent(mean), 6),
        "gmi_mmol_mol": round(gmi_mmol_mol(mean), 6),
        "min": min(values),
        "max": max(values),
    }


def _spread(ordered: Sequence[float], mean: float) -> float | None:
    """Return the sample standard deviation (n - 1)."""
    if len(ordered) < 2:
        return None
    return math.sqrt(math.fsum((value - mean) ** 2 for value in ordered) / (len(ordered) - 1))


def _percent(count: int, total: int) -> float:
    return round(100 * count / total, 6)


def _points(readings: Sequence[Placed]) -> Iterator[tuple[float, float]]:
    for one in readings:
        yield one.wall.hour * 60 + one.wall.minute + one.wall.second / 60, one.value


def _daily(readings: Sequence[Placed], unit: Unit, *, traces: bool) -> list[Day]:
    by_date: dict[date, list[Placed]] = defaultdict(list)
    for one in readings:
        by_date[one.wall.date()].append(one)
    return [_day(day, by_date[day], unit, traces=traces) for day in sorted(by_date)]


def _day(day: date, readings: Sequence[Placed], unit: Unit, *, traces: bool) -> Day:
    values = [one.value for one in readings]
    in_target = sum(classify(value, unit) == "target" for value in values)
    figures: Day = {
        "date": day.isoformat(),
        "n": len(values),
        "mean_mg_dl": round(math.fsum(mg_per_dl(value, unit) for value in values) / len(values), 4),
        "tir_70_180_percent": round(100 * in_target / len(values), 4),
        "min": min(values),
        "max": max(values),
    }
    if traces:
        figures["points"] = [(int(minute), value) for minute, value in _points(readings)]
    return figures


def _rounded(bins: Sequence[agp.Bin]) -> list[agp.Bin]:
    return [agp.mapped(one, lambda value: round(value, 4)) for one in bins]
