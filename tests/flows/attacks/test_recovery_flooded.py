"""Recovery flooded: what a stranger uses up is not the patient's, and a row that fails holds up nobody."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from authz import clock as time
from authz import crypto, db
from authz.identity import accounts, recoveries, recovery_cases
from authz.identity.models import Account, Recovery
from tests.actors import Person
from tests.clock import Clock
from tests.flows.pages.test_factors import codes_of
from tests.flows.way_back import NEW, begins, chooses, works
from tests.standing import unit_in


def at(person: Person, address: str) -> None:
    """Have a person's new browser come from an address."""
    person.new_browser()
    person.browser.environ_base["REMOTE_ADDR"] = address


def letters(person: Person) -> int:
    """Count the letters that a person received."""
    return len(person.mailbox.messages(person.email))


def test_flood_from_many_networks_leaves_the_patients_own_device_its_share(alice: Person, mallory: Person) -> None:
    """Before: three a day for each network, nine in all. After: nothing abroad, and all three for Alice's device."""
    alice.signs_in()
    before = letters(alice)
    for number in range(5):
        for _ in range(4):
            at(mallory, f"203.0.113.{number}")
            begins(mallory, alice.identifier)
            mallory.submit(mallory.get("/recover/identifier"), "identifier", email=alice.email)
            works(mallory.app)
        assert letters(alice) - before == 2 * min(recoveries.ACCOUNT[0] * (number + 1), recoveries.ABROAD[0])
    used = letters(alice)
    for _ in range(4):
        begins(alice)
    assert letters(alice) - used == recoveries.ACCOUNT[0], "her own device begins as often as if nobody had"
    alice.submit(alice.get("/recover/identifier"), "identifier", email=alice.email)
    works(alice.app)
    assert letters(alice) - used == recoveries.ACCOUNT[0] + 1


def test_one_network_does_not_use_up_what_another_has(alice: Person, mallory: Person) -> None:
    for _ in range(8):
        at(mallory, "203.0.113.1")
        begins(mallory, alice.identifier)
    assert letters(alice) == recoveries.ACCOUNT[0]
    begins(alice)
    assert letters(alice) == recoveries.ACCOUNT[0] + 1


def test_device_of_somebody_else_has_no_share_of_this_account(alice: Person, mallory: Person) -> None:
    mallory.signs_in()
    for _ in range(5):
        begins(mallory, alice.identifier)
    assert letters(alice) == recoveries.ACCOUNT[0]


def test_row_that_fails_stops_none_of_the_others_and_is_tried_again(
    app: Flask, alice: Person, mallory: Person, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    begins(mallory, "nobody.here")
    page = mallory.get("/recover/password")
    mallory.submit(page, "reset", identifier=mallory.identifier, channel="email")
    alice.submit(alice.get("/recover/password"), "reset", identifier=alice.identifier, channel="email")
    first = select(Recovery.id, Recovery.asked_sealed).where(Recovery.asked_sealed.is_not(None)).order_by(Recovery.id)
    with unit_in(app) as session:
        row = session.execute(first).first()
        assert row
        spoil = update(Recovery).where(Recovery.id == row.id)
        session.execute(spoil.values(asked_sealed=crypto.seal("other", "not a recovery")))
    works(app)
    assert (letters(alice), letters(mallory)) == (1, 0)
    assert [entry.message for entry in caplog.records if entry.levelname == "ERROR"] == ["worker:row:fault"]
    works(app)
    assert len([entry for entry in caplog.records if entry.levelname == "ERROR"]) == 1, "not again at once"
    with unit_in(app) as session:
        session.execute(spoil.values(asked_sealed=row.asked_sealed))
    clock.advance(minutes=2)
    works(app)
    assert letters(mallory) == 1


def test_password_that_waited_is_not_put_on_an_account_that_was_closed(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    chooses(alice, codes[0])
    with unit_in(alice.app) as session:
        session.execute(update(Account).where(Account.id == alice.account_id).values(closed_at=time.now()))
    told = letters(alice)
    clock.advance(hours=25)
    works(alice.app)
    with alice.app.app_context(), db.reading() as connection:
        kept = connection.execute(select(Recovery.password_hash, Recovery.done_at)).one()
    assert kept.password_hash is None
    assert kept.done_at
    assert letters(alice) == told
    with unit_in(alice.app) as session, pytest.raises(accounts.LoginRefused):
        session.execute(update(Account).where(Account.id == alice.account_id).values(closed_at=None))
        accounts.check_password(alice.identifier, NEW)


def test_case_whose_time_is_over_is_not_listed(app: Flask, alice: Person, clock: Clock) -> None:
    with unit_in(app):
        recovery_cases.open_case(alice.identifier, by="olga")
    clock.advance(days=29)
    with unit_in(app):
        assert len(recovery_cases.list_open()) == 1
    clock.advance(days=2)
    with unit_in(app):
        assert recovery_cases.list_open() == []
