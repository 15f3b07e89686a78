"""The maths of a typical day: percentiles of glucose by time of day, in bins left empty where nothing was measured.

Pure: readings come in as (minute of the day, value) pairs, bins go out. Who draws them is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypedDict

DAY: Final = 24 * 60
LEVELS: Final = (0.05, 0.25, 0.50, 0.75, 0.95)
NAMES: Final = ("p05", "p25", "p50", "p75", "p95")

# A 15-minute sensor gives 14 values a bin in 14 days: under five, a 5th percentile is only the lowest value renamed.
FEWEST_VALUES: Final = 5


class Bin(TypedDict):
    """One stretch of the day. The five percentiles are None together, where there are too few values."""

    start_min: int
    n: int
    p05: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None


def quantile(ordered: Sequence[float], level: float) -> float:
    """Return a quantile of ascending values by linear interpolation between neighbours (type 7 of R)."""
    place = (len(ordered) - 1) * level
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def curve(points: Iterable[tuple[float, float]], *, width: int, fewest: int = 1) -> list[Bin]:
    """Return the bins of a day, each `width` minutes wide and closed on its left; under `fewest` values, empty."""
    values: list[list[float]] = [[] for _ in range(DAY // width)]
    for minute, value in points:
        values[int(minute // width)].append(value)
    return [_bin(index * width, sorted(members), fewest) for index, members in enumerate(values)]


def smoothed(bins: Sequence[Bin]) -> list[Bin]:
    """Weigh each bin 4 against 1 for either neighbour, midnight joining both ends of the day.

    An empty neighbour drops out with its weight, and an empty bin stays empty: nothing is invented in a gap.
    """
    count = len(bins)
    return [_weighed(bins[index - 1], bins[index], bins[(index + 1) % count]) for index in range(count)]


def mapped(one: Bin, change: Callable[[float], float]) -> Bin:
    """Return a bin with each of its percentiles changed, empty ones left empty."""
    levels = [None if (value := level_of(one, name)) is None else change(value) for name in NAMES]
    return _with_levels(one["start_min"], one["n"], levels)


def level_of(one: Bin, name: str) -> float | None:
    """Return one percentile of a bin, by one of NAMES."""
    value: float | None = one[name]  # type: ignore[literal-required]  # one of NAMES
    return value


def _bin(start: int, ordered: Sequence[float], fewest: int) -> Bin:
    if len(ordered) < max(fewest, 1):
        return _with_levels(start, len(ordered), [None] * len(LEVELS))
    return _with_levels(start, len(ordered), [quantile(ordered, level) for level in LEVELS])


def _weighed(before: Bin, middle: Bin, after: Bin) -> Bin:
    levels = [_weighed_level(level_of(before, name), level_of(middle, name), level_of(after, name)) for name in NAMES]
    return _with_levels(middle["start_min"], middle["n"], levels)


def _weighed_level(before: float | None, middle: float | None, after: float | None) -> float | None:
    if middle is None:
        return None
    neighbours = [value for value in (before, after) if value is not None]
    return (4 * middle + sum(neighbours)) / (4 + len(neighbours))


def _with_levels(start: int, count: int, levels: Sequence[float | None]) -> Bin:
    p05, p25, p50, p75, p95 = levels
    return Bin(start_min=start, n=count, p05=p05, p25=p25, p50=p50, p75=p75, p95=p95)
