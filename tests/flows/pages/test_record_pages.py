"""Measures and documents: what arrived is shown with its date and source, to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from authz import clock
from connectors.records import reading
from connectors.records.contract import NewDocument, NewMeasure, Origin
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.pages.conftest import EXPORT, Linked
from tests.mailbox import Mailbox
from tests.standing import unit_in


def put(linked: Linked, code: str, *values: float, days_apart: int = 1, **more: object) -> None:
    """Keep measures of one code, the last one now."""
    with unit_in(linked.partner.app):
        origin = Origin(linked.person.profile_id(), linked.partner.client_id, linked.pairing_id)
        now = clock.now()
        for number, value in enumerate(values):
            at = now - timedelta(days=days_apart * (len(values) - 1 - number), minutes=5)
            new = NewMeasure(code, at, at.isoformat(), value, **more)  # type: ignore[arg-type]
            reading.store().put_measure(origin, new, at=now)


def test_newcomer_learns_where_measures_and_documents_come_from(alice: Person) -> None:
    alice.signs_in()
    assert "Les mesures viennent des services" in alice.get("/home/measures").text
    assert "Les documents viennent des services" in alice.get("/home/documents").text


def test_patient_sees_each_measure_with_value_unit_date_and_source(sent: Linked) -> None:
    page = sent.person.get("/home/measures").text.replace("\u00a0", " ")
    assert "Taux de glucose interstitiel moyen" in page
    assert "145 <small>mg/dL</small>" in page
    assert "6,8 <small>%</small>" in page
    assert "Moyenne sur 14 jours. Source : GlucoApp" in page
    assert "15 février 2026" in page
    assert "Voir les rapports de glucose" in page


def test_patient_sees_the_course_of_a_measure_drawn_and_in_a_table(linked: Linked) -> None:
    put(linked, "29463-7", 71.0, 70.5, 70.2, days_apart=20)
    page = linked.person.get("/home/measures/29463-7?days=365")
    text = page.text.replace("\u00a0", " ")
    assert "Poids sur 365 jours" in text
    assert "De 71,0 le" in text
    assert text.count('class="pt"') == 3
    assert text.count('<tr><th scope="row">') == 3
    month = linked.person.get("/home/measures/29463-7?days=30").text
    assert month.count('class="pt"') == 2
    assert linked.person.get("/home/measures/29463-7?days=many").status_code == 200


def test_measure_that_is_old_still_has_its_table(linked: Linked) -> None:
    put(linked, "29463-7", 71.0, 70.5, days_apart=400)
    with unit_in(linked.partner.app):
        origin = Origin(linked.person.profile_id(), linked.partner.client_id, linked.pairing_id)
        at = datetime(2020, 5, 1, 8, tzinfo=UTC)
        reading.store().put_measure(origin, NewMeasure("8867-4", at, at.isoformat(), 62.0), at=at)
    page = linked.person.get("/home/measures/8867-4?days=90").text
    assert "Aucune valeur sur cette période" in page
    assert "1er\u00a0mai\u00a02020" in page
    assert "<details open>" in page


@pytest.mark.parametrize(
    ("age", "title", "why"),
    [
        (80, "sur 90 jours", ""),
        (200, "sur 365 jours", "Aucune valeur de moins de 90 jours : les 365 jours précédents sont affichés."),
        (900, "depuis la première valeur", "Aucune valeur de moins d’un an : toutes sont affichées."),
    ],
)
def test_history_opens_on_a_period_that_has_values_and_says_why(
    linked: Linked, clock: Clock, *, age: int, title: str, why: str
) -> None:
    put(linked, "29463-7", 71.0, 70.5)
    clock.advance(days=age)
    linked.person.signs_in()
    page = linked.person.get("/home/measures/29463-7").text.replace("\u00a0", " ")
    assert f"Poids {title}" in page
    assert page.count('class="pt"') == 2
    assert why in page
    assert page.count("Aucune valeur") == bool(why)
    assert "Tout</a>" in page
    asked = linked.person.get("/home/measures/29463-7?days=0").text
    assert "Poids depuis la première valeur" in asked
    assert "Aucune valeur de moins" not in asked


def test_long_course_is_a_line_without_a_dot_for_each_day(linked: Linked) -> None:
    put(linked, "41950-7", *(5000.0 + 10 * day for day in range(70)))
    page = linked.person.get("/home/measures/41950-7?days=90").text
    assert page.count('class="pt"') == 1
    assert "pas</small>" in page


def test_blood_pressure_temperature_and_pain_are_written_as_people_do(linked: Linked) -> None:
    put(linked, "85354-9", 0.0)
    with unit_in(linked.partner.app):
        origin = Origin(linked.person.profile_id(), linked.partner.client_id, linked.pairing_id)
        now = clock.now()
        pressure = NewMeasure("85354-9", now, now.isoformat(), None, components={"8480-6": 128.0, "8462-4": 76.0})
        reading.store().put_measure(origin, pressure, at=now)
    put(linked, "8310-5", 37.2)
    put(linked, "72514-3", 3.0)
    page = linked.person.get("/home/measures").text.replace("\u00a0", " ")
    assert "128/76 <small>mmHg</small>" in page
    assert "37,2 <small>°C</small>" in page
    assert "3 <small>sur 10</small>" in page


def test_body_mass_index_is_said_to_be_worked_out_here(linked: Linked) -> None:
    put(linked, "8302-2", 172.0)
    put(linked, "29463-7", 70.0)
    page = linked.person.get("/home/measures").text
    assert "Calculé ici à partir du poids et de la taille" in page
    assert "calcul du dossier" in linked.person.get("/home/measures/39156-5").text


@pytest.mark.parametrize("code", ["29463-7", "nothing", "%00"])
def test_measure_that_is_not_there_is_a_page_that_says_so(alice: Person, code: str) -> None:
    alice.signs_in()
    answer = alice.get(f"/home/measures/{code}")
    assert answer.status_code in (400, 404)
    assert "<h1>" in answer.text


def test_patient_opens_the_report_and_downloads_the_file(sent: Linked) -> None:
    page = sent.person.get("/home/documents")
    assert "Profil de glucose ambulatoire" in page.text
    address = "/home/documents/" + page.text.split('href="/home/documents/')[1].split('"')[0]
    report = sent.person.get(address)
    text = report.text.replace("\u00a0", " ")
    assert "Temps dans les plages" in text
    assert text.count("<table>") == 2
    assert "ne sert pas à choisir une dose" in text
    assert "style=" not in text
    file = sent.person.browser.get(f"{address}/file")
    assert file.content_type == "application/pdf"
    assert file.data.startswith(b"%PDF-")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "no-store"
    assert "sandbox" in file.headers["Content-Security-Policy"]


def test_report_speaks_the_language_of_the_reader(sent: Linked) -> None:
    page = sent.person.get("/home/documents?lang=en")
    address = "/home/documents/" + page.text.split('href="/home/documents/')[1].split('"')[0]
    assert "Time in ranges" in sent.person.get(address).text


def test_report_of_a_few_days_says_that_it_is_not_enough(linked: Linked) -> None:
    lines = EXPORT.read_text(encoding="utf-8").splitlines()[:300]
    answer = linked.partner.call(
        "POST", "/connectors/cgm?lang=fr", linked.token, data="\n".join(lines).encode(),
        headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    assert answer.status_code == 200
    page = linked.person.get("/home/documents")
    address = "/home/documents/" + page.text.split('href="/home/documents/')[1].split('"')[0]
    text = linked.person.get(address).text
    assert "Données insuffisantes" in text
    assert "au moins 7" in text.replace("\u00a0", " ")


def test_plain_document_shows_what_it_is(linked: Linked) -> None:
    with unit_in(linked.partner.app):
        origin = Origin(linked.person.profile_id(), linked.partner.client_id, linked.pairing_id)
        now = clock.now()
        secret = NewDocument("Lettre", "COURRIER", "text/plain", b"Bonjour", now, confidentiality=("MASQUE_PS",))
        reading.store().put_document(origin, secret, at=now)
    page = linked.person.get("/home/documents")
    assert "Masqué aux professionnels" in page.text
    address = "/home/documents/" + page.text.split('href="/home/documents/')[1].split('"')[0]
    assert "TXT" in linked.person.get(address).text
    assert linked.person.browser.get(f"{address}/file").data == b"Bonjour"


def test_stranger_cannot_read_measures_or_documents(sent: Linked, mallory: Person) -> None:
    address = sent.person.get("/home/documents").text.split('href="/home/documents/')[1].split('"')[0]
    mallory.signs_in()
    assert "mg/dL" not in mallory.get("/home/measures").text
    assert mallory.get("/home/measures/MED-969").status_code == 404
    assert mallory.get(f"/home/documents/{address}").status_code == 404
    assert mallory.get(f"/home/documents/{address}/file").status_code == 404


def test_nobody_signed_in_is_asked_to_sign_in(client: object, sent: Linked) -> None:
    visitor = sent.partner.app.test_client()
    for page in ("measures", "measures/MED-969", "documents", "services", "activity", "profile", "notices"):
        answer = visitor.get(f"/home/{page}")
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/login?next=/home/{page}"


@pytest.mark.parametrize(("born", "whose", "verdicts"), [("1984", "hors grossesse", 10), ("1950", "65 ans ou plus", 7)])
def test_report_of_an_adult_has_the_goals_of_the_age(
    app: Flask, mailbox: Mailbox, link: Callable[..., Linked], *, born: str, whose: str, verdicts: int
) -> None:
    person = enrol(
        app, mailbox, "camille.durand",
        profiles=[{"given_name": "Camille", "family_name": "D", "birthdate": f"{born}-05-03", "relation": "self"}],
    )  # fmt: skip
    page = report_of(link(person))
    assert whose in page
    assert page.count(", atteint</") == verdicts


def test_report_of_a_child_says_neither_met_nor_missed(paul: Person, link: Callable[..., Linked]) -> None:
    linked = link(paul, profile=paul.profile_id("Zoé"))
    paul.submit(paul.get("/home/services"), "profiles", profile=paul.profile_id("Zoé"))
    page = report_of(linked)
    assert "145 <small>mg/dL</small>" in page
    assert "82,2 %" in page
    assert "objectif : moins de" not in page
    assert page.count(", atteint</") == 2, "of whether there is enough data"
    assert "sont pour les adultes" in page


def report_of(linked: Linked) -> str:
    """Have the app send an export, and open the report that came of it."""
    linked.partner.call(
        "POST", "/connectors/cgm", linked.token, data=EXPORT.read_bytes(), headers={"Content-Type": "text/csv"}
    )
    listed = linked.person.get("/home/documents").text
    address = listed.split('<h2><a href="')[1].split('"')[0]
    return linked.person.get(address).text.replace("\u00a0", " ")
