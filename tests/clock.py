"""A clock that tests move: the whole process's, so that libraries which read it themselves move too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine


class Clock:
    """The process's clock; it runs on from the real instant, and jumps when told."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def advance(self, **parts: float) -> None:
        """Jump ahead: `clock.advance(minutes=10)`."""
        self._traveller.shift(timedelta(**parts))

    def move_to(self, instant: datetime) -> None:
        """Jump to an aware instant."""
        self._traveller.move_to(instant)

    def now(self) -> datetime:
        """Return the present instant, as the server sees it."""
        return datetime.now(UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Give the test the process's clock to move."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield Clock(traveller)
