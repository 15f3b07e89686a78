"""Everything the report prints, as plain data: words in the reader's language, figures as shown, drawings as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from connectors.cgm import agp, bands, panels, texts
from connectors.cgm.captions import bar_labels, curve_labels, date_labels
from connectors.cgm.curve import printed_day
from connectors.cgm.goals import Population
from connectors.cgm.lettering import legible
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

# Sizes of the drawings in points: the columns of an A4 page as report.typ cuts it.
BAR_SIZE: Final = (201, 22)
CURVE_SIZE: Final = (487, 190)
CURVE_SIZE_UNDER_WARNING: Final = (487, 168)
PANEL_SIZE: Final = (65, 40)

# Names come from outside: one line each, whatever was sent.
LONGEST_NAME: Final = 80
LONGEST_DEVICE: Final = 30
MOST_DEVICES: Final = 2

Words = Mapping[str, str]


def report_data(
    summary: Summary, *, lang: str, made_at: datetime, subject: str, origin: str, population: Population
) -> dict[str, Any]:
    """Return the data of `report.typ`."""
    told = texts.words(lang)
    start, end = (date.fromisoformat(summary[key]) for key in ("start_date", "end_date"))
    days = told["days_of"].format(count=summary["days_in_window"])
    return {
        "lang": texts.language(lang),
        "date": {
            key: getattr(made_at.astimezone(UTC), key) for key in ("year", "month", "day", "hour", "minute", "second")
        },
        "title": told["title"],
        "period": f"{texts.period(start, end, lang)}, {days}",
        "subject": legible(subject, most=LONGEST_NAME),
        "origin": origin,
        "made_on": told["made_on"].format(date=texts.long_date(made_at.date(), lang)),
        "page": told["page"],
        "not_for_dosing": told["not_for_dosing"],
        "ask_your_team": told["ask_your_team"],
        "warning": _warning(summary, told, lang),
        "ranges": _ranges(summary, told, lang),
        "figures": _figures(summary, told, lang, population),
        "day": _typical_day(summary, told, lang),
        "daily": _daily(summary, told, lang),
        "notes": {"title": told["notes"], "items": _notes(summary, told, lang)},
    }


def origin_line(lang: str, *, source: str, devices: list[str]) -> str:
    """Say where the readings come from: the app that brought them and the sensors that made them."""
    told = texts.words(lang)
    names = ", ".join(legible(device, most=LONGEST_DEVICE) for device in devices[:MOST_DEVICES])
    parts = [told["source"].format(source=legible(source, most=LONGEST_NAME))] if source else []
    parts += [told["device"].format(device=names)] if names else []
    return " ".join(parts)


def _warning(summary: Summary, told: Words, lang: str) -> tuple[str, str] | None:
    if summary["sufficient_14d_70pct"]:
        return None
    active = texts.percent(summary["active_percent_of_window"], 1, lang)
    return told["not_enough"], told["not_enough_why"].format(days=summary["days_with_data"], active=active)


def _ranges(summary: Summary, told: Words, lang: str) -> dict[str, Any]:
    labels = bar_labels(summary, lang)
    width, height = BAR_SIZE
    rows = [
        {
            "swatch": panels.swatch(row.band, "s", size=9),
            "name": row.name,
            "limits": row.limits,
            "time": row.time,
            "share": row.share,
            "main": row.band == "target",
        }
        for row in range_rows(summary, lang)
    ]
    shares = texts.whole_percents(summary["bands_percent"])
    return {
        "title": told["ranges"],
        "svg": panels.printed_bar(shares, labels, width=width, height=height),
        "alt": labels.title,
        "head": [told["range"], told["time_per_day"], told["share"]],
        "rows": rows,
    }


def _figures(summary: Summary, told: Words, lang: str, population: Population) -> dict[str, Any]:
    rows = [
        {
            "name": row.name,
            "value": row.value,
            "goal": row.goal,
            "is_met": row.is_met,
            "status": told["met" if row.is_met else "missed"],
        }
        for row in [
            *figure_rows(summary, lang, population=population),
            *goal_rows(summary, lang, population=population),
        ]
    ]
    head = [told["figure"], told["value"], told["goal"]]
    return {"title": told["figures"], "head": head, "rows": rows, "note": goals_note(lang, population)}


def _typical_day(summary: Summary, told: Words, lang: str) -> dict[str, Any]:
    unit = summary["unit"]
    if not has_typical_day(summary):
        return {"title": told["typical_day"], "svg": None, "missing": told["typical_day_missing"]}
    labels = curve_labels(summary, lang)
    width, height = CURVE_SIZE if summary["sufficient_14d_70pct"] else CURVE_SIZE_UNDER_WARNING
    _, low, high, _ = (glucose(edge, unit, lang) for edge in bands.edges(unit))
    bins = summary["curve_hourly_smoothed"]
    shown = bins[::2]
    rows = [
        [labels.percent.format(round(100 * level)), *(_shown(one, name, summary, lang) for one in shown)]
        for level, name in reversed(list(zip(agp.LEVELS, agp.NAMES, strict=True)))
    ]
    return {
        "title": told["typical_day"],
        "how": told["typical_day_how"].format(unit=unit),
        "svg": printed_day(bins, unit, labels, width=width, height=height),
        "alt": f"{labels.title}. {labels.description}",
        "key": [told["median"], told["half"], told["nine_in_ten"], told["target_key"].format(low=low, high=high)],
        "caption": told["by_hour"].format(unit=unit),
        "head": [told["hour"], *(texts.hour(one["start_min"] // 60, lang) for one in shown)],
        "rows": rows,
    }


def _shown(one: agp.Bin, name: str, summary: Summary, lang: str) -> str:
    value = agp.level_of(one, name)
    return "–" if value is None or one["n"] < agp.FEWEST_VALUES else glucose(value, summary["unit"], lang)


def _daily(summary: Summary, told: Words, lang: str) -> dict[str, Any]:
    unit, days = summary["unit"], summary["daily"]
    scale = panels.scale_of(days, unit)
    width, height = PANEL_SIZE
    _, low, high, _ = (glucose(edge, unit, lang) for edge in bands.edges(unit))
    drawn = [
        {
            "label": texts.short_date(date.fromisoformat(day["date"]), lang),
            "mean": day_mean(day, unit, lang),
            "svg": panels.printed_day(day, unit, scale=scale, width=width, height=height),
            "alt": date_labels(day, unit, lang, ident="d").title,
        }
        for day in days
    ]
    rows = [
        [
            texts.long_date(date.fromisoformat(day["date"]), lang),
            day_mean(day, unit, lang),
            glucose(day["min"], unit, lang),
            glucose(day["max"], unit, lang),
            texts.percent(day["tir_70_180_percent"], 0, lang),
            str(day["n"]),
        ]
        for day in days
    ]
    return {
        "title": told["daily"],
        "how": told["daily_how"].format(unit=unit, low=low, high=high),
        "panels": drawn,
        "caption": told["by_day"].format(unit=unit),
        "head": [told[key] for key in ("day", "day_mean", "day_lowest", "day_highest", "day_target", "day_count")],
        "rows": rows,
    }


def _notes(summary: Summary, told: Words, lang: str) -> list[str]:
    limits = summary["limit_count"]
    notes = [told["note_active"].format(interval=summary["interval_min"])]
    if any(limits.values()):
        notes.append(told["note_limits"].format(**limits))
    notes.append(told["note_curve"])
    notes.append(told["note_gmi"].format(mmol_mol=texts.number(summary["gmi_mmol_mol"], 0, lang)))
    notes.append(told["note_origin"])
    return notes
