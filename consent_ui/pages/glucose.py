"""The glucose report as a page: the same figures and drawings as the file, from the details kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from flask_babel import gettext
from markupsafe import Markup

from connectors.cgm import agp, bands, panels, texts
from connectors.cgm.captions import bar_labels, curve_labels, date_labels
from connectors.cgm.curve import typical_day
from connectors.cgm.goals import Population
from connectors.cgm.presentation import (
    day_mean,
    figure_rows,
    glucose,
    goal_rows,
    goals_note,
    has_typical_day,
    range_rows,
)
from connectors.cgm.summary import Summary
from consent_ui import words

KIND, VERSION = "glucose-report", 1
Words = Mapping[str, str]


def is_report(details: Mapping[str, Any]) -> bool:
    """Tell whether a document is a report of the kind that is drawn here."""
    return details.get("kind") == KIND and details.get("version") == VERSION


def report(details: Mapping[str, Any]) -> dict[str, Any] | None:
    """Put a report's figures in words and drawings; None for a document that is no report of a kind we draw."""
    if not is_report(details):
        return None
    summary = cast(Summary, details["summary"])
    lang = words.language()
    # A report that does not say whose goals count judges nobody.
    whose = cast(Population, details.get("goals", "none"))
    told = texts.words(lang)
    start, end = (date.fromisoformat(summary[key]) for key in ("start_date", "end_date"))
    return {
        "told": told,
        "period": f"{texts.period(start, end, lang)}, {told['days_of'].format(count=summary['days_in_window'])}",
        "warning": _warning(summary, told, lang),
        "bar": _drawn(panels.range_bar(texts.whole_percents(summary["bands_percent"]), bar_labels(summary, lang))),
        "ranges": [(row, _drawn(panels.swatch(row.band, f"s-{row.band}"))) for row in range_rows(summary, lang)],
        "figures": [
            (row, *row.value.partition(texts.NBSP)[::2]) for row in figure_rows(summary, lang, population=whose)
        ],
        "goals": goal_rows(summary, lang, population=whose),
        "goals_title": gettext("Goals") if whose != "none" else gettext("Time in, under and over the target"),
        "goals_note": goals_note(lang, whose),
        "day": _typical_day(summary, told, lang) if has_typical_day(summary) else None,
        "daily": _daily(summary, told, lang),
    }


def _warning(summary: Summary, told: Words, lang: str) -> str:
    if summary["sufficient_14d_70pct"]:
        return ""
    active = texts.percent(summary["active_percent_of_window"], 1, lang)
    return told["not_enough_why"].format(days=summary["days_with_data"], active=active)


def _typical_day(summary: Summary, told: Words, lang: str) -> dict[str, Any]:
    unit = summary["unit"]
    labels = curve_labels(summary, lang)
    bins = summary["curve_hourly_smoothed"]
    _, low, high, _ = (glucose(edge, unit, lang) for edge in bands.edges(unit))
    rows = [
        (texts.hour(one["start_min"] // 60, lang), [_level(one, name, summary, lang) for name in agp.NAMES])
        for one in bins
    ]
    return {
        "how": told["typical_day_how"].format(unit=unit),
        "svg": _drawn(typical_day(bins, unit, labels)),
        "target": told["target_key"].format(low=low, high=high),
        "caption": told["by_hour"].format(unit=unit),
        "head": [labels.percent.format(round(100 * level)) for level in agp.LEVELS],
        "rows": rows,
    }


def _level(one: agp.Bin, name: str, summary: Summary, lang: str) -> str:
    value = agp.level_of(one, name)
    return "–" if value is None or one["n"] < agp.FEWEST_VALUES else glucose(value, summary["unit"], lang)


def _daily(summary: Summary, told: Words, lang: str) -> dict[str, Any]:
    unit, days = summary["unit"], summary["daily"]
    scale = panels.scale_of(days, unit)
    _, low, high, _ = (glucose(edge, unit, lang) for edge in bands.edges(unit))
    shown = []
    for number, day in enumerate(days):
        on = date.fromisoformat(day["date"])
        labels = date_labels(day, unit, lang, ident=f"d{number}")
        share = texts.percent(day["tir_70_180_percent"], 0, lang)
        drawn = _drawn(panels.day(day, unit, labels, scale=scale)) if "points" in day else ""
        figures = [glucose(day["min"], unit, lang), glucose(day["max"], unit, lang), share, str(day["n"])]
        mean = day_mean(day, unit, lang)
        shown.append(
            {
                "short": texts.short_date(on, lang),
                "long": texts.long_date(on, lang),
                "mean": mean,
                "share": share,
                "svg": drawn,
                "figures": [mean, *figures],
            }
        )
    return {
        "how": told["daily_how"].format(unit=unit, low=low, high=high),
        "caption": told["by_day"].format(unit=unit),
        "head": [told[key] for key in ("day", "day_mean", "day_lowest", "day_highest", "day_target", "day_count")],
        "days": shown,
    }


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # nosec B704 # our own drawing, its words are escaped where it is made
