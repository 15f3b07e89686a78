"""Getting back in: the identifier, the password, and everything lost at once."""

from __future__ import annotations

from flask import Flask

from authz.identity import recoveries, recovery_cases
from tests.actors import Person
from tests.authenticator import Authenticator
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.pages.test_factors import codes_of, confirms_with, turns_on
from tests.flows.passkey_owner import adds_passkey
from tests.flows.way_back import NEW, begins, chooses, proves_first, stop_link, works
from tests.mailbox import Mailbox
from tests.standing import unit_in


def test_patient_has_the_identifier_sent(app: Flask, mailbox: Mailbox, alice: Person) -> None:
    """To each account of a family's address."""
    enrol(app, mailbox, "alice.second", email=alice.email)
    page = alice.submit(alice.get("/login"), "login", identifier="x", password="y")
    assert "/recover/identifier" in page.text
    sent = alice.submit(alice.get("/recover/identifier"), "identifier", email=alice.email.upper())
    assert "Regardez vos e-mails" in sent.text
    works(app)
    told = "".join(message["text"] for message in mailbox.messages(alice.email))
    assert alice.identifier in told
    assert "alice.second" in told


def test_patient_chooses_a_new_password_with_two_proofs_and_a_wait(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    codes, signed_in = codes_of(alice), alice.browser
    clock.advance(minutes=1)
    alice.new_browser()
    page = chooses(alice, codes[0], new="court")
    assert page.status_code == 400
    page = alice.submit(page, "reset-new", new=NEW)
    assert "est en attente" in page.text
    assert "24 heures" in alice.mailbox.messages(alice.email)[-1]["text"]
    works(alice.app)
    assert signed_in.get("/home/measures").status_code == 200
    clock.advance(hours=25)
    works(alice.app)
    assert "Mot de passe changé" in alice.mailbox.messages(alice.email)[-1]["subject"]
    assert signed_in.get("/home/measures").status_code == 303
    alice.new_browser()
    old = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert old.status_code == 400
    alice.password = NEW
    assert alice.signs_in().request.path == "/home/measures"
    journal = alice.get("/home/activity").text
    assert "avec deux preuves" in journal
    assert "Votre nouveau mot de passe sert" in journal


def test_owner_stops_a_new_password_from_any_message(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    chooses(alice, codes[0])
    page = alice.get(stop_link(alice))
    assert "Arrêter la récupération" in page.text
    done = alice.submit(page, "stop")
    assert "rien n’a changé" in done.text
    assert "arrêtée" in alice.mailbox.messages(alice.email)[-1]["subject"]
    assert "plus ouvert" in alice.submit(page, "stop").text
    clock.advance(hours=25)
    works(alice.app)
    assert alice.signs_in().request.path == "/home/measures"


def test_second_proof_may_be_an_sms_a_code_app_or_a_passkey(app: Flask, mailbox: Mailbox, clock: Clock) -> None:
    alice = enrol(app, mailbox, "alice.equipped", phone="+33639980339")
    alice.signs_in()
    key = Authenticator()
    adds_passkey(alice, key)
    clock.advance(minutes=1)
    alice.new_browser()
    page = proves_first(alice)
    assert 'id="m-email"' not in page.text  # the same way again is no second proof
    asked = alice.submit(page, "second-factor", method="sms")
    assert "Recevoir un e-mail" not in asked.text
    wrong = alice.submit(asked, "second-factor", code="000000")
    assert wrong.status_code == 400
    right = alice.submit(wrong, "second-factor", code=mailbox.code_for("+33639980339"))
    assert right.request.path == "/recover/password/new"
    alice.new_browser()
    page = proves_first(alice)
    wrong = alice.submit(page, "passkey-form", answer="{}")
    assert wrong.status_code == 400
    right = alice.submit(wrong, "passkey-form", answer=key.signs(wrong.text))
    assert right.request.path == "/recover/password/new"


def test_first_code_may_come_by_sms(app: Flask, mailbox: Mailbox) -> None:
    alice = enrol(app, mailbox, "alice.phone", phone="+33639980339")
    page = begins(alice, channel="sms")
    page = alice.submit(page, "reset-code", code=mailbox.code_for("+33639980339"))
    assert 'id="m-email"' in page.text
    assert 'id="m-sms"' not in page.text
    asked = alice.submit(page, "second-factor", method="email")
    assert 'id="code"' in asked.text
    soon = alice.submit(page, "second-factor", method="email")
    assert soon.status_code == 429
    assert alice.get("/recover/password/second?method=email").status_code == 200


def test_patient_with_one_way_alone_is_led_to_people(alice: Person) -> None:
    page = proves_first(alice)
    assert "une deuxième donne son accord" in page.text
    assert "une deuxième donne son accord" in alice.get("/recover/second-factor").text


def test_two_operators_let_somebody_back_in(app: Flask, alice: Person, clock: Clock) -> None:
    alice.signs_in()
    turns_on(alice)
    adds_passkey(alice, Authenticator())
    old = alice.email
    with unit_in(app):
        case = recovery_cases.open_case(alice.identifier, by="olga", email="alice@nouvelle.example", phone="0639980339")
    assert "Une récupération de compte" in alice.mailbox.messages(old)[-1]["subject"]
    clock.advance(hours=25)
    with unit_in(app):
        (waiting,) = recovery_cases.list_open()
        codes = recovery_cases.approve(waiting["case"], by="otto")
    assert case["case"] == waiting["case"]
    alice.new_browser()
    alice.email = "alice@nouvelle.example"
    page = chooses(alice, codes[0])
    assert "est en attente" in page.text
    clock.advance(hours=25)
    works(app)
    alice.password = NEW
    assert confirms_with(alice, "recovery", codes[1]).request.path == "/home/measures"
    journal = alice.get("/home/activity").text
    assert "Deux personnes de l’équipe" in journal
    assert "Aucune pour l’instant" in alice.get("/home/security").text


def test_recoveries_that_are_over_are_forgotten(app: Flask, alice: Person, clock: Clock) -> None:
    begins(alice)
    clock.advance(days=31)
    with unit_in(app):
        assert recoveries.purge(clock.now()) == 1
