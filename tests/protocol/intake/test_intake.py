"""Native payloads pushed to `/connectors/<name>`: what is kept, refused, repeated, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from authz import audit
from connectors import records
from connectors.records import codes
from tests.mailbox import Mailbox
from tests.protocol.measures.conftest import Link, said
from tests.standing import unit_in

EXPORT = (Path(__file__).parents[2] / "data/cgm/synthetic-14d.libreview-fr-mgdl.csv").read_bytes()


def send(link: Link, content: bytes = EXPORT, *, query: str = "zone=Europe/Paris&lang=fr", **headers: str) -> Any:
    """Send an export."""
    sent = {"Content-Type": "text/csv"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return link.partner.call("POST", f"/connectors/cgm?{query}", link.token, data=content, headers=sent)


def test_app_sends_an_export_and_the_patient_has_figures_and_a_report(link: Link, app: Flask, mailbox: Mailbox) -> None:
    answer = send(link)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    mean, gmi, report = answer.json["items"]
    assert [item["status"] for item in (mean, gmi, report)] == ["created"] * 3
    assert (mean["measure"], mean["value"], mean["days"]) == ("MED-969", 145.14, 14)
    assert (gmi["measure"], gmi["value"]) == ("MED-972", 6.78)
    assert (report["category"], report["mime"]) == ("SYNTHESE", "application/pdf")
    assert (answer.json["readings"], answer.json["summary"]["n"], answer.json["rejected"]) == (3919, 3919, [])
    assert link.get(report["location"]).json["content"][0]["attachment"]["size"] == report["size"]
    profile_id = link.patient.profile_id()
    with unit_in(app):
        found = {measure.code: measure for measure in records.latest(profile_id)}
        assert (found[codes.INTERSTITIAL].value, found[codes.INTERSTITIAL].days) == (145.14, 14)
        assert found[codes.GMI].source == "urn:oid:1.2.250.1.999.7.1"
        (document,) = records.documents(profile_id)
        assert document.details["summary"]["n"] == 3919
        assert (records.content(profile_id, document.id) or b"").startswith(b"%PDF")
        tags = [line.tag for line in audit.list_of_profile(profile_id, tags=["record:"])]
        assert sorted(tags) == ["record:document:add", "record:document:read", *["record:measure:add"] * 2]


def test_reader_reads_what_an_export_gave_as_fhir(link: Link) -> None:
    send(link)
    found = link.search().json["entry"][0]["resource"]
    assert found["code"]["coding"][0]["code"] == "MED-969"
    assert found["valueQuantity"]["value"] == 145.14
    assert found["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "GEN-276"


def test_app_sends_an_export_again_and_nothing_is_created_twice(link: Link, app: Flask, clock: Any) -> None:
    first = send(link, Idempotency_Key="k")
    assert send(link, Idempotency_Key="k").json == first.json
    clock.advance(minutes=5)
    again = send(link)
    assert [item["status"] for item in again.json["items"]] == ["existing"] * 3
    assert [item["id"] for item in again.json["items"]] == [item["id"] for item in first.json["items"]]
    assert send(link, EXPORT + b"\n", Idempotency_Key="k").status_code == 422
    with unit_in(app):
        assert len(records.documents(link.patient.profile_id())) == 1


def test_app_without_one_consent_keeps_the_rest(link: Link, app: Flask) -> None:
    link.amend(app, **{"documents.summary.write": False})
    items = send(link).json["items"]
    assert [item["status"] for item in items] == ["created", "created", "refused"]
    assert (items[2]["code"], items[2]["reason"]) == ("insufficient_scope", "Consent not given, access refused.")
    with unit_in(app):
        assert records.documents(link.patient.profile_id()) == []


def test_key_of_a_partly_refused_export_works_again_when_more_is_allowed(link: Link, app: Flask) -> None:
    link.amend(app, **{"documents.summary.write": False})
    assert send(link, Idempotency_Key="k").json["items"][2]["status"] == "refused"
    link.amend(app, **{"documents.summary.write": True})
    again = send(link, Idempotency_Key="k").json
    assert [item["status"] for item in again["items"]] == ["existing", "existing", "created"]


def test_app_without_any_consent_is_refused_whole(link: Link, app: Flask) -> None:
    link.amend(app, **{"documents.summary.write": False, "measures.glucose.write": False})
    answer = send(link)
    assert (answer.status_code, said(answer)) == (403, "Consent not given, access refused.")


def test_app_sends_what_is_no_export_and_learns_why(link: Link) -> None:
    answer = send(link, b"hello")
    assert answer.status_code == 422
    assert said(answer)


@pytest.mark.parametrize("zone", ["Nowhere/At-all", "../etc/passwd", "/etc/localtime", "a" * 300])
def test_app_names_a_zone_that_does_not_exist(link: Link, zone: str) -> None:
    answer = send(link, query=f"zone={zone}")
    assert (answer.status_code, said(answer)) == (400, "zone must be the name of a time zone, such as Europe/Paris.")


def test_app_asks_for_the_report_in_english(link: Link) -> None:
    spoken = send(link, query="", Accept_Language="en-GB").json["items"][2]["title"]
    assert spoken != send(link, query="lang=fr").json["items"][2]["title"]


def test_app_sends_to_a_connector_that_does_not_exist(link: Link) -> None:
    answer: Any = link.partner.call("POST", "/connectors/nothing", link.token, data=b"x")
    assert (answer.status_code, said(answer)) == (404, "There is no connector of this name.")


def test_stranger_sends_an_export(link: Link) -> None:
    assert link.partner.http.post("/connectors/cgm", data=EXPORT).status_code == 401


def test_patient_is_told_of_the_new_document(link: Link, app: Flask) -> None:
    from authz.notifications import outbox

    send(link)
    send(link)
    with app.app_context():
        told = [notice.template for notice in outbox.list_bell(link.patient.account_id, lang="fr")]
    assert told.count("new_document") == 1
