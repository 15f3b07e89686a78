"""The glucose connector: what one export yields."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from connectors.cgm.connector import connector
from connectors.contract import PayloadRefused, Yield
from tests.unit.cgm.cases import FILE, PARIS
from tests.unit.cgm.exports import every, libre, rows, wall

NOON = datetime(2026, 2, 16, 12, tzinfo=UTC)


def accept(payload: bytes, *, now: datetime = NOON, lang: str = "fr") -> Yield:
    return connector.accept(payload, content_type="text/csv", zone=PARIS, lang=lang, now=now, source="Glycélia")


def test_export_yields_the_two_measures_of_its_last_fourteen_dates() -> None:
    mean, gmi = accept(FILE.read_bytes()).measures
    assert (mean.code, mean.value, mean.unit) == ("MED-969", 145.14, "mg/dL")
    assert (gmi.code, gmi.value, gmi.unit) == ("MED-972", 6.78, "%")
    for measure in (mean, gmi):
        assert (measure.days, measure.days_code, measure.sufficient) == (14, "GEN-276", True)
        assert measure.effective_at.isoformat() == "2026-02-15T23:55:00+01:00"


def test_export_yields_a_report_with_what_a_page_needs_to_draw_it() -> None:
    given = accept(FILE.read_bytes(), lang="en")
    (document,) = given.documents
    assert document.title == "Ambulatory glucose profile, 2 to 15\u00a0February 2026"
    assert (document.category, document.mime) == ("SYNTHESE", "application/pdf")
    assert document.content.startswith(b"%PDF")
    details = json.loads(json.dumps(document.details))
    assert (details["kind"], details["devices"]) == ("glucose-report", ["FreeStyle Libre 3"])
    assert len(details["summary"]["daily"][0]["points"]) == 287
    assert given.readings == details["summary"]["n"] == 3919


def test_summary_answered_has_no_reading_in_it() -> None:
    summary = accept(FILE.read_bytes()).summary
    assert all("points" not in day for day in summary["daily"])
    assert summary["sufficient_14d_70pct"] is True


def test_same_export_sent_again_has_the_same_identities() -> None:
    one, other = accept(FILE.read_bytes()), accept(FILE.read_bytes(), now=NOON.replace(day=18), lang="en")
    identities = [[item.identity for item in given.measures] + [given.documents[0].identity] for given in (one, other)]
    assert identities[0] == identities[1]
    assert len(set(identities[0])) == 3


def test_one_more_reading_makes_another_identity() -> None:
    times = every(5, 300, start=wall("2026-02-14 00:00"))
    one, other = accept(libre(rows(times[:-1]))), accept(libre(rows(times)))
    assert one.measures[0].identity != other.measures[0].identity


@pytest.mark.parametrize(
    ("days", "code"), [(7, "GEN-275"), (14, "GEN-276"), (20, "GEN-276"), (5, "GEN-092"), (1, "GEN-092")]
)
def test_measures_say_how_many_days_they_are_about(days: int, code: str) -> None:
    times = every(15, 96 * days, start=wall("2026-02-20 00:00"))
    mean, _ = accept(libre(rows(times))).measures
    assert (mean.days, mean.days_code) == (min(days, 14), code)
    assert mean.sufficient == (days >= 14)


def test_damaged_rows_are_named_by_line() -> None:
    times = every(15, 96, start=wall("2026-02-20 00:00"))
    given = accept(libre([*rows(times), "L,S1,20-02-2026 08:15,0,x,,"]))
    assert [(row.line, row.reason) for row in given.rejected] == [(98, "not_a_number")]


def test_what_is_no_export_is_refused() -> None:
    with pytest.raises(PayloadRefused) as refused:
        accept(b"hello")
    assert refused.value.status == 422


def test_card_speaks_both_languages_and_names_its_scopes() -> None:
    assert connector.name == "cgm"
    assert set(connector.card.title) == set(connector.card.summary) == {"fr", "en"}
    assert connector.card.scopes == ("measures.glucose.write", "documents.summary.write")
    assert date(2026, 2, 15).isoformat() == accept(FILE.read_bytes()).summary["end_date"]
