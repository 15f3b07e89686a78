"""Three carers, two representatives, five people: held when everybody says yes at once, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from authz import clock
from authz.errors import Refusal
from authz.identity import answers, delegation, family, invitations, profiles
from tests.actors import Person
from tests.cast import enrol
from tests.mailbox import Mailbox
from tests.standing import unit_in


def tries_to_act(app: Flask, account_id: str, profile_id: str, kind: str) -> bool:
    """Become somebody's carer or representative, or be refused."""
    try:
        with unit_in(app):
            delegation.add(account_id, profile_id, kind=kind, relation="relative", now=clock.now())
    except (delegation.TooManyPeople, delegation.AlreadyActs):
        return False
    return True


def at_once(app: Flask, pairs: list[tuple[str, str]], kind: str = delegation.CARER) -> list[bool]:
    """Let all of them try at the same moment."""
    with ThreadPoolExecutor(len(pairs)) as pool:
        return list(pool.map(lambda pair: tries_to_act(app, pair[0], pair[1], kind), pairs))


@pytest.fixture
def crowd(app: Flask, mailbox: Mailbox) -> list[Person]:
    """Give six people with spaces of their own."""
    return [enrol(app, mailbox, f"person.number{n}") for n in range(6)]


def test_three_of_six_carers_find_a_seat(app: Flask, alice: Person, crowd: list[Person]) -> None:
    hers = alice.profile_id()
    assert at_once(app, [(one.account_id, hers) for one in crowd]).count(True) == delegation.MOST_CARERS
    with app.app_context():
        assert len(family.list_actors(hers)) == 1 + delegation.MOST_CARERS


def test_five_of_six_people_find_a_place_with_one_carer(app: Flask, alice: Person, crowd: list[Person]) -> None:
    people = [(alice.account_id, one.profile_id()) for one in crowd]
    assert at_once(app, people).count(True) == delegation.MOST_PROFILES
    with app.app_context():
        assert len(profiles.list_for(alice.account_id)) == 1 + delegation.MOST_PROFILES


def test_one_of_six_becomes_the_other_representative(app: Flask, paul: Person, crowd: list[Person]) -> None:
    zoe = paul.profile_id("Zoé")
    assert at_once(app, [(one.account_id, zoe) for one in crowd], delegation.REPRESENTATIVE).count(True) == 1


def test_same_person_takes_one_seat_however_often_they_try(app: Flask, alice: Person, mallory: Person) -> None:
    pair = (mallory.account_id, alice.profile_id())
    assert at_once(app, [pair] * 4).count(True) == 1


def test_one_invitation_is_answered_once(app: Flask, alice: Person, mallory: Person) -> None:
    """By the same person in two windows: one answer counts, the other one is told that it is over."""
    with unit_in(app):
        guest = invitations.Guest("Mallory", mallory.email)
        card = invitations.send(alice.account_id, alice.profile_id(), kind=delegation.CARER, guest=guest)

    def says(yes: bool) -> str:
        try:
            with unit_in(app):
                (
                    answers.accept(card, mallory.account_id, "relative")
                    if yes
                    else answers.refuse(card, mallory.account_id)
                )
        except Refusal as refusal:
            return type(refusal).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(says, [True, False, True, False]))
    assert sorted(told) == ["InvitationOver"] * 3 + ["done"]


def test_seat_that_is_given_up_is_free_again(app: Flask, alice: Person, crowd: list[Person]) -> None:
    hers = alice.profile_id()
    at_once(app, [(one.account_id, hers) for one in crowd[:3]])
    with unit_in(app):
        family.leave(family.list_actors(hers)[-1])
    left = [one for one in crowd if not any(card.id == hers for card in cards_of(one))]
    assert tries_to_act(app, left[0].account_id, hers, delegation.CARER)


def cards_of(person: Person) -> list[profiles.ProfileCard]:
    """List what a person may open."""
    with person.app.app_context():
        return profiles.list_for(person.account_id)
