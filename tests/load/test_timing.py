"""The test of ranks that says whether the time of an answer tells anything."""

from __future__ import annotations

import pytest

from benchmarks import timing


def test_equal_samples_tell_nothing() -> None:
    values = [float(number % 17) + number / 1000 for number in range(200)]
    found = timing.judged("x", values[::2], values[1::2])
    assert found.pairs == 100
    assert found.effect == pytest.approx(0.5, abs=0.05)
    assert found.p > 0.3


def test_small_steady_difference_is_found() -> None:
    """A tenth of the spread, in samples large enough."""
    known = [number / 500 + 0.2 for number in range(500)]
    found = timing.judged("x", known, [number / 500 for number in range(500)])
    assert found.effect > 0.6
    assert found.p < 0.001
    assert found.known > found.unknown


def test_statistic_is_that_of_the_book() -> None:
    """Ranks 1, 2, 4 against 3, 5, 6: U is 1 of 9."""
    found = timing.judged("x", [1.0, 2.0, 4.0], [3.0, 5.0, 6.0])
    assert found.effect == pytest.approx(1 / 9)
    assert found.told().startswith("x ")


def test_made_up_numbers_have_the_right_key() -> None:
    numbers = [str(timing._space(number)["nir"]) for number in range(60)]
    assert all(int(number[:13]) % 97 == 97 - int(number[13:]) for number in numbers)
    assert len(set(numbers)) == 60
