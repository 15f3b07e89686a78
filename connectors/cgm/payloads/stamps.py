"""Date-times that follow an account preference: which number is the day is decided once, from the whole file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from connectors.cgm.readings import DateOrder
from connectors.contract import PayloadRefused

ORDERS: tuple[DateOrder, DateOrder] = ("dmy", "mdy")
YEARS = range(1990, 2200)

# Wall clocks go back by one hour in autumn; the preamble is in UTC while rows are local, at most 14 hours apart.
CLOCK_CHANGE = timedelta(hours=1)
PREAMBLE_SLACK = timedelta(hours=24)

_STAMP = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[T, ]\s*"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?\s?m\.?)?(?:\s*UTC)?",
    re.IGNORECASE | re.ASCII,
)
# Some locales put a narrow or plain no-break space before AM and PM.
_SPACES = str.maketrans({"\u202f": " ", "\xa0": " "})
_UNDECIDED = (
    "The dates of the file can be read day first or month first. "
    "Export at least 13 days, or say which with the date order dmy or mdy."
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date-time as written: two numbers that may be day and month or month and day, unless the year came first."""

    first: int
    second: int
    year: int
    clock: tuple[int, int, int]
    is_year_first: bool

    def resolve(self, order: DateOrder) -> datetime | None:
        """Return the wall-clock time under one order, or None where there is no such day."""
        month_is_first = self.is_year_first or order == "mdy"
        month, day = (self.first, self.second) if month_is_first else (self.second, self.first)
        try:
            return datetime(self.year, month, day, *self.clock)  # noqa: DTZ001  (a wall clock has no zone)
        except ValueError:
            return None


def stamp_in(cell: str) -> Stamp | None:
    """Read a cell that is a date-time and nothing else."""
    found = _STAMP.fullmatch(cell.translate(_SPACES))
    if found is None:
        return None
    one, two, three, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    clock = _clock(hour, found[7])
    is_year_first = len(found[1]) == 4
    year = one if is_year_first else three
    if clock is None or year not in YEARS:
        return None
    first, second_number = (two, three) if is_year_first else (one, two)
    return Stamp(first, second_number, year, (clock, minute, second), is_year_first)


def date_order(groups: Iterable[Sequence[Stamp]], printed: Stamp | None) -> DateOrder:
    """Decide the order from every row and the preamble's stamp, or refuse; a row is never guessed alone.

    `groups` are the stamps of one device and one record type each, in file order: such rows follow one another in time.
    """
    told = [kept for group in groups if (kept := [stamp for stamp in group if not stamp.is_year_first])]
    if all(stamp.first == stamp.second for group in told for stamp in group):
        return "dmy"
    orders = _orders_by_numbers(stamp for group in told for stamp in group)
    if len(orders) == 1:
        return orders[0]
    in_time_order = _allowed(lambda order: all(_is_in_time_order(group, order) for group in told))
    printed_after = _allowed(lambda order: _is_printed_after(printed, told, order))
    agreed = in_time_order & printed_after
    if len(agreed) != 1:
        raise PayloadRefused(_UNDECIDED, why="undecided_dates")
    return agreed.pop()


def _clock(hour: int, half: str | None) -> int | None:
    """Return the hour on a 24-hour clock."""
    if half is None:
        return hour
    if hour > 12:
        return None
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _orders_by_numbers(stamps: Iterable[Stamp]) -> tuple[DateOrder, ...]:
    day_first = month_first = False
    for stamp in stamps:
        day_first = day_first or stamp.first > 12 >= stamp.second
        month_first = month_first or stamp.second > 12 >= stamp.first
    if day_first and month_first:
        sentence = (
            "The file mixes dates with the day first and dates with the month first. Export it again in one piece."
        )
        raise PayloadRefused(sentence, why="mixed_dates")
    return ("dmy",) if day_first else ("mdy",) if month_first else ORDERS


def _allowed(holds: Callable[[DateOrder], bool]) -> set[DateOrder]:
    """Return the orders a piece of evidence allows; one that allows none says nothing."""
    return {order for order in ORDERS if holds(order)} or set(ORDERS)


def _is_in_time_order(group: Sequence[Stamp], order: DateOrder) -> bool:
    times = [time for stamp in group if (time := stamp.resolve(order))]
    steps = [later - earlier for earlier, later in pairwise(times)]
    return all(step >= -CLOCK_CHANGE for step in steps) or all(step <= CLOCK_CHANGE for step in steps)


def _is_printed_after(printed: Stamp | None, groups: Iterable[Sequence[Stamp]], order: DateOrder) -> bool:
    """The export cannot have been made before its last reading."""
    if printed is None:
        return True
    made = printed.resolve(order)
    last = max((time for group in groups for stamp in group if (time := stamp.resolve(order))), default=None)
    return made is not None and last is not None and made >= last - PREAMBLE_SLACK
