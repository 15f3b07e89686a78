"""Draws a typical day: the median and the two bands around it by time of day, and nothing where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.cgm import agp
from connectors.cgm.bands import edges
from connectors.cgm.readings import Unit
from connectors.cgm.spline import smooth_path
from connectors.cgm.svg import Frame, Labels, element, named, printed, shapes, words

PAGE: Final = Frame(2400, 1000, stretches=True)

# Values the plot always shows, and the step a higher ceiling is rounded up by.
_FLOOR: Final[dict[Unit, float]] = {"mg/dL": 40, "mmol/L": 2.2}
_CEILING: Final[dict[Unit, float]] = {"mg/dL": 260, "mmol/L": 14.4}
_STEP: Final[dict[Unit, float]] = {"mg/dL": 20, "mmol/L": 1.1}

# Names of neighbouring curves keep this share of the height between them.
_APART: Final = 0.056

Scale = tuple[float, float]
Column = tuple[float, list[float]]


def scale_for(highest: float, unit: Unit) -> Scale:
    """Return the lowest and highest value of a plot that has to show `highest`."""
    ceiling = _CEILING[unit]
    while ceiling < highest:
        ceiling += _STEP[unit]
    return _FLOOR[unit], ceiling


def depth(value: float, scale: Scale) -> float:
    """Return how far down the plot a value lies: 0 at the top, 1 at the bottom."""
    low, high = scale
    return (high - min(max(value, low), high)) / (high - low)


def typical_day(bins: Sequence[agp.Bin], unit: Unit, labels: Labels, *, frame: Frame = PAGE) -> str:
    """Draw the day for a page: the class `plot` gives it its size, words stay outside the shapes that stretch."""
    head, ties = named(labels)
    return element("svg", head, _plot(bins, unit, labels, frame), class_="plot", **ties)


def printed_day(bins: Sequence[agp.Bin], unit: Unit, labels: Labels, *, width: float, height: float) -> str:
    """Draw the day for paper, in points, with margins for its words."""
    left, right, top, bottom = 24.0, 30.0, 4.0, 16.0
    frame = Frame(width - left - right, height - top - bottom, stretches=False)
    return printed(_plot(bins, unit, labels, frame), size=(width, height), at=(left, top))


def target_zone(unit: Unit, scale: Scale, frame: Frame) -> str:
    """Draw the target range as a band behind a plot."""
    _, low, high, _ = edges(unit)
    top, bottom = depth(high, scale), depth(low, scale)
    box = {"x": "0", "width": frame.across(1), "y": frame.down(top), "height": frame.down(bottom - top)}
    return element("rect", paint="zone", **box)


def _plot(bins: Sequence[agp.Bin], unit: Unit, labels: Labels, frame: Frame) -> str:
    runs = _runs(bins)
    scale = scale_for(max((levels[-1] for run in runs for _, levels in run), default=0), unit)
    parts = [
        target_zone(unit, scale, frame),
        _grid(frame),
        shapes(frame, *(_bands(run, scale, frame) for run in runs)),
        _limits(unit, scale, labels, frame),
        _hours(labels, frame),
        _level_names(runs, scale, labels, frame),
    ]
    return "".join(parts)


def _runs(bins: Sequence[agp.Bin]) -> list[list[Column]]:
    """Return the stretches of the day that have curves, each reaching the edges of its first and last bin."""
    width = agp.DAY / len(bins)
    columns = [_column(one, width) for one in bins]
    runs: list[list[Column]] = []
    for index, column in enumerate(columns):
        if column is None:
            continue
        if index == 0 or columns[index - 1] is None:
            runs.append([(column[0] - width / 2, column[1])])
        runs[-1].append(column)
        if index + 1 == len(columns) or columns[index + 1] is None:
            runs[-1].append((column[0] + width / 2, column[1]))
    return _joined_at_midnight(runs, columns, width)


def _column(one: agp.Bin, width: float) -> Column | None:
    levels = [level for name in agp.NAMES if (level := agp.level_of(one, name)) is not None]
    if not levels or one["n"] < agp.FEWEST_VALUES:
        return None
    return one["start_min"] + width / 2, levels


def _joined_at_midnight(runs: list[list[Column]], columns: Sequence[Column | None], width: float) -> list[list[Column]]:
    """Where both ends of the day have curves, each goes on towards the other one, beyond the plot's edge."""
    first, last = columns[0], columns[-1]
    if first is not None and last is not None:
        runs[0][0] = (-width / 2, last[1])
        runs[-1][-1] = (agp.DAY + width / 2, first[1])
    return runs


