"""Measures: the latest value of each, and the history of one, with date and source under every figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, request
from flask_babel import gettext, ngettext

from authz import clock
from authz.identity import delegation
from connectors import records
from connectors.records import Measure
from consent_ui import charts, figures, forms, words
from consent_ui.guards import acting, signed_in
from consent_ui.pages import glucose, shell
from consent_ui.people import Visit

bp = Blueprint("measures", __name__, url_prefix="/home/measures")
PERIODS = (30, 90, 365)
USUAL, ALL = 90, 0  # the period a history opens on if it has a value, and the one that goes back to the first
SPARK, MOST, DOTS = 12, 400, 60


@bp.get("")
@signed_in
@acting(delegation.SEE)
def show(visit: Visit) -> str:
    """Show one tile per measure."""
    known: dict[str, Any] = {}
    tiles = [
        figures.tile(measure, _spark(visit.profile_id, measure), known) for measure in records.latest(visit.profile_id)
    ]
    has_report = any(glucose.is_report(document.details) for document in records.documents(visit.profile_id))
    return shell.page("home/measures.html", visit, "measures", tiles=tiles, has_report=has_report)


@bp.get("/<code>")
@signed_in
@acting(delegation.SEE)
def history(visit: Visit, code: str) -> str:
    """Show the course of one measure."""
    newest = records.history(visit.profile_id, code, limit=1) if records.find_kind(code) else []
    if not newest:
        abort(404)
    known: dict[str, Any] = {}
    days, why = _period(newest[0])
    since = clock.now() - timedelta(days=days) if days else None
    found = list(records.history(visit.profile_id, code, since=since, limit=MOST))
    return shell.page(
        "home/history.html",
        visit,
        "measures",
        measure=figures.tile(newest[0], None, known),
        periods=_periods(),
        chosen=days,
        why=why,
        chart=_chart(found, days) if found else None,
        rows=[figures.tile(measure, None, known) for measure in found or newest],
    )


def _periods() -> list[tuple[int, str]]:
    periods = [(some, ngettext("%(num)s day", "%(num)s days", some)) for some in PERIODS]
    return [*periods, (ALL, gettext("Everything"))]


def _period(newest: Measure) -> tuple[int, str]:
    """The period asked for; else the usual one, or the shortest longer one that has a value, and why."""
    asked = forms.number(request.args.get("days", ""), -1)
    if asked in (*PERIODS, ALL):
        return asked, ""
    age = clock.now() - newest.effective_at
    fitting = next((some for some in PERIODS if some >= USUAL and age <= timedelta(days=some)), ALL)
    return fitting, _why(fitting)


def _why(days: int) -> str:
    """Why a history opens on another period than the usual one."""
    if days == USUAL:
        return ""
    usual = ngettext("%(num)s day", "%(num)s days", USUAL)
    if days == ALL:
        return gettext("There is no value of less than a year: all of them are shown.")
    return gettext("There is no value of less than %(usual)s: the last %(days)s are shown.", usual=usual,
                   days=ngettext("%(num)s day", "%(num)s days", days))  # fmt: skip


def _spark(profile_id: str, measure: Measure) -> charts.Spark | None:
    course = records.history(profile_id, measure.code, limit=SPARK)
    return charts.spark([figures.main_value(one) for one in reversed(course)])


def _chart(found: list[Measure], days: int) -> dict[str, Any]:
    """The history chart: its geometry, and what it says in words for those who do not see it."""
    now = clock.now()
    points = [(one.effective_at, figures.main_value(one)) for one in reversed(found)]
    axes = charts.axes(points, now - timedelta(days=days) if days else points[0][0], now)
    values = [value for _, value in points]
    kind = records.get_kind(found[0].code)
    return {
        "title": gettext("%(measure)s over %(days)s days", measure=figures.title(kind.key), days=days)
        if days
        else gettext("%(measure)s since the first value", measure=figures.title(kind.key)),
        "told": gettext(
            "From %(first)s on %(from)s to %(last)s on %(to)s. The highest is %(high)s, the lowest %(low)s.",
            **{"from": words.day(points[0][0]), "to": words.day(points[-1][0])},
            first=figures.plain(kind.key, values[0]), last=figures.plain(kind.key, values[-1]),
            high=figures.plain(kind.key, max(values)), low=figures.plain(kind.key, min(values)),
        ),
        "levels": [(y, words.number(level)) for y, level in axes.levels],
        "paths": [axes.path],
        "dots": axes.dots if len(points) <= DOTS else axes.dots[-1:],
        "dates": [(x, words.short_day(at)) for x, at in axes.dates],
    }  # fmt: skip
