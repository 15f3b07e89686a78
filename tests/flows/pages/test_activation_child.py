"""A parent opens the prepared space of a child, and nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from authz import events
from authz.audit import Activity
from authz.identity import civil, delegation, enrolment, family, profiles
from authz.identity.activation_refusals import AlreadyActivated
from authz.identity.civil_models import PreparedSpace
from authz.identity.description import AccountRefused
from authz.identity.family import Change
from authz.pairing import closing
from tests import standing
from tests.actors import Person
from tests.cast import enrol
from tests.clock import Clock
from tests.flows.newcomer import prepare
from tests.mailbox import Mailbox
from tests.registers import nir_of

PARENT, CHILD = nir_of(1), nir_of(2)


@pytest.fixture
def parent(app: Flask, mailbox: Mailbox) -> Person:
    """Give a parent whose number is known."""
    return enrol(app, mailbox, "paul.lefevre", nir=PARENT, card_serial="12345678901")


@pytest.fixture
def letter(app: Flask) -> str:
    """Give the code of a child's prepared space."""
    return prepare(app, 2, birthdate="2017-09-02", card="", representatives=(PARENT,))


@pytest.fixture
def opens() -> Callable[..., TestResponse]:
    """Type the code and who the child is, on the page at home."""

    def walk(person: Person, code: str, **changes: str) -> TestResponse:
        facts = {"code": code, "nir": CHILD, "birthdate": "02/09/2017"} | changes
        return person.submit(person.get("/home/family/activate"), "child", **facts)

    return walk


def test_parent_opens_the_space_of_a_child_and_acts_for_it(
    app: Flask, parent: Person, letter: str, opens: Callable[..., TestResponse], mailbox: Mailbox
) -> None:
    parent.signs_in()
    page = opens(parent, letter)
    assert page.request.path == "/home/family"
    assert "est ouvert" in page.text
    with app.app_context():
        [child] = [card for card in profiles.list_for(parent.account_id) if not card.is_self]
        assert (child.given_name, child.kind, child.relation) == ("Jeanne", delegation.REPRESENTATIVE, "child")
        assert civil.find_by_nir(CHILD) == child.id
    assert "Jeanne est ouvert" in mailbox.messages(parent.email)[-1]["subject"]


def test_delegation_of_an_opened_space_begins_as_all_do(
    app: Flask, parent: Person, letter: str, opens: Callable[..., TestResponse]
) -> None:
    """Whoever follows delegations, as the proof in the record does, hears of this one too."""
    begun: list[Change] = []

    def hear(change: Change) -> None:
        begun.append(change)

    parent.signs_in()
    with events.delegation_began.connected_to(hear):
        opens(parent, letter)
    [change] = begun
    assert (change.actor.account_id, change.actor.kind) == (parent.account_id, delegation.REPRESENTATIVE)
    assert (change.actor.name, change.why) == ("Paul Martin", "opened")
    with standing.unit_in(app) as session:
        lines = session.scalars(select(Activity).where(Activity.profile_id == change.actor.profile_id)).all()
        [line] = [line for line in lines if line.tag == "family:join"]
        assert change.actor == family.get_actor(change.actor.profile_id, change.actor.id)
        assert line.account_id == parent.account_id


def test_other_parent_is_told_and_nobody_else(
    app: Flask, parent: Person, mallory: Person, opens: Callable[..., TestResponse], mailbox: Mailbox
) -> None:
    other = enrol(app, mailbox, "lea.lefevre", nir=nir_of(7))
    gone = enrol(app, mailbox, "jean.lefevre", nir=nir_of(8))
    stranger = enrol(app, mailbox, "luc.durand", nir=nir_of(9))
    with standing.unit_in(app):
        closing.close(gone.account_id, by="olga", erase=False)
    code = prepare(app, 2, birthdate="2017-09-02", card="", representatives=(PARENT, *map(nir_of, (7, 8, 10))))
    before = {person.email: len(mailbox.messages(person.email)) for person in (gone, stranger, mallory)}
    parent.signs_in()
    opens(parent, code)
    [told] = mailbox.messages(other.email)
    assert "a ouvert l’espace de santé de Jeanne" in told["subject"]
    assert "vous inviter" in told["text"]
    assert {email: len(mailbox.messages(email)) for email in before} == before
    assert len([one for one in mailbox.messages(parent.email) if "Jeanne est ouvert" in one["subject"]]) == 1
    with app.app_context():  # told, and no more than that: an invitation lets the other one in
        assert [card.is_self for card in profiles.list_for(other.account_id)] == [True]


