"""Growing up: 15, when the adolescent may have the space too; 18, when nobody else has."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from authz import clock as server_clock
from authz.cli import working
from authz.identity import birthdays, delegation, family
from authz.notifications import worker
from authz.pairing import pairings
from tests.actors import Partner, Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.family.conftest import Inviting, answers, opens
from tests.mailbox import Mailbox
from tests.standing import unit_in

FIFTEEN = datetime(2032, 9, 2, 9, tzinfo=UTC)
EIGHTEEN = datetime(2035, 9, 2, 9, tzinfo=UTC)


def works(app: Flask) -> None:
    """Let the worker do its dated jobs of families."""
    worker.run(app, once=True, jobs=[job for job in working.JOBS if job.name in ("birthdays", "hold")])


def told(person: Person, words: str) -> int:
    """Count the messages to somebody whose subject has these words."""
    return sum(words in message["subject"] for message in person.mailbox.messages(person.email))


def actors(app: Flask, profile_id: str) -> list[str]:
    """List in which kinds people act for a profile now."""
    with app.app_context():
        return [one.kind for one in family.list_actors(profile_id)]


@pytest.fixture
def zoe(app: Flask, mailbox: Mailbox) -> Person:
    """Give Zoé an account that has no space yet."""
    return enrol(app, mailbox, "zoe.martin", own_profile=False, birthdate="2017-09-02")


@pytest.fixture
def adolescent(paul: Person, zoe: Person, clock: Clock) -> Person:
    """Give Zoé at fifteen, to whom her father gave the space too."""
    clock.move_to(FIFTEEN + timedelta(hours=1))
    paul.signs_in()
    opens(paul, "Zoé")
    code = Inviting(paul).sends(zoe, "self", "Zoé")
    zoe.signs_in()
    offer = zoe.get(f"/home/family/join?code={code}")
    assert "Votre propre dossier, Zoé" in offer.text
    assert "Vous pouvez maintenant ouvrir" in zoe.submit(offer, "join", decision="accept").text
    return zoe


def test_parent_is_told_at_fifteen_and_before_eighteen_once_each(paul: Person, clock: Clock) -> None:
    works(paul.app)
    assert told(paul, "15 ans") == told(paul, "bientôt 18 ans") == 0
    for day in (FIFTEEN, FIFTEEN + timedelta(days=1)):
        clock.move_to(day)
        works(paul.app)
        works(paul.app)
    assert told(paul, "15 ans") == 1
    for days in (90, 89, 7, 6):
        clock.move_to(EIGHTEEN - timedelta(days=days))
        works(paul.app)
    assert told(paul, "bientôt 18 ans") == 2
    (first, _second) = [m for m in paul.mailbox.messages(paul.email) if "bientôt 18 ans" in m["subject"]]
    assert "2 septembre 2035" in first["text"]


def test_child_of_fourteen_cannot_be_given_the_space(paul: Person, clock: Clock) -> None:
    clock.move_to(FIFTEEN - timedelta(days=1))
    paul.signs_in()
    assert "son propre accès" not in opens(paul, "Zoé").text + paul.get("/home/family").text
    assert paul.get("/home/family/invitations/new/self").status_code == 403


def test_adolescent_sees_and_links_and_decides_nothing_more(
    paul: Person, adolescent: Person, glucoapp: Partner
) -> None:
    hers = adolescent.profile_id()
    assert hers == paul.profile_id("Zoé")
    assert adolescent.get("/home/measures").status_code == 200
    adolescent.pairs(glucoapp, profile=hers)
    assert "GlucoApp" in adolescent.get("/home/services").text
    assert adolescent.get("/home/family/invitations/new/carer").status_code == 403
    assert actors(paul.app, hers) == ["self", "legal_representative"]
    assert paul.get("/home/family/invitations/new/self").status_code == 403  # it is held already


def test_at_eighteen_nobody_else_is_left_and_the_young_adult_takes_over(
    paul: Person, adolescent: Person, mallory: Person, glucoapp: Partner, clock: Clock
) -> None:
    """Carers whom the parents chose go with them."""
    hers = adolescent.profile_id()
    clock.move_to(EIGHTEEN - timedelta(days=30))
    paul.new_browser()
    paul.signs_in()
    opens(paul, "Zoé")
    mallory.signs_in()
    answers(mallory, Inviting(paul).sends(mallory))
    tokens = paul.pairs(glucoapp, consents=["measures.read"], profile=hers)
    clock.move_to(EIGHTEEN)
    assert actors(paul.app, hers) == ["self"]  # by the clock, before any job
    works(paul.app)
    with unit_in(paul.app):
        assert pairings.get(hers, tokens["pairing_id"]).state == "paused"
        assert delegation.list_accounts(hers, server_clock.now()) == [adolescent.account_id]
    for person in (paul, mallory, adolescent):
        assert told(person, ": 18 ans") >= 1, person.identifier
    paul.new_browser()
    paul.signs_in()
    assert "Zoé" not in paul.get("/home/family").text
    adolescent.new_browser()
    adolescent.signs_in()
    page = adolescent.get(f"/home/services/{tokens['pairing_id']}")
    adolescent.submit(page, "resume")
    with unit_in(paul.app):
        assert pairings.get(hers, tokens["pairing_id"]).state == "active"
    assert adolescent.get("/home/family/invitations/new/carer").status_code == 200
    works(paul.app)
    with unit_in(paul.app):
        assert pairings.get(hers, tokens["pairing_id"]).state == "active"


def test_invitation_of_before_majority_opens_the_space_after_it(paul: Person, zoe: Person, clock: Clock) -> None:
    clock.move_to(EIGHTEEN - timedelta(days=30))
    paul.signs_in()
    opens(paul, "Zoé")
    hers = paul.profile_id("Zoé")
    code = Inviting(paul).sends(zoe, "self", "Zoé")
    clock.move_to(EIGHTEEN + timedelta(days=20))
    zoe.signs_in()
    assert "Vous pouvez maintenant ouvrir" in answers(zoe, code).text
    assert actors(paul.app, hers) == ["self"]
    assert zoe.get("/home/measures").status_code == 200
    works(paul.app)
    assert actors(paul.app, hers) == ["self"]


def test_invitation_of_a_parent_who_had_stopped_before_opens_nothing(
    paul: Person, nadia: Person, zoe: Person, clock: Clock
) -> None:
    clock.move_to(EIGHTEEN - timedelta(days=30))
    for person in (paul, nadia):
        person.signs_in()
    opens(paul, "Zoé")
    answers(nadia, Inviting(paul).sends(nadia, "legal_representative"))
    opens(nadia, "Zoé")
    code = Inviting(nadia).sends(zoe, "self", "Zoé")
    hers = paul.profile_id("Zoé")
    nadia.submit(nadia.get(f"/home/family/spaces/{hers}"), "family-end")
    clock.move_to(EIGHTEEN + timedelta(days=1))
    zoe.signs_in()
    assert answers(zoe, code).status_code == 410


def test_second_account_of_a_parent_does_not_become_the_childs(
    app: Flask, paul: Person, mailbox: Mailbox, clock: Clock
) -> None:
    """What is the adolescent's own stays so after majority: a parent would keep it under another name."""
    other = enrol(app, mailbox, "paul.second", own_profile=False, birthdate="1980-01-15")
    clock.move_to(EIGHTEEN - timedelta(days=30))
    paul.signs_in()
    opens(paul, "Zoé")
    code = Inviting(paul).sends(other, "self", "Zoé")
    other.signs_in()
    assert answers(other, code).status_code == 404
    assert actors(app, paul.profile_id("Zoé")) == ["legal_representative"]


def test_space_has_one_holder_and_a_person_one_space(paul: Person, adolescent: Person, zoe: Person) -> None:
    with unit_in(paul.app), pytest.raises(delegation.AlreadyActs):
        delegation.add(paul.account_id, adolescent.profile_id(), kind="self", relation="self", now=server_clock.now())


def test_worker_that_dies_sees_to_a_birthday_again(paul: Person, clock: Clock, app: Flask) -> None:
    clock.move_to(FIFTEEN)
    with pytest.raises(RuntimeError), unit_in(app):
        assert birthdays.see_to() == 1
        raise RuntimeError
    with unit_in(app):
        assert birthdays.see_to() == 1
        assert birthdays.see_to() == 0


@given(st.dates(date(1900, 1, 1), date(2080, 1, 1)), st.sampled_from([15, 18]))
def test_birthday_is_the_first_day_of_that_age(born: date, years: int) -> None:
    day = birthdays.birthday(born, years)
    assert delegation.age(born, day) == years
    assert delegation.age(born, day - timedelta(days=1)) == years - 1
