"""Signing in: what the pages say when something is wrong, and every way through the second factor."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from authz import clock
from tests.actors import Partner, Person
from tests.cast import enrol
from tests.clock import Clock
from tests.mailbox import Mailbox

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def equipped(app: Flask, mailbox: Mailbox) -> Person:
    """Give somebody who has every second factor."""
    return enrol(app, mailbox, "alice.equipped", phone="+33639980339", totp_secret=SECRET)


def at_second_factor(person: Person, address: str = "/login") -> TestResponse:
    """Go through the password."""
    return person.submit(person.get(address), "login", identifier=person.identifier, password=person.password)


def test_patient_with_wrong_password_is_told_and_keeps_the_identifier(alice: Person) -> None:
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password="pas celui-là")
    assert page.status_code == 400
    assert "<title>Erreur. Étape 1 sur 2" in page.text
    assert 'href="#password"' in page.text
    assert f'value="{alice.identifier}"' in page.text
    assert "pas celui" not in page.text
    assert alice.passes_sign_in(page).request.path == "/home/measures"


def test_guesser_is_asked_to_wait_in_words(mallory: Person) -> None:
    page = mallory.get("/login")
    for _ in range(11):
        page = mallory.submit(page, "login", identifier=mallory.identifier, password="devine encore")
    assert page.status_code == 429
    assert re.search(r"Réessayez dans \d+ (secondes?|minutes?)", page.text.replace("\u00a0", " "))


def test_patient_with_wrong_code_is_told_how_many_tries_are_left(alice: Person) -> None:
    page = alice.submit(at_second_factor(alice), "second-factor", method="email")
    page = alice.submit(page, "second-factor", code="000 000")
    assert page.status_code == 400
    assert "Il vous reste 4 essais" in page.text.replace("\u00a0", " ")
    assert 'aria-invalid="true"' in page.text
    page = alice.submit(page, "second-factor", code=alice.mailbox.code_for(alice.email))
    assert page.request.path == "/home/measures"


def test_reload_of_the_code_page_sends_no_second_code(alice: Person) -> None:
    page = alice.submit(at_second_factor(alice), "second-factor", method="email")
    again = alice.get(page.request.full_path)
    assert again.status_code == 200
    assert 'id="code"' in again.text
    assert len(alice.mailbox.messages(alice.email)) == 1


def test_patient_who_asks_too_soon_sees_the_code_page_again(alice: Person, clock: Clock) -> None:
    page = alice.submit(at_second_factor(alice), "second-factor", method="email")
    again = {"csrf_token": _token(page.text), "method": "email", "resend": "1"}
    soon = alice.browser.post(page.request.path, data=again)
    assert soon.status_code == 303
    assert 'id="code"' in alice.get(soon.headers["Location"]).text
    assert len(alice.mailbox.messages(alice.email)) == 1
    clock.advance(seconds=31)
    assert alice.browser.post(page.request.path, data=again).status_code == 303
    assert len(alice.mailbox.messages(alice.email)) == 2


def test_code_too_old_says_so_and_offers_another(alice: Person, clock: Clock) -> None:
    page = alice.submit(at_second_factor(alice), "second-factor", method="email")
    code = alice.mailbox.code_for(alice.email)
    clock.advance(minutes=16)
    late = alice.submit(page, "second-factor", code=code)
    assert "Demandez un autre code" in late.text
    assert "plus de code valable" in late.text
    # The address of the code page, without a code that is still good, offers the ways again.
    assert 'id="m-email"' in alice.get(page.request.path + "?method=email").text


def test_patient_signs_in_with_an_authenticator(equipped: Person) -> None:
    page = at_second_factor(equipped)
    page = equipped.submit(page, "second-factor", method="totp")
    assert "appli de codes" in page.text
    page = equipped.submit(page, "second-factor", code=pyotp.TOTP(SECRET).at(clock.now()))
    assert page.request.path == "/home/measures"


def test_patient_signs_in_by_sms_and_is_offered_the_other_ways(equipped: Person) -> None:
    page = at_second_factor(equipped)
    assert "+33 ••••••339" in page.text.replace("\u00a0", " ")
    page = equipped.submit(page, "second-factor", method="sms")
    assert "Recevoir un e-mail" in page.text
    code = equipped.mailbox.code_for("+33639980339")
    assert equipped.submit(page, "second-factor", code=f"{code[:3]} {code[3:]}").request.path == "/home/measures"


def test_method_that_nobody_offered_leads_to_the_choice(alice: Person) -> None:
    page = alice.submit(at_second_factor(alice), "second-factor", method="pigeon")
    assert 'id="m-email"' in page.text


def test_patient_goes_back_to_sign_in_as_somebody_else(alice: Person, mallory: Person) -> None:
    page = at_second_factor(alice)
    page = alice.submit(page, "someone-else")
    assert page.request.path.endswith("/login")
    alice.identifier, alice.email = mallory.identifier, mallory.email
    assert "Mallory" in alice.passes_sign_in(page).text


def test_patient_cancels_and_the_app_is_told(alice: Person, glucoapp: Partner) -> None:
    page = alice.get(glucoapp.address())
    token = _token(page.text)
    answer = alice.browser.post(page.request.path.replace("/arrival", "/cancel"), data={"csrf_token": token})
    home = alice._follow(answer)
    assert "error=access_denied" in home.headers["Location"]


def test_patient_who_cancels_a_plain_sign_in_starts_again(alice: Person) -> None:
    page = alice.get("/login")
    answer = alice.browser.post(page.request.path.replace("/login", "/cancel"), data={"csrf_token": _token(page.text)})
    assert answer.headers["Location"] == "/login"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb"])
def test_stranger_cannot_lead_a_sign_in_elsewhere(alice: Person, target: str) -> None:
    page = alice.passes_sign_in(alice.browser.get("/login", query_string={"next": target}, follow_redirects=True))
    assert page.request.path == "/home/measures"


def test_patient_comes_back_to_the_page_asked_for(alice: Person) -> None:
    page = alice.passes_sign_in(alice.get("/home/activity?days=7"))
    assert page.request.full_path == "/home/activity?days=7"


def test_patient_signs_out_and_the_back_button_shows_nothing(alice: Person) -> None:
    page = alice.signs_in()
    out = alice.submit(page, "logout")
    assert "Déconnexion faite" in out.text
    assert alice.get("/home/measures").request.path.endswith("/login")


def test_form_from_another_site_is_refused_and_explained(alice: Person) -> None:
    page = alice.signs_in()
    forged = alice.browser.post("/logout")
    assert forged.status_code == 400
    assert "restée ouverte trop longtemps" in forged.text
    assert alice.get(page.request.path).status_code == 200


def test_form_sent_after_the_session_ended_comes_back_to_its_page(alice: Person, clock: Clock) -> None:
    page = alice.signs_in()
    token = _token(page.text)
    clock.advance(hours=13)
    headers = {"Referer": "http://localhost/home/profile"}
    late = alice.browser.post("/home/profile/language", data={"csrf_token": token, "language": "en"}, headers=headers)
    assert late.status_code == 303
    assert late.headers["Location"] == "/login?next=/home/profile"


def _token(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found
    return found[1]
