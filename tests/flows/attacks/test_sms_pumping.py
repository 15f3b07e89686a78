"""SMS pumping: messages sent to numbers that earn by them, or to anybody's, until the operator has paid enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from authz.identity import attempts, contact_changes
from authz.notifications import outbox, texting
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.attacks.test_recovery_flooded import at
from tests.flows.way_back import begins, works
from tests.mailbox import Mailbox
from tests.standing import unit_in

NUMBER = "+33639980339"


@pytest.fixture
def tight(app: Flask) -> Iterator[Any]:
    """Change settings of the server under attack, until the test ends."""
    before = app.extensions["settings"]

    def change(**changes: Any) -> None:
        app.extensions["settings"] = dataclasses.replace(before, **changes)

    yield change
    app.extensions["settings"] = before


@pytest.fixture
def nadia(app: Flask, mailbox: Mailbox) -> Person:
    """Give a patient with a telephone."""
    return enrol(app, mailbox, "nadia.benali", phone=NUMBER)


def texts(person: Person, to: str = "") -> int:
    """Count the text messages sent, to a number or to any."""
    return len([one for one in person.mailbox.messages() if one["to"].startswith(to or "+")])


def asks_by_sms(person: Person) -> Any:
    """Give identifier and password and ask for a code by SMS; returns the page that follows."""
    page = person.submit(person.get("/login"), "login", identifier=person.identifier, password=person.password)
    return person.submit(page, "second-factor", method="sms")


def test_flood_from_everywhere_leaves_the_owners_device_its_texts(
    nadia: Person, mallory: Person, clock: Clock, settings: Any
) -> None:
    """Who has even the password: ten a day from unknown devices, six in a quarter of an hour from one network."""
    nadia.signs_in()
    own, thief = nadia.browser, Person(nadia.app, nadia.mailbox, nadia.identifier, nadia.email, nadia.account_id)
    for number in range(4):
        for _ in range(8):
            at(thief, f"203.0.113.{number}")
            asks_by_sms(thief)
        assert texts(nadia, NUMBER) == min(attempts.SEND.limit * (number + 1), attempts.ABROAD_SMS.limit)
    at(thief, "203.0.113.9")
    assert asks_by_sms(thief).status_code == 429
    nadia.browser = own
    left = settings.sms_number_day - attempts.ABROAD_SMS.limit
    before = texts(nadia, NUMBER)
    for sent in range(1, left + 1):
        clock.advance(minutes=5)
        nadia.submit(nadia.get("/home/confirm?next=/home/security"), "second-factor", method="sms")
        assert texts(nadia, NUMBER) - before == sent


def test_recovery_by_sms_is_bounded_with_the_rest(nadia: Person, mallory: Person, tight: Any) -> None:
    """One number, one budget, whatever the purpose: the flood of recoveries ends at the number's day."""
    tight(sms_number_day=4)
    for number in range(3):
        for _ in range(3):
            at(mallory, f"203.0.113.{number}")
            page = begins(mallory, nadia.identifier, channel="sms")
            assert page.status_code == 200, "who asks is not told"
    works(nadia.app)
    assert texts(nadia, NUMBER) == 4
    refused = asks_by_sms(nadia)
    assert refused.status_code == 429
    assert "Choisissez un autre moyen" in refused.text
    assert 'value="sms"' not in refused.text
    page = nadia.submit(refused, "second-factor", method="email")
    page = nadia.submit(page, "second-factor", code=nadia.mailbox.code_for(nadia.email))
    assert page.request.path == "/home/measures"


@pytest.mark.parametrize(
    ("number", "text"),
    [("+33899700000", "commencent ainsi"), ("+88213000000", "commencent ainsi"), ("01 42 68 53 00", "téléphone fixe")],
)
def test_premium_number_or_landline_is_refused_before_anything_is_sent(mallory: Person, number: str, text: str) -> None:
    mallory.signs_in()
    page = mallory.submit(mallory.get("/home/contacts/sms"), "contact", address=number)
    assert page.status_code == 400
    assert text in page.text
    assert texts(mallory) == 0


def test_number_of_another_is_written_to_five_times_a_day_by_all_and_its_owner_still_signs_in(
    app: Flask, nadia: Person, mallory: Person, clock: Clock
) -> None:
    """By changing her own contacts Mallory has codes sent to whom she likes; before, sixty a day."""
    mallory.signs_in()
    for _ in range(contact_changes.LIMIT + 1):
        page = mallory.submit(mallory.get("/home/contacts/sms"), "contact", address=NUMBER)
        for _ in range(3):
            if 'id="contact-resend"' not in page.text:
                break
            clock.advance(seconds=31)
            page = mallory.submit(page, "contact-resend")
    assert texts(mallory, NUMBER) == texting.NEW_NUMBER[0]
    assert "Valider" in asks_by_sms(nadia).text
    assert texts(nadia, NUMBER) == texting.NEW_NUMBER[0] + 1


def test_range_that_is_pumped_stops_and_known_devices_of_it_go_on(
    app: Flask, mailbox: Mailbox, nadia: Person, tight: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Many accounts of one attacker: four fifths of the range's hour, and not one more."""
    tight(sms_ranges=("+336=10", "+417=10"))
    nadia.signs_in()
    for number in range(12):
        thief = enrol(app, mailbox, f"thief.number{number}", phone=f"+3363998{number:04d}")
        at(thief, f"203.0.113.{number}")
        page = asks_by_sms(thief)
    assert page.status_code == 429
    assert texts(nadia) == 8
    assert {vars(entry)["range"] for entry in caplog.records if entry.message == "sms:cap"} == {"+336"}
    nadia.submit(nadia.get("/home/confirm?next=/home/security"), "second-factor", method="sms")
    assert texts(nadia, NUMBER) == 1
    swiss = enrol(app, mailbox, "ursula.meier", phone="+41791234567")
    asks_by_sms(swiss)
    assert texts(swiss, "+417") == 1


def test_notices_by_sms_stop_at_a_budget_and_bell_and_e_mail_go_on(app: Flask, nadia: Person) -> None:
    for _ in range(texting.TOLD[0] + 3):
        with unit_in(app):
            outbox.alert(nadia.account_id, "password_changed")
    assert texts(nadia, NUMBER) == texting.TOLD[0]
    assert len(nadia.mailbox.messages(nadia.email)) == texting.TOLD[0] + 3