def test_stranger_with_the_letter_and_the_facts_opens_nothing(
    app: Flask, mallory: Person, letter: str, opens: Callable[..., TestResponse]
) -> None:
    mallory.signs_in()
    page = opens(mallory, letter)
    assert page.status_code == 403
    assert "pas indiqué comme parent" in page.text
    with app.app_context():
        assert len(profiles.list_for(mallory.account_id)) == 1


def test_wrong_facts_and_an_adults_space_are_told_alike(
    app: Flask, parent: Person, letter: str, opens: Callable[..., TestResponse]
) -> None:
    adults = prepare(app, 3)
    parent.signs_in()
    pages = [
        opens(parent, letter, nir=nir_of(4)),
        opens(parent, letter, birthdate="03/09/2017"),
        opens(parent, "BCDF-GHJK-LMNP"),
        opens(parent, adults, nir=nir_of(3), birthdate="12/04/1958"),
    ]
    assert {page.status_code for page in pages} == {400}
    assert all("ne va pas ensemble" in page.text for page in pages)
    mistyped = opens(parent, letter, nir="1")
    assert "15 caractères" in mistyped.text
    assert mistyped.status_code == 400


def test_childs_code_is_used_once_and_not_for_ever(
    app: Flask, parent: Person, letter: str, opens: Callable[..., TestResponse], clock: Clock
) -> None:
    old = prepare(app, 5, birthdate="2018-09-02", card="", representatives=(PARENT,))
    parent.signs_in()
    assert opens(parent, letter).request.path == "/home/family"
    assert opens(parent, letter).status_code == AlreadyActivated.status
    clock.advance(weeks=7)
    parent.new_browser()
    parent.signs_in()
    assert opens(parent, old, nir=nir_of(5), birthdate="02/09/2018").status_code == 410


def test_child_who_has_come_of_age_opens_the_space_alone(
    app: Flask, parent: Person, mailbox: Mailbox, opens: Callable[..., TestResponse], clock: Clock
) -> None:
    code = prepare(app, 6, birthdate="2008-12-20", card="", representatives=(PARENT,))
    clock.advance(weeks=5)
    parent.signs_in()
    page = opens(parent, code, nir=nir_of(6), birthdate="20/12/2008")
    assert page.status_code == 400


def test_page_asks_for_a_second_factor_of_these_minutes(parent: Person, clock: Clock) -> None:
    assert parent.get("/home/family/activate").request.path.endswith("/login")
    parent.signs_in()
    clock.advance(minutes=11)
    assert parent.get("/home/family/activate").request.path == "/home/confirm"


def test_operator_cannot_give_one_number_to_two_people(app: Flask, parent: Person) -> None:
    spec: dict[str, Any] = {"identifier": "other.person", "password": "trois lapins bleus dansent"}
    for nir in (PARENT, "123"):
        with standing.unit_in(app), pytest.raises(AccountRefused):
            enrolment.add(spec | {"nir": nir})


def test_claimed_space_keeps_whose_it_is_and_not_who_represents(
    app: Flask, parent: Person, letter: str, opens: Callable[..., TestResponse]
) -> None:
    parent.signs_in()
    opens(parent, letter)
    with standing.unit_in(app) as session:
        row = session.scalars(select(PreparedSpace)).one()
        assert row.profile_id is not None
        assert row.representatives_sealed is None
