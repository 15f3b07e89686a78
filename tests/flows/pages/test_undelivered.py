"""Where a text message does not go out, or does not arrive: at home and on the way back in, as at the sign-in."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from authz.notifications import texting
from authz.notifications.models import Message
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.way_back import proves_first
from tests.mailbox import Mailbox
from tests.standing import unit_in

NUMBER = "+33639980339"


@pytest.fixture
def nadia(app: Flask, mailbox: Mailbox) -> Person:
    """Give a patient with a telephone, signed in."""
    person = enrol(app, mailbox, "nadia.benali", phone=NUMBER)
    person.signs_in()
    return person


def spends(app: Flask, number: str) -> None:
    """Use up what a number may have in a day."""
    with pytest.raises(texting.TextsSpent), unit_in(app):
        for _ in range(100):
            texting.spend(number, is_known=True)


def fails(app: Flask, failure: str) -> None:
    """Have the last text message end like this."""
    with unit_in(app) as session:
        session.execute(update(Message).where(Message.channel == "sms").values(failure=failure, due_at=None))


def test_cap_offers_the_other_ways_before_a_change_at_home(app: Flask, nadia: Person, clock: Clock) -> None:
    spends(app, NUMBER)
    clock.advance(minutes=1)
    page = nadia.submit(nadia.get("/home/confirm?next=/home/security"), "second-factor", method="sms")
    assert page.status_code == 429
    assert "Choisissez un autre moyen" in page.text
    assert 'value="sms"' not in page.text
    page = nadia.submit(page, "second-factor", method="email")
    assert "Saisissez le code reçu par e-mail" in page.text


def test_cap_is_told_at_the_second_proof_of_a_recovery(app: Flask, nadia: Person, clock: Clock) -> None:
    spends(app, NUMBER)
    clock.advance(minutes=1)
    page = nadia.submit(proves_first(nadia), "second-factor", method="sms")
    assert page.status_code == 429
    assert "Choisissez un autre moyen" in page.text


def test_message_that_fails_before_a_change_at_home_may_be_replaced_by_an_e_mail(
    app: Flask, nadia: Person, clock: Clock
) -> None:
    clock.advance(minutes=1)
    page = nadia.submit(nadia.get("/home/confirm?next=/home/security"), "second-factor", method="sms")
    fails(app, "twilio: undelivered 30003")
    page = nadia.submit(page, "look", look="1")
    assert "éteint, ou n’a pas de réseau" in page.text
    page = nadia.submit(page, "instead", method="email")
    page = nadia.submit(page, "second-factor", code=nadia.mailbox.code_for(nadia.email))
    assert page.request.path == "/home/security"


def test_new_number_that_takes_nothing_can_be_corrected(app: Flask, nadia: Person, clock: Clock) -> None:
    """At the new number no other way is offered: it is the number that has to be shown to work."""
    clock.advance(minutes=1)
    page = nadia.submit(nadia.get("/home/contacts/sms"), "contact", address="+33639980001")
    page = nadia.submit(page, "contact-code", code=nadia.mailbox.code_for(NUMBER))
    fails(app, "twilio: 400 21614")
    page = nadia.get(page.request.path)
    assert "téléphone fixe" in page.text
    assert 'href="/home/contacts/sms"' in page.text
    assert 'id="instead"' not in page.text
