"""Recovery as a way in for others: enumeration, guessing, one proof for two, a hurry, one operator alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from authz import db
from authz.identity import accounts, contact_changes, operators, password_changes, recoveries, recovery_cases
from authz.identity.models import Recovery
from authz.notifications import contacts
from tests.actors import Person
from tests.clock import Clock
from tests.flows.pages.test_factors import codes_of
from tests.flows.way_back import NEW, begins, chooses, proves_first, stop_link, works
from tests.standing import unit_in
from tests.statements import counted

ASKED = ("alice.martin", "nobody.here", "x", "é" * 20, "a' OR 1=1 --")


def _plain(text: str) -> str:
    return re.sub(r'(name="csrf_token" value|id="(identifier|email)"[^>]* value)="[^"]*"', "", text)


def test_guesser_learns_nothing_from_the_pages(alice: Person, mallory: Person) -> None:
    """Word for word the same, before and after the worker has found out, at each step."""
    said: dict[str, set[str]] = {"sent": set(), "code": set(), "wrong": set()}
    for asked in ASKED:
        mallory.new_browser()
        page = mallory.get("/recover/identifier")
        said["sent"].add(_plain(mallory.submit(page, "identifier", email=f"{asked}@example.org").text))
        page = begins(mallory, asked)
        said["code"].add(_plain(page.text))
        wrong = mallory.submit(page, "reset-code", code="000000")
        assert wrong.status_code == 400
        said["wrong"].add(_plain(wrong.text))
    assert {name: len(texts) for name, texts in said.items()} == {"sent": 1, "code": 1, "wrong": 1}


def test_guesser_learns_nothing_from_the_work(alice: Person, mallory: Person) -> None:
    """The same statements in the same order, whether the account is there or not."""
    done: list[list[str]] = []
    for asked in (alice.identifier, "nobody.here"):
        mallory.new_browser()
        page = mallory.get("/recover/password")
        with counted() as seen:
            page = mallory.submit(page, "reset", identifier=asked, channel="email")
        works(mallory.app)
        with counted() as tried:
            mallory.submit(page, "reset-code", code="000000")
        done.append([*seen, *tried])
    assert done[0] == done[1]


def test_strangers_and_unverified_addresses_hear_nothing(app: Flask, alice: Person, mallory: Person) -> None:
    with unit_in(app):
        kept = contact_changes.begin(mallory.account_id, "email", "victim@example.org")
    assert kept
    mallory.submit(mallory.get("/recover/identifier"), "identifier", email="victim@example.org")
    begins(mallory, "nobody.here")
    begins(mallory, alice.identifier, channel="sms")  # she has no telephone
    begins(mallory, alice.identifier, channel="pigeon")
    assert [message["to"] for message in alice.mailbox.messages()] == [alice.email]


def test_account_is_written_to_a_few_times_a_day_only(alice: Person, mallory: Person) -> None:
    for _ in range(6):
        mallory.new_browser()
        begins(mallory, alice.identifier)
        mallory.submit(mallory.get("/recover/identifier"), "identifier", email=alice.email)
        works(mallory.app)
    assert len(alice.mailbox.messages(alice.email)) == 2 * recoveries.ACCOUNT[0]


def test_network_asks_so_often_and_no_more_but_known_browsers_go_on(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    page = mallory.get("/recover/identifier")
    codes = [mallory.submit(page, "identifier", email="a@example.org").status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]
    assert mallory.submit(mallory.get("/recover/password"), "reset", identifier="x").status_code == 429
    sent = alice.submit(alice.get("/recover/identifier"), "identifier", email=alice.email)
    assert "Regardez vos e-mails" in sent.text


def test_guesser_of_the_first_code_has_five_tries(alice: Person, mallory: Person) -> None:
    page = begins(mallory, alice.identifier)
    code = alice.mailbox.code_for(alice.email)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(recoveries.MAX_TRIES):
        assert mallory.submit(page, "reset-code", code=wrong).status_code == 400
    over = mallory.submit(page, "reset-code", code=code)
    assert "plus ouvert" in over.text
    assert mallory.get("/recover/password/second").status_code == 400


def test_code_is_good_in_the_browser_that_asked_and_for_a_quarter_of_an_hour(
    alice: Person, mallory: Person, clock: Clock
) -> None:
    page = begins(alice)
    code = alice.mailbox.code_for(alice.email)
    theirs = begins(mallory, "nobody.here")
    assert mallory.submit(theirs, "reset-code", code=code).status_code == 400
    clock.advance(minutes=16)
    assert "plus ouvert" in alice.submit(page, "reset-code", code=code).text


@pytest.mark.parametrize("step", ["second", "new"])
def test_no_step_is_left_out(alice: Person, step: str) -> None:
    assert "plus ouvert" in alice.get(f"/recover/password/{step}").text
    begins(alice)
    assert "plus ouvert" in alice.get(f"/recover/password/{step}").text


def test_one_proof_is_never_two(alice: Person, clock: Clock) -> None:
    """The way of the first proof again, or none at all, keeps no password."""
    alice.signs_in()
    codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    page = proves_first(alice)
    again = alice.submit(page, "second-factor", method="email")
    assert again.request.path == "/recover/password/second"
    assert 'id="code"' not in again.text
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "method": "email", "code": alice.mailbox.code_for(alice.email)}
    assert alice.browser.post("/recover/password/second", data=form).status_code == 400
    kept = alice.browser.post("/recover/password/new", data={"csrf_token": token, "new": NEW})
    assert kept.status_code == 400
    with alice.app.app_context(), db.reading() as connection:
        query = select(func.count()).select_from(Recovery).where(Recovery.password_hash.is_not(None))
        assert connection.execute(query).scalar_one() == 0


def test_new_password_counts_once_and_not_before_its_time(alice: Person, clock: Clock) -> None:
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    page = alice.submit(proves_first(alice), "second-factor", method="recovery")
    page = alice.submit(page, "second-factor", code=codes[0])
    assert "est en attente" in alice.submit(page, "reset-new", new=NEW).text
    assert "plus ouvert" in alice.submit(page, "reset-new", new="un autre mot de passe, long").text
    clock.advance(hours=23)
    works(alice.app)
    with unit_in(alice.app), pytest.raises(accounts.LoginRefused):
        accounts.check_password(alice.identifier, NEW)
    clock.advance(hours=2)
    works(alice.app)
    works(alice.app)
    assert len([one for one in alice.mailbox.messages(alice.email) if "Mot de passe changé" in one["subject"]]) == 1


def test_password_changed_meanwhile_is_not_undone_by_what_waited(alice: Person, clock: Clock) -> None:
    """Who is warned may change the password rather than follow the link: the thief's must not come after."""
    chosen = "le nouveau, choisi par elle"
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    chooses(alice, codes[0])
    alice.new_browser()
    alice.signs_in()
    page = alice.get("/home/security/password")
    alice.submit(page, "password", current=alice.password, new=chosen)
    clock.advance(hours=25)
    works(alice.app)
    with unit_in(alice.app):
        accounts.check_password(alice.identifier, chosen)
        with pytest.raises(accounts.LoginRefused):
            accounts.check_password(alice.identifier, NEW)


