"""The words of our drawings: what somebody who does not see them is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from connectors.cgm import agp, bands, texts
from connectors.cgm.presentation import glucose, range_rows
from connectors.cgm.readings import Unit
from connectors.cgm.summary import Day, Summary
from connectors.cgm.svg import Labels


def bar_labels(summary: Summary, lang: str, *, ident: str = "tir") -> Labels:
    """Return the words of the bar of ranges."""
    shares = ", ".join(f"{row.name.lower()} {row.share}" for row in range_rows(summary, lang))
    return Labels(texts.words(lang)["bar_alt"].format(shares=shares), ident=ident)


def date_labels(day: Day, unit: Unit, lang: str, *, ident: str) -> Labels:
    """Return the words of one day's plot."""
    title = texts.words(lang)["day_alt"].format(
        day=texts.long_date(date.fromisoformat(day["date"]), lang),
        low=glucose(day["min"], unit, lang),
        high=glucose(day["max"], unit, lang),
        unit=unit,
        share=texts.percent(day["tir_70_180_percent"], 0, lang),
    )
    return Labels(title, ident=ident)


def curve_labels(summary: Summary, lang: str, *, ident: str = "agp") -> Labels:
    """Return the words of the typical day: what the median does, and the hours worth a look."""
    told = texts.words(lang)
    return Labels(
        told["curve_alt"],
        " ".join(_told_of(summary, lang)),
        ident=ident,
        hour=told["hour_at"],
        percent=told["percent_of"],
        decimal=told["decimal"],
    )


def _told_of(summary: Summary, lang: str) -> Iterable[str]:
    told, unit = texts.words(lang), summary["unit"]
    drawn = [one for one in summary["curve_hourly_smoothed"] if one["n"] >= agp.FEWEST_VALUES]
    medians = [(one["p50"], one["start_min"] // 60) for one in drawn if one["p50"] is not None]
    if medians:
        (low, low_hour), (high, high_hour) = min(medians), max(medians)
        yield told["curve_median"].format(
            low=glucose(low, unit, lang),
            low_hour=texts.hour(low_hour, lang),
            high=glucose(high, unit, lang),
            high_hour=texts.hour(high_hour, lang),
            unit=unit,
        )
    _, target_low, target_high, _ = bands.edges(unit)
    empty = {one["start_min"] // 60 for one in summary["curve_hourly"]} - {hour for _, hour in medians}
    stretches = {
        "curve_low": {one["start_min"] // 60 for one in drawn if (one["p05"] or 0) < target_low},
        "curve_high": {one["start_min"] // 60 for one in drawn if (one["p95"] or 0) > target_high},
        "curve_gap": empty,
    }
    for key, hours in stretches.items():
        if hours:
            yield told[key].format(hours=_hours(hours, lang))
    yield told["curve_table"]


def _hours(hours: set[int], lang: str) -> str:
    """Write hours as stretches of the day."""
    starts = sorted(hour for hour in hours if hour - 1 not in hours)
    ends = sorted(hour + 1 for hour in hours if hour + 1 not in hours)
    joins = texts.words(lang)["hours"]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(joins.format(start=texts.hour(start, lang), end=texts.hour(end, lang)) for start, end in pairs)
