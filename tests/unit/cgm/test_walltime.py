"""Clock changes, repetitions, two sensors: each reading once and at its time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.cgm import payloads
from connectors.cgm.readings import Reading
from connectors.cgm.summary import Summary, span_of, summarise
from connectors.cgm.walltime import place
from connectors.contract import PayloadRefused
from tests.unit.cgm.exports import every, libre, rows, wall

PARIS = ZoneInfo("Europe/Paris")


def clock_shows(start: str, end: str) -> list[datetime]:
    """Return what a clock in Paris shows every five minutes between two instants."""
    first, last = (wall(text).replace(tzinfo=PARIS).astimezone(UTC) for text in (start, end))
    count = int((last - first) / timedelta(minutes=5))
    return [
        (first + timedelta(minutes=5 * step)).astimezone(PARIS).replace(tzinfo=None, fold=0) for step in range(count)
    ]


def figures(lines: list[str], days: int | None = None) -> Summary:
    return summarise(payloads.read(libre(lines)), zone=PARIS, days=days)


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-03-20 00:00", "2026-04-03 00:00", 4020),
        ("2026-10-18 00:00", "2026-11-01 00:00", 4044),
        ("2026-02-02 00:00", "2026-02-16 00:00", 4032),
    ],
    ids=["spring", "autumn", "winter"],
)
def test_every_reading_of_fourteen_dates_is_a_hundred_percent(start: str, end: str, count: int) -> None:
    ours = figures(rows(clock_shows(start, end)), days=14)
    assert (ours["n"], ours["days_with_data"]) == (count, 14)
    assert ours["active_percent_of_window"] == 100


@pytest.mark.parametrize("newest_first", [False, True])
def test_both_passes_of_the_repeated_hour_count_in_its_bin(newest_first: bool) -> None:
    times = clock_shows("2026-10-25 00:00", "2026-10-26 00:00")
    ours = figures(rows(times[::-1] if newest_first else times))
    assert ours["n"] == 25 * 12
    assert [bin_["n"] for bin_ in ours["curve_hourly"]] == [12, 12, 24, *[12] * 21]
    assert ours["active_percent_of_window"] == 100


def test_file_repeated_after_itself_counts_once() -> None:
    times = clock_shows("2026-10-25 00:00", "2026-10-26 00:00")
    assert figures(rows(times) * 2)["n"] == 25 * 12


def test_exact_repetition_counts_once_and_another_value_twice() -> None:
    times = every(5, 3, start=wall("2026-02-20 08:00"))
    assert figures([*rows(times), *rows(times)])["n"] == 3
    assert figures([*rows(times), *rows(times, value="121")])["n"] == 6


def test_time_that_spring_skips_is_kept_where_the_clock_showed_it() -> None:
    skipped = [Reading(wall("2026-03-29 02:30"), 120), Reading(wall("2026-03-29 03:30"), 120)]
    placed = place(skipped, PARIS)
    assert [one.wall for one in placed] == [wall("2026-03-29 02:30"), wall("2026-03-29 03:30")]


def test_offsets_in_the_file_rule_over_the_zone() -> None:
    at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    (one,) = place([Reading(at.replace(tzinfo=None), 120, at=at)], PARIS)
    assert (one.at, one.wall) == (at, wall("2026-10-25 02:30"))


def test_second_sensor_worn_at_the_same_time_does_not_count_twice() -> None:
    first, second = every(5, 48, start=wall("2026-02-20 08:00")), every(5, 96, start=wall("2026-02-20 08:02"))
    ours = figures([*rows(first), *rows(second, serial="S2")])
    # The second sensor takes over when the first has spoken for the last time.
    assert ours["n"] == 96
    assert ours["active_percent_of_window"] == pytest.approx(100 * 96 * 5 / 1440)


def test_sensors_of_different_steps_are_counted_by_their_own() -> None:
    slow, fast = every(15, 48, start=wall("2026-02-20 00:00")), every(5, 144, start=wall("2026-02-20 12:00"))
    ours = figures([*rows(slow), *rows(fast, serial="S2")])
    assert ours["active_percent_of_window"] == 100
    assert ours["interval_min"] == 5


def test_sparse_file_is_not_taken_for_a_slow_sensor() -> None:
    ours = figures(rows(every(1440, 5, start=wall("2026-02-18 08:00"))))
    assert ours["interval_min"] == 15
    assert ours["active_percent_of_window"] == pytest.approx(100 * 15 / 1440)


def test_one_reading_is_a_file_too() -> None:
    ours = figures(rows([wall("2026-02-20 08:00")]))
    assert (ours["n"], ours["sd_mg_dl"], ours["cv_percent"], ours["interval_min"]) == (1, None, None, 5)


def test_readings_too_close_never_make_more_than_a_hundred_percent() -> None:
    times = every(1, 1440, start=wall("2026-02-20 00:00"))
    ours = figures([*rows(times), *rows(times, value="121"), *rows(times, value="122")])
    assert ours["active_percent_of_window"] == 100


def test_window_ends_on_the_date_asked_for() -> None:
    export = payloads.read(libre(rows(every(60, 24 * 20, start=wall("2026-02-01 00:00")))))
    span = span_of(export, zone=PARIS, days=14, end=date(2026, 2, 18))
    assert (span.start, span.end, len(span.dates)) == (date(2026, 2, 5), date(2026, 2, 18), 14)


def test_window_without_readings_is_refused() -> None:
    export = payloads.read(libre(rows(every(60, 24, start=wall("2026-02-20 00:00")))))
    with pytest.raises(PayloadRefused) as refused:
        span_of(export, zone=PARIS, days=14, end=date(2020, 1, 1))
    assert refused.value.params["why"] == "no_reading_in_window"
    with pytest.raises(PayloadRefused):
        span_of(export, zone=PARIS, end=date(2020, 1, 1))
