"""The two ways to search measures of the French interface (§2.7), read from a query string and judged.

Pure. "all" pages through one measure, newest first; "last" gives the newest one. Anything else is refused: a search
that silently ignored a parameter would answer another question than the one asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from authz.errors import Refusal
from connectors.records.codes import Kind, find_kind

COUNT_DEFAULT, COUNT_MAX = 50, 100
NO_MODE = "No search mode detected"
_KNOWN = {"code", "subject.identifier", "date", "_sort", "_count", "_offset", "_include", "_format"}
_BOUND = re.compile(
    r"(ge|gt|le|lt)([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_TICK = timedelta(microseconds=1)


class SearchRefused(Refusal):
    """The search is none of the two that exist."""

    code = "invalid_search"
    description = NO_MODE


@dataclass(frozen=True)
class Search:
    """A search as asked; `since` is included, `until` is not."""

    kind: Kind
    code: str
    subject: tuple[str, str]
    is_last: bool
    since: datetime | None = None
    until: datetime | None = None
    dates: tuple[str, ...] = ()
    count: int = COUNT_DEFAULT
    page: int = 0
    with_devices: bool = False

    def links(self, base: str, total: int) -> dict[str, str]:
        """Return the addresses of this page and of its neighbours."""
        found = {} if self.page == 0 else {"previous": self._address(base, self.page - 1)}
        found["self"] = self._address(base, self.page)
        if not self.is_last and (self.page + 1) * self.count < total:
            found["next"] = self._address(base, self.page + 1)
        return found

    def _address(self, base: str, page: int) -> str:
        query = [("code", self.code), ("subject.identifier", "|".join(self.subject))]
        query += [("date", text) for text in self.dates]
        query += [("_sort", "-date")] if self.is_last else []
        query += [("_count", str(self.count))]
        query += [] if self.is_last else [("_offset", str(page))]
        query += [("_include", "Observation:device")] if self.with_devices else []
        return f"{base}/Observation?{urlencode(query)}"


def read_search(query: Mapping[str, Sequence[str]]) -> Search:
    """Read a query, name by name with all its values, or refuse it."""
    _check_names(query)
    first = {name: values[0] for name, values in query.items()}
    code = first["code"]
    system, bar, plain = code.rpartition("|")
    kind = find_kind(plain, system if bar and system else None)
    if kind is None:
        raise SearchRefused("code is not one measure of this interface.")
    authority, _, subject = first["subject.identifier"].rpartition("|")
    if not authority or not subject:
        raise SearchRefused("subject.identifier must be <AssignAuth>|<idPe>.")
    if first.get("_include", "Observation:device") != "Observation:device":
        raise SearchRefused("_include can only be Observation:device.")
    found = Search(kind, code, (authority, subject), "_sort" in first, with_devices="_include" in first)
    return _read_last(found, first) if found.is_last else _read_all(found, first, query.get("date", ()))


def _check_names(query: Mapping[str, Sequence[str]]) -> None:
    if not {"code", "subject.identifier"} <= set(query) <= _KNOWN:
        raise SearchRefused()
    if any(len(values) > 1 for name, values in query.items() if name != "date"):
        raise SearchRefused("A parameter is given twice.")


def _read_last(found: Search, first: Mapping[str, str]) -> Search:
    if "_offset" in first or "date" in first:
        raise SearchRefused("A search of the last measure has neither pages nor dates.")
    if first["_sort"] != "-date" or first.get("_count") != "1":
        raise SearchRefused("A search of the last measure needs _sort=-date and _count=1.")
    return Search(found.kind, found.code, found.subject, True, count=1, with_devices=found.with_devices)


def _read_all(found: Search, first: Mapping[str, str], dates: Sequence[str]) -> Search:
    count = _number(first.get("_count", str(COUNT_DEFAULT)), "_count")
    if not 1 <= count <= COUNT_MAX:
        raise SearchRefused(f"_count must be 1 to {COUNT_MAX}.")
    since, until = _read_dates(dates) if dates else (None, None)
    return Search(
        found.kind,
        found.code,
        found.subject,
        False,
        since=since,
        until=until,
        dates=tuple(dates),
        count=count,
        page=_number(first.get("_offset", "0"), "_offset"),
        with_devices=found.with_devices,
    )


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise SearchRefused(f"{name} must be a whole number.")
    return int(text)


def _read_dates(dates: Sequence[str]) -> tuple[datetime, datetime]:
    bounds: dict[str, datetime] = {}
    for text in dates:
        side, instant = _read_bound(text)
        if side in bounds:
            raise SearchRefused("date needs one lower and one upper bound.")
        bounds[side] = instant
    if set(bounds) != {"g", "l"}:
        raise SearchRefused("date needs both bounds, for example date=ge2026-01-01&date=le2026-01-31.")
    return bounds["g"], bounds["l"]


def _read_bound(text: str) -> tuple[str, datetime]:
    # A plus sign that was not percent-encoded has become a space on the way.
    found = _BOUND.fullmatch(text.strip().replace(" ", "+"))
    if not found:
        raise SearchRefused("date must be a bound such as ge2026-01-01 or le2026-01-31T23:59:59Z.")
    prefix, day, time = found.groups()
    try:
        start = datetime.fromisoformat(day + (time or "T00:00:00+00:00")).astimezone(UTC)
        after = start + (_TICK if time else timedelta(days=1))
    except (ValueError, OverflowError):
        raise SearchRefused("date is not a date that exists.") from None
    # The four comparisons as a half-open interval: from the bound itself, or from just after it.
    return prefix[0], after if prefix in ("gt", "le") else start