def test_link_that_stops_is_not_guessed_and_opens_nothing_by_itself(alice: Person, clock: Clock) -> None:
    """Mail programs open links: only the button stops."""
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    alice.new_browser()
    chooses(alice, codes[0])
    alice.get(stop_link(alice))
    wrong = alice.submit(alice.get("/recover/stop/aprs_nothing"), "stop")
    assert "plus ouvert" in wrong.text
    clock.advance(hours=25)
    works(alice.app)
    alice.password = NEW
    assert alice.signs_in().request.path == "/home/measures"


def refused(app: Flask, case_id: str, by: str) -> str:
    """Try to let a case through; returns why not."""
    with pytest.raises((recovery_cases.CaseRefused, operators.OperatorUnnamed)) as refusal, unit_in(app):
        recovery_cases.approve(case_id, by=by)
    return refusal.value.description


def opened(app: Flask, person: Person, by: str = "olga") -> str:
    """Open a case with an address of the attacker's."""
    with unit_in(app):
        case: dict[str, Any] = recovery_cases.open_case(person.identifier, by=by, email="mallory@example.org")
    return str(case["case"])


def test_operator_alone_lets_nobody_in(app: Flask, alice: Person, clock: Clock) -> None:
    case = opened(app, alice, "Olga")
    for by in ("olga", " OLGA "):
        assert refused(app, case, by).startswith("Somebody else")
    assert refused(app, case, "otto").startswith("The case waits until")
    for by in ("", "../x", "é"):
        assert refused(app, case, by).startswith("An operator's name")
    clock.advance(hours=25)
    assert refused(app, case, "olga").startswith("Somebody else")
    assert refused(app, "0" * 32, "otto").startswith("There is no such case")
    with unit_in(app):
        reach = contacts.find(alice.account_id)
    assert reach
    assert reach.email == alice.email


def test_owner_stops_a_case_and_it_cannot_be_let_through(app: Flask, alice: Person, clock: Clock) -> None:
    case = opened(app, alice)
    alice.submit(alice.get(stop_link(alice)), "stop")
    other = opened(app, alice)
    with unit_in(app):
        recovery_cases.refuse(other, by="otto")
    clock.advance(hours=25)
    assert refused(app, case, "otto").startswith("There is no such case")
    assert refused(app, other, "otto").startswith("There is no such case")
    with unit_in(app):
        assert recovery_cases.list_open() == []
    with pytest.raises(accounts.NoSuchAccount), unit_in(app):
        recovery_cases.open_case("nobody.here", by="olga")


def test_password_that_was_replaced_meanwhile_ends_what_was_half_proven(alice: Person, clock: Clock) -> None:
    """A thief has the first proof when the owner changes the password: nothing waits, and no message says so."""
    alice.signs_in()
    codes = codes_of(alice)
    clock.advance(minutes=1)
    thief = Person(alice.app, alice.mailbox, alice.identifier, alice.email, alice.account_id)
    page = thief.submit(proves_first(thief), "second-factor", method="recovery")
    with unit_in(alice.app):
        password_changes.drop_waiting(alice.account_id)
    before = len(alice.mailbox.messages(alice.email))
    assert "plus ouvert" in thief.submit(page, "second-factor", code=codes[0]).text
    assert len(alice.mailbox.messages(alice.email)) == before