def _bands(run: list[Column], scale: Scale, frame: Frame) -> str:
    lines = [
        [(minute / agp.DAY * frame.width, depth(levels[rank], scale) * frame.height) for minute, levels in run]
        for rank in range(len(agp.LEVELS))
    ]
    outer = smooth_path(lines[4]) + smooth_path(lines[0][::-1], starts="L") + "Z"
    inner = smooth_path(lines[3]) + smooth_path(lines[1][::-1], starts="L") + "Z"
    limits = smooth_path(lines[4]) + smooth_path(lines[0])
    drawn = {"b1": outer, "b2": inner, "edge": limits, "med": smooth_path(lines[2])}
    return "".join(element("path", paint=paint, d=path) for paint, path in drawn.items())


def _grid(frame: Frame) -> str:
    lines = []
    for hour in range(0, 25, 3):
        x = frame.across(hour / 24)
        paint = "grid odd" if hour % 6 else "grid"
        lines.append(element("line", paint=paint, x1=x, x2=x, y1="0", y2=frame.down(1)))
    return "".join(lines)


def _hours(labels: Labels, frame: Frame) -> str:
    return "".join(
        words(
            labels.hour.format(hour),
            paint="odd" if hour % 6 else "",
            x=frame.across(hour / 24),
            y=frame.down(1),
            dy=24 if frame.stretches else 12,
            text_anchor="middle",
        )
        for hour in range(0, 25, 3)
    )


def _limits(unit: Unit, scale: Scale, labels: Labels, frame: Frame) -> str:
    """Draw the four limits of the ranges, those of the target in full, with their values on the left."""
    parts = []
    for rank, limit in enumerate(edges(unit)):
        is_goal = rank in (1, 2)
        y = frame.down(depth(limit, scale))
        parts.append(element("line", paint="goal" if is_goal else "lim", x1="0", x2=frame.across(1), y1=y, y2=y))
        text = f"{limit:.0f}" if unit == "mg/dL" else f"{limit:.1f}".replace(".", labels.decimal)
        dx, dy = (-8, 4) if frame.stretches else (-5, 2.5)
        parts.append(words(text, paint="strong" if is_goal else "", x="0", y=y, dx=dx, dy=dy, text_anchor="end"))
    return "".join(parts)


def _level_names(runs: list[list[Column]], scale: Scale, labels: Labels, frame: Frame) -> str:
    """Name the five curves at the right edge, pushed apart, if they reach it."""
    if not runs or runs[-1][-1][0] < agp.DAY:
        return ""
    before, after = runs[-1][-2][1], runs[-1][-1][1]
    depths = [depth((one + other) / 2, scale) for one, other in zip(before, after, strict=True)]
    dx, dy = (8, 4) if frame.stretches else (4, 2.5)
    parts = []
    for level, place in zip(agp.LEVELS, spread(depths), strict=True):
        text = labels.percent.format(round(100 * level))
        paint = "strong" if level == 0.5 else ""
        parts.append(words(text, paint=paint, x=frame.across(1), y=frame.down(place), dx=dx, dy=dy))
    return "".join(parts)


def spread(depths: Sequence[float]) -> list[float]:
    """Move descending depths apart around the middle one, then back inside the plot."""
    places = list(depths)
    middle = len(places) // 2
    for rank in range(middle - 1, -1, -1):
        places[rank] = max(places[rank], places[rank + 1] + _APART)
    for rank in range(middle + 1, len(places)):
        places[rank] = min(places[rank], places[rank - 1] - _APART)
    over = max(0.0, places[0] - 1)
    under = max(0.0, _APART / 2 - places[-1])
    return [place - over + under for place in places]
