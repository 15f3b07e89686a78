"""When something was measured: FHIR dateTime (R4 §2.24.0.1) as an instant, keeping what the app wrote.

Pure. Accepted: a full date-time with its offset, or a day alone (kept as that day, sorted at its start in UTC). A
date-time without an offset is refused: nobody could say which instant it is. So are a month or a year alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SKEW = timedelta(days=1)
FIRST_YEAR = 1900

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")


@dataclass(frozen=True)
class When:
    """An instant, the text it was read from, and the offset it was written with."""

    at: datetime
    text: str
    offset_minutes: int | None


def read_when(text: str, *, now: datetime, name: str = "effectiveDateTime") -> When | str:
    """Read a dateTime, or return the sentence that says why the element of that name cannot be accepted."""
    if _DAY.fullmatch(text):
        whole = text + "T00:00:00+00:00"
    elif found := _TIME.fullmatch(text):
        if not found[3]:
            return f"{name} has a time without an offset; write for example 2026-03-18T08:10:00+01:00."
        whole = text
    else:
        return f"{name} must be a date-time with an offset, or a day (YYYY-MM-DD)."
    return _checked(text, whole, now, name)


def _checked(text: str, whole: str, now: datetime, name: str) -> When | str:
    if int(text[:4]) < FIRST_YEAR:
        return f"{name} is before {FIRST_YEAR}."
    try:
        local = datetime.fromisoformat(whole)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return f"{name} is not a date that exists."
    offset = local.utcoffset() or timedelta()
    if abs(offset) > timedelta(hours=14):
        return f"{name} has an offset that no place on Earth keeps."
    if at > now + SKEW:
        return f"{name} is in the future."
    return When(at, text, None if len(text) == 10 else int(offset.total_seconds() // 60))


def shown(at: datetime) -> str:
    """Write an instant as FHIR wants it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
