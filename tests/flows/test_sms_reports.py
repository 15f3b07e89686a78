"""What became of a text message, from the provider's report to the page where its code is waited for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from authz import audit, db
from authz.notifications import worker
from authz.notifications.models import Message
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.fakes.twilio import SID, TOKEN, Twilio, sign, twilio
from tests.mailbox import Mailbox
from tests.standing import unit_in

NUMBER, FROM = "+33639980339", "+33755550100"
ISSUER = "https://space.example"


@pytest.fixture
def provider() -> Iterator[Twilio]:
    """Give the SMS provider."""
    with twilio() as fake:
        yield fake


@pytest.fixture
def site(app: Flask, provider: Twilio) -> Iterator[Flask]:
    """Give a server that people and the provider reach over https, as its settings say."""
    before = app.extensions["settings"]
    url = f"twilio://{SID}:{TOKEN}@{FROM}?base={provider.base}"
    app.extensions["settings"] = dataclasses.replace(before, sms_url=url)
    yield app
    app.extensions["settings"] = before


@pytest.fixture
def nadia(site: Flask, mailbox: Mailbox) -> Person:
    """Give a patient with a telephone."""
    return enrol(site, mailbox, "nadia.benali", phone=NUMBER)


def asks(person: Person) -> str:
    """Sign in as far as the page that waits for a code by SMS; returns its address."""
    page = person.submit(person.get("/login"), "login", identifier=person.identifier, password=person.password)
    return str(person.submit(page, "second-factor", method="sms").request.full_path)


def delivers(app: Flask) -> None:
    """Have the worker hand over what is due, at the address that is ours to the outside."""
    before = app.extensions["settings"]
    app.extensions["settings"] = dataclasses.replace(before, issuer=ISSUER)
    worker.run(app, once=True)
    app.extensions["settings"] = before


def reports(app: Flask, provider: Twilio, status: str, error: int | None = None, **changes: str) -> int:
    """Have the provider report on the last message; returns our answer's status."""
    url, form, headers = provider.report(len(provider.messages) - 1, status, error)
    before = app.extensions["settings"]
    app.extensions["settings"] = dataclasses.replace(before, issuer=ISSUER)
    answer = app.test_client().post(urlsplit(url).path, data=form | changes, headers=headers)
    app.extensions["settings"] = before
    return answer.status_code


def test_patient_reads_that_the_telephone_is_off_and_takes_the_e_mail(
    site: Flask, provider: Twilio, nadia: Person
) -> None:
    """Nothing goes to the other address before the button is pressed."""
    page = nadia.get(asks(nadia))
    delivers(site)
    assert 'id="undelivered"' not in nadia.submit(page, "look", look="1").text
    assert reports(site, provider, "sent") == 204
    assert reports(site, provider, "undelivered", 30003) == 204
    page = nadia.submit(page, "look", look="1")
    assert "Le SMS n’a pas pu être remis." in page.text
    assert "éteint, ou n’a pas de réseau" in page.text
    assert nadia.mailbox.messages(nadia.email) == []
    page = nadia.submit(page, "instead", method="email")
    assert "Saisissez le code reçu par e-mail" in page.text
    page = nadia.submit(page, "second-factor", code=nadia.mailbox.code_for(nadia.email))
    assert page.request.path == "/home/measures"


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (400, 21211, "Le numéro est faux"), (400, 21614, "téléphone fixe"), (400, 21610, "bloque nos messages"),
        (429, 20429, "ne peut pas partir pour l’instant"), (500, 20500, "nous continuons d’essayer"),
    ],
)  # fmt: skip
def test_patient_reads_why_the_provider_did_not_take_it(
    site: Flask, provider: Twilio, nadia: Person, status: int, code: int, text: str
) -> None:
    address = asks(nadia)
    provider.next_errors = [(status, code)]
    delivers(site)
    page = nadia.get(address).text
    assert text in page
    assert 'id="instead"' in page


def test_number_that_takes_nothing_is_tried_again_only_on_purpose(
    site: Flask, provider: Twilio, nadia: Person, clock: Clock
) -> None:
    address = asks(nadia)
    provider.next_errors = [(400, 21610)]
    delivers(site)
    clock.advance(minutes=1)
    page = nadia.get(address)
    again = nadia.submit(page, "second-factor", code="000000")
    assert "bloque nos messages" in again.text
    stale = nadia.browser.post(address, data={"csrf_token": _token(page.text), "method": "sms", "resend": "1"})
    assert stale.status_code == 303
    delivers(site)
    assert provider.messages == []
    form = {"csrf_token": _token(page.text), "method": "sms", "resend": "anyway"}
    nadia.browser.post(address, data=form)
    delivers(site)
    assert [message["to"] for message in provider.messages] == [NUMBER]


def test_provider_that_asks_for_a_pause_is_not_tried_before(
    site: Flask, provider: Twilio, nadia: Person, clock: Clock
) -> None:
    asks(nadia)
    provider.next_errors, provider.retry_after = [(429, 20429)], "40"
    delivers(site)
    clock.advance(seconds=30)
    delivers(site)
    assert provider.messages == []
    clock.advance(seconds=11)
    delivers(site)
    assert len(provider.messages) == 1


def test_patient_reads_that_it_was_received(site: Flask, provider: Twilio, nadia: Person) -> None:
    address = asks(nadia)
    delivers(site)
    assert reports(site, provider, "delivered") == 204
    assert "Votre téléphone l’a reçu." in nadia.get(address).text


def test_report_that_overtakes_the_workers_note_is_not_lost(site: Flask, provider: Twilio, nadia: Person) -> None:
    address = asks(nadia)
    create = provider.create

    def at_once(sid: str, credentials: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        answer = create(sid, credentials, form)
        assert reports(site, provider, "undelivered", 30006) == 204
        return answer

    provider.create = at_once  # type: ignore[method-assign]
    delivers(site)
    assert "téléphone fixe" in nadia.get(address).text


def test_only_the_providers_own_first_report_counts(site: Flask, provider: Twilio, nadia: Person) -> None:
    """Unsigned, signed with another token, changed on the way, for another address, or once more."""
    address = asks(nadia)
    delivers(site)
    url, form, _ = provider.report(0, "undelivered", 30003)
    path, strange = urlsplit(url).path, {"X-Twilio-Signature": sign(url, form, "another token")}
    assert site.test_client().post(path, data=form).status_code == 403
    assert site.test_client().post(path, data=form, headers=strange).status_code == 403
    assert reports(site, provider, "delivered", MessageStatus="undelivered") == 403
    assert 'id="undelivered"' not in nadia.get(address).text
    assert reports(site, provider, "delivered") == 204
    assert reports(site, provider, "undelivered", 30003) == 204
    assert 'id="undelivered"' not in nadia.get(address).text
    with unit_in(site) as session:
        told = session.execute(select(func.count()).select_from(Message).where(Message.reported_at.is_not(None)))
        assert told.scalar_one() == 1


def test_failure_is_in_the_journal_without_the_number(site: Flask, provider: Twilio, nadia: Person) -> None:
    asks(nadia)
    delivers(site)
    reports(site, provider, "failed", 30004)
    with site.app_context(), db.reading() as connection:
        rows = connection.execute(select(audit.Activity.__table__).where(audit.Activity.tag == "message:fail")).all()
    assert len(rows) == 1
    assert NUMBER not in str(rows)


def test_server_that_writes_to_files_takes_no_reports(app: Flask) -> None:
    answer = app.test_client().post(
        "/sms/reports/x", data={"MessageStatus": "failed"}, headers={"X-Twilio-Signature": "x"}
    )
    assert answer.status_code == 403


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]
