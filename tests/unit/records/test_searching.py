"""The two searches of the French measures interface, and all that is neither."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records.searching import NO_MODE, Search, SearchRefused, read_search
from tests.spec import spec

MES = "French measures interface V1.5.2"
WHO = "urn:oid:1.2.250.1.999.1.1|subject-1"


def read(**query: str | list[str]) -> Search:
    """Read a query written with underscores for what Python cannot name."""
    names = {"subject": "subject.identifier", "sort": "_sort", "count": "_count", "offset": "_offset"}
    asked = {"code": "MED-969", "subject": WHO} | query
    return read_search(
        {names.get(name, name): value if isinstance(value, list) else [value] for name, value in asked.items() if value}
    )


@spec(MES, "2.7", "search all: 50 a page by default")
def test_reader_asks_for_all_and_gets_pages_of_fifty() -> None:
    found = read()
    assert (found.is_last, found.count, found.page, found.since, found.until) == (False, 50, 0, None, None)
    assert found.subject == ("urn:oid:1.2.250.1.999.1.1", "subject-1")
    assert found.kind.key == "interstitial_glucose"


@spec(MES, "2.7", "search last: _sort=-date and _count=1")
def test_reader_asks_for_the_last_one() -> None:
    found = read(sort="-date", count="1", _include="Observation:device")
    assert (found.is_last, found.count, found.with_devices) == (True, 1, True)
    assert set(found.links("https://x/fhir", 9)) == {"self"}
    assert "_sort=-date" in found.links("https://x/fhir", 9)["self"]


@spec(MES, "2.7", "date has both bounds")
@pytest.mark.parametrize(
    ("dates", "since", "until"),
    [
        (["ge2026-01-01", "le2026-01-31"], datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (["lt2026-01-31", "gt2026-01-01"], datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)),
        (
            ["gt2026-01-01T00:00:00Z", "le2026-01-01T12:00:00 01:00"],
            datetime(2026, 1, 1, microsecond=1, tzinfo=UTC),
            datetime(2026, 1, 1, 11, microsecond=1, tzinfo=UTC),
        ),
    ],
)
def test_reader_bounds_the_dates(dates: list[str], since: datetime, until: datetime) -> None:
    found = read(date=dates)
    assert (found.since, found.until) == (since, until)
    assert found.links("https://x", 0)["self"].count("date=") == 2


@spec(MES, "2.7", "links to previous, self and next")
def test_reader_follows_links_between_pages() -> None:
    links = read(count="2", offset="1", code="http://loinc.org|29463-7").links("https://x/fhir", 5)
    assert list(links) == ["previous", "self", "next"]
    assert links["next"].endswith("_count=2&_offset=2")
    assert "subject.identifier=urn%3Aoid%3A1.2.250.1.999.1.1%7Csubject-1" in links["self"]
    assert "next" not in read(count="2", offset="2").links("https://x/fhir", 5)


REFUSED: list[tuple[dict[str, str | list[str]], str]] = [
    ({"code": ""}, NO_MODE),
    ({"subject": ""}, NO_MODE),
    ({"patient": "x"}, NO_MODE),
    ({"count": ["1", "2"]}, "given twice"),
    ({"code": "1-8"}, "not one measure"),
    ({"code": "urn:x|MED-969"}, "not one measure"),
    ({"code": "MED-969,MED-972"}, "not one measure"),
    ({"subject": "subject-1"}, "<AssignAuth>|<idPe>"),
    ({"subject": "1.2|"}, "<AssignAuth>|<idPe>"),
    ({"_include": "Observation:subject"}, "_include"),
    ({"count": "101"}, "_count must be 1 to 100"),
    ({"count": "0"}, "_count must be 1 to 100"),
    ({"count": "-1"}, "whole number"),
    ({"offset": "x"}, "whole number"),
    ({"sort": "-date"}, "_sort=-date and _count=1"),
    ({"sort": "date", "count": "1"}, "_sort=-date and _count=1"),
    ({"sort": "-date", "count": "1", "offset": "0"}, "neither pages nor dates"),
    ({"sort": "-date", "count": "1", "date": ["ge2026-01-01", "le2026-01-02"]}, "neither pages nor dates"),
    ({"date": "ge2026-01-01"}, "both bounds"),
    ({"date": ["ge2026-01-01", "gt2026-01-02"]}, "one lower and one upper"),
    ({"date": "2026-01-01"}, "must be a bound"),
    ({"date": "ge2026-02-30"}, "not a date that exists"),
    ({"date": ["ge2026-01-01", "le9999-12-31"]}, "not a date that exists"),
]


@spec(MES, "2.7", "anything else is no search mode")
@pytest.mark.parametrize(("query", "part"), REFUSED)
def test_reader_asks_neither_of_both_and_learns_why(query: dict[str, str | list[str]], part: str) -> None:
    with pytest.raises(SearchRefused) as refused:
        read(**query)
    assert part in refused.value.description
    assert refused.value.status == 400


names = st.sampled_from(["code", "subject.identifier", "date", "_sort", "_count", "_offset", "_include", "x"])


@given(st.dictionaries(names, st.lists(st.text(max_size=12), min_size=1, max_size=2)))
def test_any_query_is_read_or_refused_but_never_faults(query: dict[str, list[str]]) -> None:
    with suppress(SearchRefused):
        read_search({"code": ["MED-969"], "subject.identifier": [WHO]} | query)
