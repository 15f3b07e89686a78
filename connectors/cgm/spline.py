"""Smooth paths that never swing beyond the points they go through: a curve of percentiles must not invent a low."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Points = Sequence[tuple[float, float]]


def smooth_path(points: Points, *, starts: str = "M") -> str:
    """Write a path of cubic curves, monotone between neighbouring points (Steffen 1990)."""
    slopes = _slopes(points)
    path = f"{starts}{_at(*points[0])}"
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        controls = ((x0 + third, y0 + slopes[index] * third), (x1 - third, y1 - slopes[index + 1] * third), (x1, y1))
        path += "C" + " ".join(_at(*control) for control in controls)
    return path


def _slopes(points: Points) -> list[float]:
    """Return the slope at each point: flat at a turn, never steeper than keeps both sides monotone."""
    secants = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    widths = [x1 - x0 for (x0, _), (x1, _) in pairwise(points)]
    inner = []
    for (before, after), (left, right) in zip(pairwise(secants), pairwise(widths), strict=True):
        mean = (before * right + after * left) / (left + right)
        steepest = min(abs(before), abs(after), 0.5 * abs(mean))
        inner.append(0.0 if before * after <= 0 else 2 * steepest if before > 0 else -2 * steepest)
    return [secants[0], *inner, secants[-1]]


def _at(x: float, y: float) -> str:
    return f"{x:.1f} {y:.1f}"
