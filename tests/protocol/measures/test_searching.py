"""Reading through the French measures interface, over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Flask

from authz.settings import Settings
from connectors.records import codes
from tests.actors import Partner, Person
from tests.protocol.measures.conftest import Link, link_to, said
from tests.spec import spec
from tests.unit.records import samples

MES = "French measures interface V1.5.2"


def pushed_days(link: Link, *days: int) -> None:
    """Push a mean on each of some days of March."""
    for day in days:
        link.measure(
            effectiveDateTime=f"2026-03-{day:02d}T08:00:00+01:00", valueQuantity={"value": 90 + day, "code": "mg/dL"}
        )


def values(answer: Any) -> list[float]:
    """Return the values found, in order."""
    entries = answer.json["entry"]
    return [entry["resource"]["valueQuantity"]["value"] for entry in entries if entry["search"]["mode"] == "match"]


@spec(MES, "2.7", "search all answers a searchset, paged")
def test_reader_pages_through_all_measures_by_the_links(link: Link) -> None:
    pushed_days(link, 1, 2, 3)
    first = link.search(_count="2")
    assert (first.json["type"], first.json["total"], values(first)) == ("searchset", 3, [93, 92])
    addresses = {item["relation"]: item["url"] for item in first.json["link"]}
    assert set(addresses) == {"self", "next"}
    second = link.get(addresses["next"])
    assert values(second) == [91]
    back = {item["relation"]: item["url"] for item in second.json["link"]}["previous"]
    assert values(link.get(back)) == [93, 92]


@spec(MES, "2.7", "search last answers the newest, with its device if asked")
def test_reader_gets_the_last_measure_with_its_device(link: Link) -> None:
    pushed_days(link, 1)
    link.push(samples.bundle(samples.observation(link.subject), with_device=True))
    answer = link.search(_sort="-date", _count="1", _include="Observation:device")
    assert (answer.json["total"], values(answer)) == (2, [97])
    found, device = (entry["resource"] for entry in answer.json["entry"])
    assert found["device"] == {"reference": f"Device/{device['id']}"}
    assert device["identifier"] == [{"system": f"urn:oid:{samples.OID}.1", "value": "SN-0042"}]
    assert len(link.search(_sort="-date", _count="1").json["entry"]) == 1


@spec(MES, "2.7", "both bounds of the date")
def test_reader_bounds_the_dates(link: Link) -> None:
    pushed_days(link, 1, 2, 3)
    query = f"code=MED-969&subject.identifier={samples.AUTHORITY}%7C{link.subject}&date=ge2026-03-02&date=le2026-03-02"
    assert values(link.get(f"/measures/fhir/Observation?{query}")) == [92]


@spec(MES, "2.7", "measures come back whoever created them, with their source, about the reader's own subject")
def test_reader_sees_what_another_app_wrote_under_its_own_name_for_the_patient(
    link: Link, otherapp: Partner, alice: Person
) -> None:
    link.measure(identifier=[{"system": "urn:x", "value": "7"}])
    other = link_to(alice, otherapp, "measures.read")
    assert other.subject != link.subject
    found = other.search().json["entry"][0]["resource"]
    assert found["subject"]["identifier"]["value"] == other.subject
    assert found["meta"]["source"] == "urn:oid:1.2.250.1.999.7.1"
    assert link.subject not in other.search().text


@spec(MES, "2.6", "read consent is distinct from write consent")
def test_app_without_read_consent_cannot_search(link: Link, app: Flask) -> None:
    link.amend(app, **{"measures.read": False})
    answer = link.search()
    assert (answer.status_code, said(answer)) == (403, "Consent not given, access refused.")


def test_app_cannot_search_about_another_patient(link: Link) -> None:
    answer = link.search(**{"subject.identifier": f"{samples.AUTHORITY}|somebody-else"})
    assert (answer.status_code, said(answer)) == (403, "idPe requested do not match authorized idPe.")
    answer = link.search(**{"subject.identifier": f"1.2.3|{link.subject}"})
    assert answer.status_code == 422


@spec(MES, "2.7", "no mode is 400")
def test_app_asks_neither_search_and_is_told(link: Link) -> None:
    answer = link.get("/measures/fhir/Observation")
    assert (answer.status_code, said(answer)) == (400, "No search mode detected")
    assert link.search(_count="101").status_code == 400


def test_app_sends_a_bad_id_token_with_a_search(link: Link) -> None:
    query = {"code": "MED-969", "subject.identifier": f"{samples.AUTHORITY}|{link.subject}"}
    call = {"query_string": query, "headers": {"ID_TOKEN": "x"}}
    assert link.get("/measures/fhir/Observation", **call).status_code == 400


@spec(MES, "2.3", "BMI is computed here and read only")
def test_reader_gets_a_body_mass_index_that_nobody_wrote(link: Link, app: Flask, settings: Settings) -> None:
    from datetime import UTC, datetime

    from connectors import records
    from connectors.records import sql
    from connectors.records.contract import NewMeasure, Origin
    from tests.standing import unit_in

    assert link.search(code=codes.BMI).json["total"] == 0
    link.push(samples.bundle(samples.simple("weight", 64.2, link.subject)))
    assert link.search(code=codes.BMI).json["total"] == 0
    profile_id, then = link.patient.profile_id(), datetime(2026, 1, 1, tzinfo=UTC)
    with unit_in(app):
        sql.put_measure(Origin(profile_id, "c", "l"), NewMeasure(codes.HEIGHT, then, "2026-01-01", 171), at=then)
    found = link.search(code=codes.BMI).json["entry"][0]["resource"]
    assert found["valueQuantity"] == {"value": 22.0, "unit": "kg/m2", "system": codes.UCUM, "code": "kg/m2"}
    assert found["meta"]["source"] == f"urn:oid:{settings.own_oid}"
    with unit_in(app):
        assert [measure.code for measure in records.latest(profile_id)] == [codes.WEIGHT, codes.HEIGHT, codes.BMI]
        assert [measure.value for measure in records.history(profile_id, codes.BMI)] == [22.0]


def test_patient_sees_every_read(link: Link, app: Flask) -> None:
    from authz import audit
    from tests.standing import unit_in

    link.measure()
    link.search()
    with unit_in(app):
        line = audit.list_of_profile(link.patient.profile_id(), tags=["record:measure:read"])[0]
        assert (line.client_id, line.detail) == (link.partner.client_id, '{"code":"MED-969","count":1}')
