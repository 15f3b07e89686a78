"""Second factors at home: the code app, confirmed before it counts, and the ten recovery codes."""

from __future__ import annotations

import re

import pyotp
from flask import Flask
from werkzeug.test import TestResponse

from authz import clock as server_clock
from authz.identity import recovery_codes
from tests.actors import Forms, Person
from tests.cast import enrol
from tests.clock import Clock
from tests.mailbox import Mailbox
from tests.standing import unit_in


def secret_on(page: TestResponse) -> str:
    """Return the key that a page shows beside its picture."""
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert found, page.text
    return found[1].replace(" ", "")


def code_of(secret: str) -> str:
    """Return what a code app shows now."""
    return pyotp.TOTP(secret).at(server_clock.now())


def turns_on(person: Person) -> str:
    """Add a code app; returns its secret."""
    page = person.get("/home/security/code-app")
    done = person.submit(page, "code-app", code=code_of(secret_on(page)))
    assert done.request.path == "/home/security", done.text
    return secret_on(page)


def codes_of(person: Person) -> list[str]:
    """Make recovery codes; returns them."""
    page = person.submit(person.get("/home/security/recovery-codes"), "codes")
    return re.findall(r"<li><code>([^<]+)</code>", page.text)


def confirms_with(person: Person, kind: str, code: str) -> TestResponse:
    """Sign in with the password and a code of one kind."""
    person.new_browser()
    page = person.submit(person.get("/login"), "login", identifier=person.identifier, password=person.password)
    page = person.submit(page, "second-factor", method=kind)
    return person.submit(page, "second-factor", code=code)


def test_patient_adds_a_code_app_and_signs_in_with_it(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    page = alice.get("/home/security/code-app")
    assert '<svg viewBox="0 0' in page.text.replace(' class="qr"', "")
    wrong = alice.submit(page, "code-app", code="000000")
    assert wrong.status_code == 400
    assert secret_on(wrong) == secret_on(page)
    secret = secret_on(page)
    code = code_of(secret)
    done = alice.submit(wrong, "code-app", code=f"{code[:3]} {code[3:]}")
    assert "L’appli de codes est activée" in done.text
    assert "Appli de codes ajoutée" in alice.mailbox.messages(alice.email)[-1]["subject"]
    assert "replayed" not in confirms_with(alice, "totp", code).text
    assert alice.browser.get("/home/measures").status_code == 303  # the code that confirmed it is used up
    clock.advance(seconds=31)
    assert confirms_with(alice, "totp", code_of(secret)).request.path == "/home/measures"


def test_code_app_that_was_never_confirmed_does_not_count(alice: Person) -> None:
    alice.signs_in()
    secret = secret_on(alice.get("/home/security/code-app"))
    alice.new_browser()
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert "m-totp" not in page.text
    assert 'id="m-email"' in alice.submit(page, "second-factor", method="totp", code=code_of(secret)).text


def test_setup_is_good_for_its_account_and_for_half_an_hour(alice: Person, mallory: Person, clock: Clock) -> None:
    alice.signs_in()
    mallory.signs_in()
    hers, mine = (one.get("/home/security/code-app") for one in (alice, mallory))
    kept = Forms(hers.text).found["code-app"]["kept"][0]
    for odd in (kept, "nonsense", "00000000.AAAA", ""):
        sent = mallory.submit(mine, "code-app", kept=odd, code=code_of(secret_on(hers)))
        assert "Recommencez depuis Sécurité" in sent.text
    clock.advance(minutes=9)
    alice.submit(hers, "code-app", code="000000")
    clock.advance(minutes=22)
    alice.new_browser()
    alice.signs_in()
    page = alice.get("/home/security/code-app")
    late = alice.submit(page, "code-app", kept=kept, code=code_of(secret_on(hers)))
    assert "Recommencez depuis Sécurité" in late.text


def test_patient_turns_the_code_app_off(alice: Person) -> None:
    alice.signs_in()
    turns_on(alice)
    page = alice.submit(alice.get("/home/security"), "code-app-off")
    assert "L’appli de codes est désactivée" in page.text
    assert "Appli de codes retirée" in alice.mailbox.messages(alice.email)[-1]["subject"]
    sent = len(alice.mailbox.messages(alice.email))
    token = (
        Forms(page.text).found["browser"] if "browser" in Forms(page.text).found else Forms(page.text).found["logout"]
    )
    again = alice.browser.post("/home/security/code-app/off", data={"csrf_token": token["csrf_token"][0]})
    assert again.status_code == 303
    assert len(alice.mailbox.messages(alice.email)) == sent


def test_last_way_to_confirm_stays_on(app: Flask, mailbox: Mailbox) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    alone = enrol(app, mailbox, "alice.alone", email=None, totp_secret=secret)
    confirms_with(alone, "totp", code_of(secret))
    page = alone.submit(alone.get("/home/security"), "code-app-off")
    assert page.status_code == 409
    assert "seul moyen de confirmer" in page.text


def test_patient_prints_ten_codes_and_each_signs_in_once(alice: Person) -> None:
    alice.signs_in()
    codes = codes_of(alice)
    assert len(set(codes)) == recovery_codes.COUNT
    assert all(re.fullmatch(r"[B-Z2-9]{5}-[B-Z2-9]{5}", code) for code in codes)
    assert not any(code in alice.get("/home/security/recovery-codes").text for code in codes)
    assert "Vous avez 10" not in alice.get("/home/security").text
    assert confirms_with(alice, "recovery", codes[0].lower().replace("-", " ")).request.path == "/home/measures"
    assert any("Il vous en reste 9" in message["text"] for message in alice.mailbox.messages(alice.email))
    again = confirms_with(alice, "recovery", codes[0])
    assert again.status_code == 400
    assert confirms_with(alice, "recovery", codes[1]).request.path == "/home/measures"
    page = alice.get("/home/activity").text
    assert "Un code de secours a été utilisé" in page


def test_patient_with_few_codes_left_is_warned(alice: Person) -> None:
    alice.signs_in()
    codes = codes_of(alice)
    with unit_in(alice.app):
        for code in codes[:6]:
            assert recovery_codes.spend(alice.account_id, code)
    assert "Il en reste peu" not in alice.get("/home/security").text
    confirms_with(alice, "recovery", codes[6])
    assert any("reste peu de codes" in message["subject"] for message in alice.mailbox.messages(alice.email))
    assert "Il en reste peu" in alice.get("/home/security").text
    for code in codes[7:]:
        assert confirms_with(alice, "recovery", code).request.path == "/home/measures"
    page = alice.submit(alice.get("/login?next=/home/security"), "logout")
    page = alice.submit(alice.get("/login"), "login", identifier=alice.identifier, password=alice.password)
    assert "m-recovery" not in page.text


def test_new_codes_end_the_old_ones_and_a_reload_makes_no_more(alice: Person) -> None:
    alice.signs_in()
    before = alice.get("/home/security/recovery-codes")
    first = codes_of(alice)
    stale = alice.submit(before, "codes")
    assert "viennent d’être montrés" in stale.text
    second = codes_of(alice)
    assert not set(first) & set(second)
    assert confirms_with(alice, "recovery", first[0]).status_code == 400
    assert confirms_with(alice, "recovery", second[0]).request.path == "/home/measures"
