"""Draws the shares of time in the five ranges as one bar, and each day as a small plot of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from connectors.cgm.agp import DAY
from connectors.cgm.bands import BANDS, Band, edges
from connectors.cgm.curve import Scale, depth, scale_for, target_zone
from connectors.cgm.readings import Unit
from connectors.cgm.summary import Day
from connectors.cgm.svg import Frame, Labels, element, named, polyline, printed, shapes

PAGE: Final = Frame(DAY, 1000, stretches=True)
BAR: Final = Frame(100, 1, stretches=True)

# A range that occurs at all is drawn at least this wide, or nobody would see it.
NARROWEST: Final = 2.5

# One point for every three minutes is more than a small plot can show.
MOST_POINTS: Final = 480

_PAINT: Final[dict[Band, str]] = {
    "very_low": "f-vlow",
    "low": "f-low",
    "target": "f-target",
    "high": "f-high",
    "very_high": "f-vhigh",
}
# Hatching, one way for very low and the other for very high, tells the outer ranges from the inner without colour.
_HATCHED: Final[dict[Band, tuple[str, int]]] = {"very_low": ("h", 45), "very_high": ("d", -45)}

Points = Sequence[tuple[float, float]]


def range_bar(shares: Mapping[Band, float], labels: Labels, *, frame: Frame = BAR) -> str:
    """Draw the bar for a page, low to high; the class `tir` gives it its size."""
    head, ties = named(labels)
    return element("svg", head, _hatching(labels.ident), _bar(shares, labels, frame), class_="tir", **ties)


def printed_bar(shares: Mapping[Band, float], labels: Labels, *, width: float, height: float) -> str:
    """Draw the bar for paper, in points."""
    frame = Frame(width, height, stretches=False)
    return printed(_hatching(labels.ident) + _bar(shares, labels, frame), size=(width, height))


def swatch(band: Band, ident: str, *, size: float = 16) -> str:
    """Draw the square that stands for a range in a list; decoration, the name is beside it."""
    frame = Frame(size, size, stretches=False)
    inner = _hatching(ident) + _block(band, ident, (0, 1), frame)
    box = f"0 0 {size:g} {size:g}"
    space = "http://www.w3.org/2000/svg"
    return element("svg", inner, xmlns=space, viewBox=box, width=size, height=size, aria_hidden="true")


def day(figures: Day, unit: Unit, labels: Labels, *, scale: Scale, frame: Frame = PAGE) -> str:
    """Draw one day for a page, midnight to midnight."""
    head, ties = named(labels)
    return element("svg", head, _day(figures, unit, scale, frame), **ties)


def printed_day(figures: Day, unit: Unit, *, scale: Scale, width: float, height: float) -> str:
    """Draw one day for paper, in points."""
    return printed(_day(figures, unit, scale, Frame(width, height, stretches=False)), size=(width, height))


def scale_of(days: Sequence[Day], unit: Unit) -> Scale:
    """Return the one scale all days share, so that they can be compared."""
    return scale_for(max(figures["max"] for figures in days), unit)


def _hatching(ident: str) -> str:
    patterns = [
        element(
            "pattern",
            element("path", paint="hatch", d="M0 0v6"),
            id=f"{ident}-{name}",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform=f"rotate({angle})",
        )
        for name, angle in _HATCHED.values()
    ]
    return element("defs", *patterns)


def _bar(shares: Mapping[Band, float], labels: Labels, frame: Frame) -> str:
    drawn = {band: max(shares[band], NARROWEST) for band in BANDS if shares[band] > 0}
    total = sum(drawn.values())
    parts, start = [], 0.0
    for band, share in drawn.items():
        end = start + share / total
        parts.append(_block(band, labels.ident, (start, end), frame))
        if start > 0:
            x = frame.across(start)
            parts.append(element("line", paint="cut", x1=x, x2=x, y1="0", y2=frame.down(1)))
        start = end
    return "".join(parts)


def _block(band: Band, ident: str, span: tuple[float, float], frame: Frame) -> str:
    start, end = span
    box = {"x": frame.across(start), "width": frame.across(end - start), "height": frame.down(1)}
    block = element("rect", paint=_PAINT[band], **box)
    if band not in _HATCHED:
        return block
    return block + element("rect", fill=f"url(#{ident}-{_HATCHED[band][0]})", **box)


def _day(figures: Day, unit: Unit, scale: Scale, frame: Frame) -> str:
    _, low, high, _ = edges(unit)
    stretches = list(_stretches(_thinned(figures.get("points", []))))
    beyond = [("over", part, high) for run in stretches for part in _beyond(run, high, above=True)]
    beyond += [("under", part, low) for run in stretches for part in _beyond(run, low, above=False)]
    areas = [element("path", paint=paint, d=_path(part, scale, frame) + "Z") for paint, part, _ in beyond]
    line = "".join(_path(run, scale, frame) for run in stretches)
    return target_zone(unit, scale, frame) + shapes(frame, *areas, element("path", paint="line", d=line))


def _path(points: Points, scale: Scale, frame: Frame) -> str:
    placed = ((minute / DAY * frame.width, depth(value, scale) * frame.height) for minute, value in points)
    if frame.stretches:
        return polyline(placed)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)


def _thinned(points: Points) -> Points:
    return points[:: 1 + len(points) // MOST_POINTS]


def _stretches(points: Points) -> Iterator[Points]:
    """Cut a day where the sensor was silent for longer than three of its usual steps: no line crosses a gap."""
    steps = sorted(later[0] - earlier[0] for earlier, later in pairwise(points))
    longest = 3 * max(steps[len(steps) // 2], 1) if steps else 0
    run: list[tuple[float, float]] = []
    for point in points:
        if run and not 0 <= point[0] - run[-1][0] <= longest:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _beyond(run: Points, limit: float, *, above: bool) -> Iterator[Points]:
    """Return the areas between the line and a limit it crosses, crossings interpolated."""
    side = 1 if above else -1
    part: list[tuple[float, float]] = []
    previous: tuple[float, float] | None = None
    for minute, value in run:
        is_beyond = side * (value - limit) > 0
        if previous is not None and is_beyond != bool(part):
            part.append((_crossing(previous, (minute, value), limit), limit))
        elif is_beyond and not part:
            part.append((minute, limit))
        if is_beyond:
            part.append((minute, value))
        elif part:
            yield part
            part = []
        previous = (minute, value)
    if part:
        yield [*part, (part[-1][0], limit)]


def _crossing(one: tuple[float, float], other: tuple[float, float], limit: float) -> float:
    return one[0] + (other[0] - one[0]) * (limit - one[1]) / (other[1] - one[1])
