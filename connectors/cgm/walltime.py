"""Wall clock -> instants: each reading once, at its true time, and the whole local dates a summary is about.

Time of day stays what the patient's clock showed; durations are absolute, so a day may have 23 or 25 hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from connectors.cgm.readings import Reading

# A sensor speaks at least this often; a longer usual gap is a sparse file, not a slow sensor.
LONGEST_INTERVAL = 15
DEFAULT_INTERVAL = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """A reading in absolute time: `wall` is what the clock of the zone showed, `at` the instant."""

    at: datetime
    wall: datetime
    value: float
    source: int
    limit: str


@dataclass(frozen=True)
class Window:
    """Whole local dates, both ends included, and the readings on them in time order."""

    start: date
    end: date
    minutes: float
    readings: list[Placed]
    intervals: dict[int, int]

    @property
    def interval(self) -> int:
        """The sensor's interval in minutes; that of most readings where several sensors took turns."""
        counts = Counter(self.intervals[reading.source] for reading in self.readings)
        return counts.most_common(1)[0][0] if counts else DEFAULT_INTERVAL

    @property
    def dates(self) -> list[date]:
        """The dates that have readings."""
        return sorted({reading.wall.date() for reading in self.readings})

    @property
    def active_percent(self) -> float:
        """Share of the window's time that readings account for, each for its own sensor's interval."""
        worn = sum(self.intervals[reading.source] for reading in self.readings)
        return min(100.0, 100 * worn / self.minutes)


def place(readings: list[Reading], zone: tzinfo) -> list[Placed]:
    """Give each reading its instant; exact repetitions count once, a second sensor worn at the same time not at all."""
    by_source: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_source[reading.source].append(reading)
    placed: dict[tuple[int, datetime, datetime, float], Placed] = {}
    for group in by_source.values():
        for one in _placed_in_order(group, zone):
            placed.setdefault((one.source, one.at, one.wall, one.value), one)
    ordered = sorted(placed.values(), key=lambda one: (one.at, one.wall, one.source, one.value))
    return _without_overlap(ordered) if len(by_source) > 1 else ordered


def window(placed: list[Placed], zone: tzinfo, *, days: int | None = None, end: date | None = None) -> Window:
    """Take the last `days` dates up to `end` (else the last date with data), or every date there is."""
    last = end or max(one.wall for one in placed).date()
    earliest = min(one.wall for one in placed).date()
    start = last - timedelta(days=days - 1) if days else min(earliest, last)
    kept = [one for one in placed if start <= one.wall.date() <= last]
    minutes = (_midnight(last + timedelta(days=1), zone) - _midnight(start, zone)).total_seconds() / 60
    return Window(start, last, minutes, kept, _intervals(placed))


def _placed_in_order(group: list[Reading], zone: tzinfo) -> Iterator[Placed]:
    """Tell the two passes of the repeated autumn hour apart: rows in time order step back between them."""
    previous: datetime | None = None
    fold = 0
    for reading in _oldest_first(group):
        if reading.at is not None:
            local = reading.at.astimezone(zone)
            yield Placed(reading.at.astimezone(UTC), local.replace(tzinfo=None, fold=0), *_rest(reading))
            continue
        if not _is_repeated(reading.wall, zone):
            fold = 0
        elif previous is not None and reading.wall < previous:
            is_second_pass = _is_repeated(previous, zone) and previous - reading.wall < timedelta(hours=1)
            fold = 1 if is_second_pass else 0
        previous = reading.wall
        yield Placed(reading.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC), reading.wall, *_rest(reading))


def _rest(reading: Reading) -> tuple[float, int, str]:
    return reading.value, reading.source, reading.limit


def _oldest_first(group: list[Reading]) -> Iterable[Reading]:
    steps = Counter(later.wall > earlier.wall for earlier, later in pairwise(group) if later.wall != earlier.wall)
    return reversed(group) if steps[False] > steps[True] else group


def _is_repeated(wall: datetime, zone: tzinfo) -> bool:
    """Tell whether the clock shows this time twice; a skipped spring time differs the other way round."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _without_overlap(ordered: list[Placed]) -> list[Placed]:
    """Drop readings another sensor sends while the last kept one still stands for the present (Tidepool's rule)."""
    intervals = _intervals(ordered)
    kept: list[Placed] = []
    for one in ordered:
        # Half a minute of slack: stamps are cut to the minute.
        if kept and kept[-1].source != one.source:
            blackout = timedelta(minutes=intervals[kept[-1].source] - 0.5)
            if one.at - kept[-1].at < blackout:
                continue
        kept.append(one)
    return kept


def _intervals(placed: list[Placed]) -> dict[int, int]:
    """Return each sensor's interval: the usual gap between its readings, in whole minutes."""
    instants: dict[int, list[datetime]] = defaultdict(list)
    for one in placed:
        instants[one.source].append(one.at)
    return {source: _usual_gap(times) for source, times in instants.items()}


def _usual_gap(times: list[datetime]) -> int:
    gaps = [(later - earlier).total_seconds() / 60 for earlier, later in pairwise(times) if later > earlier]
    return min(LONGEST_INTERVAL, max(1, round(median(gaps)))) if gaps else DEFAULT_INTERVAL


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
