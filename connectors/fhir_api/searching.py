"""FHIR searches of this facade (R4 §3.1.1), read from a query string and judged. Pure.

A parameter that is not understood is refused: ignoring it would answer another question than the one asked. `_offset`
is a page, as in the French interface; the links of the answer say it, so that nobody has to know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from authz.clients import smart_scopes
from authz.clients.smart_scopes import Limit
from connectors.records.searching import COUNT_DEFAULT, COUNT_MAX, SearchRefused

ABOUT = ("patient", "subject", "subject.identifier")
PAGING = ("_count", "_offset", "_format", "_sort")
KNOWN = {
    "Patient": ("_id", "identifier", "_format"),
    "Observation": (*ABOUT, "code", "category", "date", "_id", "_include", *PAGING),
    "DocumentReference": (*ABOUT, "category", "status", "date", "_id", *PAGING),
}
REPEATED = ("code", "category", "date")
_DATE = re.compile(
    r"(eq|ge|gt|le|lt|sa|eb)?([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


@dataclass(frozen=True)
class Query:
    """A search as asked: what tokens narrow it to, between which instants, and which page of it."""

    kind: str
    about: Mapping[str, str]
    limit: Limit
    since: datetime | None = None
    until: datetime | None = None
    ids: frozenset[str] | None = None
    count: int = COUNT_DEFAULT
    page: int = 0
    with_devices: bool = False
    said: Sequence[tuple[str, str]] = field(default=())

    def covers(self, instant: datetime) -> bool:
        """Tell whether an instant is between the bounds."""
        return (self.since is None or instant >= self.since) and (self.until is None or instant < self.until)

    def links(self, base: str, total: int) -> dict[str, str]:
        """Return the addresses of this page and of its neighbours."""
        found = {"self": self._address(base, self.page)}
        if self.page:
            found["previous"] = self._address(base, self.page - 1)
        if self.count and (self.page + 1) * self.count < total:
            found["next"] = self._address(base, self.page + 1)
        return found

    def _address(self, base: str, page: int) -> str:
        query = [(name, value) for name, value in self.said if name not in ("_count", "_offset")]
        query += [("_count", str(self.count)), ("_offset", str(page))]
        return f"{base}/{self.kind}?{urlencode(query)}"


def read_query(kind: str, query: Mapping[str, Sequence[str]]) -> Query:
    """Read a search for one kind of resource, or refuse it."""
    for name, values in query.items():
        if name not in KNOWN[kind]:
            raise SearchRefused(f"{name} is not a search parameter of {kind} here.")
        if len(values) > 1 and name not in REPEATED:
            raise SearchRefused(f"{name} is given twice.")
    first = {name: values[0] for name, values in query.items()}
    if first.get("_include", "Observation:device") != "Observation:device":
        raise SearchRefused("_include can only be Observation:device.")
    if first.get("_sort", "-date") != "-date":
        raise SearchRefused("_sort can only be -date: the newest comes first.")
    if first.get("status", "current") != "current":
        raise SearchRefused("status can only be current.")
    since, until = _between(query.get("date", ()))
    return Query(
        kind,
        {name: first[name] for name in ABOUT if name in first},
        _limit(query),
        since=since,
        until=until,
        ids=frozenset(first["_id"].split(",")) if "_id" in first else None,
        count=min(_number(first.get("_count", str(COUNT_DEFAULT)), "_count"), COUNT_MAX),
        page=_number(first.get("_offset", "0"), "_offset"),
        with_devices="_include" in first,
        said=[(name, value) for name, values in query.items() for value in values],
    )


def _limit(query: Mapping[str, Sequence[str]]) -> Limit:
    """Return the tokens of a search; given twice, a resource must be within both."""
    found: Limit | None = ()
    for name in ("code", "category"):
        for text in query.get(name, ()):
            values = frozenset(value.strip() for value in text.split(","))
            if not all(values) or any(value.startswith("|") or value.endswith("|") for value in values):
                raise SearchRefused(f"{name} must be a code, or <system>|<code>; several are separated by commas.")
            found = smart_scopes.meet(found, ((name, values),)) if found is not None else None
    return found if found is not None else (("code", frozenset()),)


def _between(dates: Sequence[str]) -> tuple[datetime | None, datetime | None]:
    lower: list[datetime] = []
    upper: list[datetime] = []
    for text in dates:
        prefix, start, end = _interval(text)
        if prefix in ("eq", "ge"):
            lower.append(start)
        if prefix in ("gt", "sa"):
            lower.append(end)
        if prefix in ("eq", "le"):
            upper.append(end)
        if prefix in ("lt", "eb"):
            upper.append(start)
    return max(lower, default=None), min(upper, default=None)


def _interval(text: str) -> tuple[str, datetime, datetime]:
    """Return a date's prefix and the time that it covers: a year, a month, a day, or an instant; days are of UTC."""
    # A plus sign that was not percent-encoded has become a space on the way.
    found = _DATE.fullmatch(text.strip().replace(" ", "+"))
    if found is None:
        raise SearchRefused("date must be a date such as ge2026-01-01 or 2026-01.")
    prefix, year, month, day, clock, second, fraction, zone = found.groups("")
    try:
        time = f"{clock or '00:00'}{second}{fraction}"
        start = datetime.fromisoformat(f"{year}-{month or '01'}-{day or '01'}T{time}{zone or '+00:00'}")
        return prefix or "eq", start.astimezone(UTC), _end(start, [month, day, clock, second, fraction]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SearchRefused("date is not a date that exists.") from None


def _end(start: datetime, parts: list[str]) -> datetime:
    """Return the end of what a date covers, by how much of it was said."""
    said = sum(map(bool, parts))
    if said == 0:
        return start.replace(year=start.year + 1)
    if said == 1:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + (timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1))[said - 2]


def _number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise SearchRefused(f"{name} must be a whole number.")
    return int(text)
