"""Geometry of the small curves and the history chart: numbers in, percentages out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10

Point = tuple[datetime, float]
MARGIN = 4.0


@dataclass(frozen=True)
class Spark:
    """A small curve without axes: its path, and the height of its last point."""

    path: str
    last: str


@dataclass(frozen=True)
class Axes:
    """Where the points of a history fall in a plot of 100 by 100, its levels and its dates."""

    levels: tuple[tuple[str, float], ...]
    path: str
    dots: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, datetime], ...]


def spark(values: Sequence[float]) -> Spark | None:
    """Draw the course of a measure; one value alone has no course."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    heights = [10 + 80 * (1 - _share(value, low, high)) for value in values]
    across = 100 / (len(values) - 1)
    return Spark("M" + " ".join(f"{i * across:.1f} {y:.1f}" for i, y in enumerate(heights)), f"{heights[-1]:.1f}")


def axes(points: Sequence[Point], since: datetime, until: datetime) -> Axes:
    """Place points, oldest first, between two moments; levels are round numbers around the values."""
    levels = _levels([value for _, value in points])
    low, high = levels[0], levels[-1]
    span = max((until - since).total_seconds(), 1.0)
    placed = [
        (
            MARGIN + (100 - 2 * MARGIN) * (at - since).total_seconds() / span,
            100 * (1 - _share(value, low, high)),
        )
        for at, value in points
    ]
    return Axes(
        levels=tuple((f"{100 * (1 - _share(level, low, high)):.2f}", level) for level in levels),
        path="M" + " ".join(f"{x:.2f} {y:.2f}" for x, y in placed),
        dots=tuple((f"{x:.2f}", f"{y:.2f}") for x, y in placed),
        dates=tuple(_dates(since, until)),
    )


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if high == low else (value - low) / (high - low)


def _levels(values: Sequence[float]) -> list[float]:
    """Four to six round numbers that hold all the values."""
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) * 0.1 or 1.0
    size: float = 10.0 ** floor(log10(spread / 4))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10, 20) if spread / (size * factor) <= 4)
    first, last = floor(low / step), ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1
    return [round(i * step, 10) for i in range(first, last + 1)]


def _dates(since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """Five dates spread over the period."""
    step: timedelta = (until - since) / 4
    return [(f"{MARGIN + (100 - 2 * MARGIN) * i / 4:.2f}", since + i * step) for i in range(5)]
