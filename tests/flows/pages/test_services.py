"""Linked services: what a patient sees and changes of a link, and that nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from authz.catalogue import entries
from authz.pairing import pairings
from connectors import records
from tests.actors import Forms, Partner, Person
from tests.cast import GLUCO_ENTRY
from tests.clock import Clock
from tests.flows.pages.conftest import Linked
from tests.standing import unit_in


def state_of(linked: Linked, profile_id: str) -> str:
    """Return the kept state of a link."""
    with unit_in(linked.partner.app):
        return pairings.get(profile_id, linked.pairing_id).state


def test_newcomer_learns_how_to_link(alice: Person) -> None:
    alice.signs_in()
    page = alice.get("/home/services")
    assert "Comment relier un premier service" in page.text


def test_patient_sees_the_link_with_its_dates(sent: Linked) -> None:
    page = sent.person.get("/home/services")
    assert "GlucoApp" in page.text
    assert "Actif jusqu" in page.text
    assert "à l’instant" in page.text
    assert "2 sur 4" in page.text
    detail = sent.person.get(sent.address)
    assert "c.moreau@example.org" in detail.text
    assert detail.text.count("Une mesure a été ajoutée") == 2


def test_patient_closes_one_authorisation_and_it_counts_at_once(linked: Linked) -> None:
    page = linked.person.get(linked.address)
    form = f"pairing-{linked.pairing_id}"
    assert Forms(page.text).found[form]["scope"] == ["documents.summary.write"]
    page = linked.person.submit(page, form, scope=["measures.read"])
    assert "Vos choix sont enregistrés" in page.text
    assert Forms(page.text).found[form]["scope"] == ["measures.read"]
    same = linked.person.submit(page, form)
    assert "Rien n’a changé" in same.text
    journal = linked.person.get("/home/activity")
    assert "Fermée" in journal.text
    assert "Ouverte" in journal.text


def test_choices_saved_after_the_end_are_not_said_to_be_saved(linked: Linked) -> None:
    alice = linked.person
    page = alice.get(linked.address)
    with unit_in(linked.partner.app):
        pairings.end(pairings.get(alice.profile_id(), linked.pairing_id), by=alice.account_id)
    late = alice.submit(page, f"pairing-{linked.pairing_id}", scope=["measures.read"])
    assert late.status_code == 409
    assert "Ce lien a changé entre-temps" in late.text
    assert "enregistrés" not in late.text
    assert "Ouverte" not in alice.get("/home/activity").text


def test_patient_who_closes_everything_is_led_to_the_end(alice: Person, otherapp: Partner) -> None:
    otherapp.scope = "openid measures.weight.write"
    alice.pairs(otherapp, consents=["measures.weight.write"])
    page = alice.get("/home/services")
    address = page.text.split('href="/home/services/')[1].split('"')[0]
    page = alice.get(f"/home/services/{address}")
    page = alice.submit(page, f"pairing-{address}", scope=[])
    assert page.request.path.endswith("/end")
    assert "Cela revient à arrêter le lien" in page.text


def test_patient_pauses_and_resumes(linked: Linked) -> None:
    alice = linked.person
    page = alice.submit(alice.get(linked.address), "pause", length="1")
    assert "En pause jusqu" in page.text
    refused = linked.partner.call("GET", "/measures/fhir/Observation", linked.token)
    assert refused.status_code == 403
    page = alice.submit(page, "resume")
    assert "Le lien a repris" in page.text
    twice = alice.submit(alice.get(linked.address), "pause", length="4000")
    assert "En pause jusqu" in twice.text
    assert alice.submit(twice, "resume").status_code == 200


@pytest.mark.parametrize(
    ("length", "day"), [("week", "7 février 2027"), ("1", "28 février 2027"), ("3", "30 avril 2027")]
)
def test_pause_counts_months_by_the_calendar(linked: Linked, clock: Clock, *, length: str, day: str) -> None:
    alice = linked.person
    clock.move_to(datetime(2027, 1, 31, 12, tzinfo=UTC))
    alice.signs_in()
    page = alice.get(linked.address)
    assert f'<option value="{length}"' in page.text
    page = alice.submit(page, "pause", length=length)
    assert f"En pause jusqu’au {day}" in page.text.replace("\u00a0", " ")


def test_resume_of_a_link_that_is_not_paused_explains(linked: Linked) -> None:
    alice = linked.person
    page = alice.submit(alice.get(linked.address), "pause")
    alice.submit(page, "resume")
    late = alice.submit(page, "resume")
    assert late.status_code == 409
    assert "Ce lien a changé entre-temps" in late.text


def test_patient_ends_and_keeps_what_was_added(sent: Linked) -> None:
    alice = sent.person
    page = alice.submit(alice.get(f"{sent.address}/end"), f"pairing-{sent.pairing_id}", decision="end")
    assert page.request.path == "/home/services"
    assert "est arrêté" in page.text
    assert "Liens arrêtés" in page.text
    assert "mg/dL" in alice.get("/home/measures").text
    assert alice.get(f"{sent.address}/end").request.path == "/home/services"
    over = alice.get(sent.address)
    assert "Ce que vous autorisez" not in over.text


def test_patient_ends_and_hides_then_takes_it_back(sent: Linked) -> None:
    alice = sent.person
    page = alice.submit(alice.get(f"{sent.address}/end"), f"pairing-{sent.pairing_id}", after="hide")
    assert "Pas encore de mesure" in alice.get("/home/measures").text
    page = alice.submit(page, "undo")
    assert "est rétabli" in page.text
    assert "mg/dL" in alice.get("/home/measures").text


def test_patient_ends_and_deletes_and_the_record_forgets(sent: Linked, clock: Clock) -> None:
    alice = sent.person
    alice.submit(alice.get(f"{sent.address}/end"), f"pairing-{sent.pairing_id}", after="delete")
    with unit_in(sent.partner.app):
        assert records.documents(alice.profile_id()) == []
    clock.advance(days=8)
    alice.signs_in()
    assert "Rétablir le lien" not in alice.get("/home/services").text


def test_choice_that_was_not_offered_keeps_the_data(sent: Linked) -> None:
    alice = sent.person
    alice.submit(alice.get(f"{sent.address}/end"), f"pairing-{sent.pairing_id}", after="burn")
    assert "mg/dL" in alice.get("/home/measures").text


def test_end_about_to_come_and_end_past_are_said(linked: Linked, clock: Clock) -> None:
    clock.advance(days=375)
    linked.person.signs_in()
    assert "À renouveler avant" in linked.person.get("/home/services").text
    clock.advance(days=40)
    linked.person.signs_in()
    assert "Terminé depuis" in linked.person.get("/home/services").text


def test_suspended_link_says_why_and_can_still_be_ended(linked: Linked) -> None:
    with unit_in(linked.partner.app):
        pairings.suspend(linked.person.profile_id(), linked.pairing_id, reason="replay")
    page = linked.person.get(linked.address)
    assert "Suspendu, pour vous protéger" in page.text
    assert "quelqu’un l’a peut-être copié" in page.text
    assert 'href="https://glucoapp.example/connect"' in page.text
    assert "Arrêter le lien avec GlucoApp" in page.text


def test_service_suspended_for_everyone_says_so(linked: Linked) -> None:
    with unit_in(linked.partner.app):
        entries.put(GLUCO_ENTRY | {"status": "suspended"})
    page = linked.person.get(linked.address)
    assert "Service suspendu" in page.text
    assert "pour tout le monde" in page.text


def test_link_of_an_app_that_is_gone_still_shows(linked: Linked) -> None:
    from sqlalchemy import delete

    from authz.clients.models import Client

    with unit_in(linked.partner.app) as session:
        session.execute(delete(Client).where(Client.id == linked.partner.client_id))
    page = linked.person.get("/home/services")
    assert "Une appli qui n’existe plus" in page.text
    assert linked.person.get(linked.address).status_code == 200


def test_stranger_cannot_see_or_touch_a_link(sent: Linked, mallory: Person) -> None:
    mallory.signs_in()
    for address in (sent.address, f"{sent.address}/end"):
        assert mallory.get(address).status_code == 404
    token = Forms(mallory.get("/home/profile").text).found["logout"]["csrf_token"][0]
    for path in ("", "/pause", "/resume", "/end", "/undo"):
        answer = mallory.browser.post(sent.address + path, data={"csrf_token": token, "after": "delete"})
        assert answer.status_code == 404
    assert state_of(sent, sent.person.profile_id()) == "active"


def test_address_that_cannot_be_one_of_ours_is_not_looked_up(alice: Person) -> None:
    alice.signs_in()
    assert alice.get("/home/services/%20%00").status_code in (400, 404)
    assert alice.get("/home/services/a%20b").status_code == 404


def test_child_s_link_shows_in_the_child_s_space_only(paul: Person, link: Callable[..., Linked]) -> None:
    linked = link(paul, profile=paul.profile_id("Zoé"))
    assert paul.get(linked.address).status_code == 404
    page = paul.submit(paul.get("/home/services"), "profiles", profile=paul.profile_id("Zoé"))
    assert "Zoé" in page.text
    assert "dossier de Zoé" in paul.get("/home/services").text
    assert paul.get(linked.address).status_code == 200
