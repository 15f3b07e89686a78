"""Signing in under attack: the budget before and after, and the patient who gets in meanwhile."""

from __future__ import annotations

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from authz import ratelimit
from authz.identity import attempts
from authz.identity.attempts import Budget
from tests.actors import Forms, Person
from tests.authenticator import Authenticator
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.attacks.test_recovery_flooded import at
from tests.flows.passkey_owner import adds_passkey, signs_in_with
from tests.mailbox import Mailbox

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WRONG = "un mot de passe faux"
HOME, BAD = "198.51.100.7", "203.0.113.1"


@pytest.fixture
def nadia(app: Flask, mailbox: Mailbox) -> Person:
    """Give a patient whose browser is known, with a passkey and a code app."""
    person = enrol(app, mailbox, "nadia.benali", totp_secret=SECRET)
    at(person, HOME)
    person.signs_in()
    return person


@pytest.fixture
def key(nadia: Person) -> Authenticator:
    """Give her passkey."""
    made = Authenticator()
    adds_passkey(nadia, made)
    return made


def left(app: Flask, bucket: str, key: str, budget: Budget) -> int:
    """Say what is left of a budget."""
    with app.app_context():
        return ratelimit.remaining(bucket, key, limit=budget.limit, per=budget.per)


def tries(person: Person, identifier: str, password: str = WRONG) -> TestResponse:
    """Try a password."""
    return person.submit(person.get("/login"), "login", identifier=identifier, password=password)


def gets_in(person: Person, key: Authenticator, network: str) -> None:
    """See that she signs in by her known browser and, from an attacked network and a new one, by her passkey."""
    known = person.browser
    known.delete_cookie("session")
    known.environ_base["REMOTE_ADDR"] = network
    assert person.signs_in().request.path == "/home/measures"
    at(person, network)
    assert signs_in_with(person, key).request.path == "/home/measures"
    person.browser = known


def test_many_accounts_tried_from_one_network(app: Flask, nadia: Person, key: Authenticator, mallory: Person) -> None:
    """Credential stuffing: a hundred wrong passwords an hour, whatever the identifiers."""
    at(mallory, BAD)
    assert left(app, "network", BAD, attempts.NETWORK) == attempts.NETWORK.limit
    answers = [tries(mallory, f"person.number{number}").status_code for number in range(attempts.NETWORK.limit + 5)]
    assert answers == [400] * attempts.NETWORK.limit + [429] * 5
    assert left(app, "network", BAD, attempts.NETWORK) == 0
    assert tries(mallory, nadia.identifier, nadia.password).status_code == 429, "not even with the right one"
    gets_in(nadia, key, BAD)
    at(nadia, HOME)
    assert nadia.signs_in().request.path == "/home/measures", "elsewhere also by a new browser"


def test_one_account_tried_from_many_networks(app: Flask, nadia: Person, key: Authenticator, mallory: Person) -> None:
    """Ten each; nothing counts against the identifier alone, which would lock her out."""
    for number in range(4):
        network = f"203.0.113.{number}"
        at(mallory, network)
        spent = f"{nadia.identifier} {network}"
        assert left(app, "password", spent, attempts.PASSWORD) == attempts.PASSWORD.limit
        answers = [tries(mallory, nadia.identifier).status_code for _ in range(attempts.PASSWORD.limit + 1)]
        assert answers == [400] * attempts.PASSWORD.limit + [429]
        assert left(app, "password", spent, attempts.PASSWORD) == 0
    gets_in(nadia, key, "203.0.113.0")
    at(nadia, "198.51.100.8")
    assert nadia.signs_in().request.path == "/home/measures", "a new browser elsewhere, too"


def test_codes_guessed_by_who_has_the_password(
    app: Flask, nadia: Person, key: Authenticator, mallory: Person, clock: Clock
) -> None:
    """Twenty an hour from a network, a hundred a day from everywhere: one in ten thousand."""
    thief = Person(app, nadia.mailbox, nadia.identifier, nadia.email, nadia.account_id)
    before = left(app, "code", nadia.account_id, attempts.ABROAD_CODE)
    assert before == attempts.ABROAD_CODE.limit - 1, "her first sign-in came from a new browser, too"
    counted = []
    for number in range(6):
        at(thief, f"203.0.113.{number}")
        page = tries(thief, nadia.identifier, nadia.password)
        page = thief.submit(page, "second-factor", method="totp")
        answers = [
            thief.submit(page, "second-factor", code="000000").status_code for _ in range(attempts.CODE.limit + 2)
        ]
        counted.append(answers.count(400))
    assert counted == [20, 20, 20, 20, before - 80, 0]
    assert left(app, "code", nadia.account_id, attempts.ABROAD_CODE) == 0
    page = thief.submit(page, "second-factor", code=pyotp.TOTP(SECRET).at(clock.now()))
    assert page.status_code == 429, "not even with the right one"
    gets_in(nadia, key, "203.0.113.0")


def test_codes_asked_for_again_and_again(app: Flask, nadia: Person, key: Authenticator, clock: Clock) -> None:
    """Six letters in a quarter of an hour from a place."""
    thief = Person(app, nadia.mailbox, nadia.identifier, nadia.email, nadia.account_id)
    at(thief, BAD)
    spent = f"{nadia.account_id} {BAD}"
    before = len(nadia.mailbox.messages(nadia.email))
    assert left(app, "send", spent, attempts.SEND) == attempts.SEND.limit
    for _ in range(4 * attempts.SEND.limit):
        at(thief, BAD)
        page = thief.submit(tries(thief, nadia.identifier, nadia.password), "second-factor", method="email")
    assert page.status_code == 429
    assert left(app, "send", spent, attempts.SEND) == 0
    assert len(nadia.mailbox.messages(nadia.email)) - before == attempts.SEND.limit
    gets_in(nadia, key, BAD)


def test_browser_signed_in_by_another_site_as_the_attacker(nadia: Person, mallory: Person) -> None:
    """Login CSRF: what the patient then records would be in Mallory's space."""
    page = mallory.get("/login")
    form = {name: values[0] for name, values in Forms(page.text).found["login"].items()}
    form |= {"identifier": mallory.identifier, "password": mallory.password}
    blind = nadia.app.test_client()
    answer = blind.post(page.request.path, data=form)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers, "nor does it overwrite a cookie that was not sent along"
    at(nadia, HOME)
    own = nadia.get("/login")
    assert nadia.browser.post(page.request.path, data=form).status_code == 400, "in a browser with a cookie of its own"
    token = Forms(own.text).found["login"]["csrf_token"][0]
    theirs = nadia.browser.post(page.request.path, data=form | {"csrf_token": token})
    assert theirs.status_code == 404, "nor a sign-in that was begun in another browser, with a token of this one"
    assert nadia.signs_in().request.path == "/home/measures"
    assert "Nadia" in nadia.get("/home/profile").text


def test_session_planted_before_the_sign_in(nadia: Person, mallory: Person) -> None:
    """Session fixation: whoever planted the cookie has what it was worth then, and nothing that came after."""
    mallory.get("/login")
    planted = mallory.browser.get_cookie("session")
    assert planted
    at(nadia, HOME)
    nadia.browser.set_cookie("session", planted.value)
    assert nadia.signs_in().request.path == "/home/measures"
    now = nadia.browser.get_cookie("session")
    assert now
    assert now.value != planted.value
    assert mallory.get("/home/measures").request.path.endswith("/login")
