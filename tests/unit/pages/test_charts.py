"""Curves stay inside their plot, whatever the values, and their levels are round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from consent_ui import charts

START = datetime(2026, 1, 1, tzinfo=UTC)
VALUES = some.lists(some.integers(0, 10**8).map(lambda n: n / 100), min_size=1, max_size=40)


@given(VALUES)
def test_curve_stays_inside_its_plot(values: list[float]) -> None:
    points = [(START + timedelta(days=day), value) for day, value in enumerate(values)]
    axes = charts.axes(points, START, START + timedelta(days=40))
    for x, y in axes.dots:
        assert 0 <= float(x) <= 100
        assert -0.01 <= float(y) <= 100.01
    levels = [level for _, level in axes.levels]
    assert levels[0] <= min(values)
    assert levels[-1] >= max(values)
    assert 2 <= len(levels) <= 7
    assert len(axes.dates) == 5


@given(VALUES)
def test_small_curve_has_a_course_or_is_not_drawn(values: list[float]) -> None:
    drawn = charts.spark(values)
    if len(values) < 2:
        assert drawn is None
    else:
        assert drawn is not None
        assert 10 <= float(drawn.last) <= 90


def test_levels_are_round() -> None:
    points = [(START, 95.0), (START + timedelta(days=1), 106.0)]
    axes = charts.axes(points, START, START + timedelta(days=1))
    assert [level for _, level in axes.levels] == [95, 100, 105, 110]
