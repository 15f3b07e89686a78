"""A parent's yes does not outlive the right to say it: a child comes of age, a carer stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from authz import clock as server_clock
from authz.cli import working
from authz.identity import delegation
from authz.identity.models import Delegation
from authz.notifications import worker
from authz.pairing import pairings
from tests.actors import Partner, Person
from tests.clock import Clock
from tests.standing import unit_in

ZOE_IS_EIGHTEEN = datetime(2035, 9, 2, 12, 0, tzinfo=UTC)


def works(person: Person) -> None:
    """Let the worker do its dated jobs that concern links."""
    worker.run(person.app, once=True, jobs=[job for job in working.JOBS if job.name in ("hold", "remind")])


def state(person: Person, profile_id: str) -> str:
    """Return the state of the space's one link, as kept."""
    with unit_in(person.app):
        (pairing,) = pairings.list_of_profile(profile_id)
        return pairing.state


@pytest.fixture
def zoe(paul: Person, glucoapp: Partner, clock: Clock) -> tuple[str, dict[str, str]]:
    """Give the space of Zoé, seventeen, which Paul links; and the app's tokens."""
    clock.move_to(ZOE_IS_EIGHTEEN - timedelta(days=20))
    profile_id = paul.profile_id("Zoé")
    return profile_id, paul.pairs(glucoapp, consents=["measures.read"], profile=profile_id)


def test_link_is_held_from_the_childs_majority(
    paul: Person, glucoapp: Partner, zoe: tuple[str, dict[str, str]], clock: Clock
) -> None:
    profile_id, tokens = zoe
    works(paul)
    assert state(paul, profile_id) == "active"
    clock.move_to(ZOE_IS_EIGHTEEN)
    works(paul)
    assert state(paul, profile_id) == "paused"
    fresh = glucoapp.refresh(tokens["refresh_token"]).json
    assert glucoapp.call("GET", "/fhir/Observation", fresh["access_token"]).status_code == 403
    works(paul)
    assert state(paul, profile_id) == "paused"


def test_young_adult_resumes_the_link_and_stands_for_it(
    paul: Person, mallory: Person, zoe: tuple[str, dict[str, str]], clock: Clock
) -> None:
    """Here Mallory's account stands in for Zoé's own."""
    profile_id, _tokens = zoe
    clock.move_to(ZOE_IS_EIGHTEEN)
    with unit_in(paul.app):
        delegation.add(mallory.account_id, profile_id, kind="carer", relation="self", now=server_clock.now())
    works(paul)
    assert any("suspendu" in message["subject"] for message in mallory.mailbox.messages(mallory.email))
    page = mallory.submit(mallory.signs_in(), "profiles", profile=profile_id)
    assert "la personne qui l’a créé ne peut plus agir" in mallory.get("/home/activity").text
    with unit_in(paul.app):
        pairing_id = pairings.list_of_profile(profile_id)[0].id
    page = mallory.get(f"/home/services/{pairing_id}")
    assert "ne peut plus agir pour ce dossier" in page.text
    assert "En pause" in page.text
    mallory.submit(page, "resume")
    works(paul)
    assert state(paul, profile_id) == "active"


def test_held_link_is_not_freed_by_ending_it_and_taking_that_back(
    paul: Person, zoe: tuple[str, dict[str, str]], clock: Clock
) -> None:
    profile_id, _tokens = zoe
    clock.move_to(ZOE_IS_EIGHTEEN)
    works(paul)
    with unit_in(paul.app):
        pairings.end(pairings.list_of_profile(profile_id)[0], by=paul.account_id)
    with unit_in(paul.app):
        pairings.undo_end(pairings.list_of_profile(profile_id)[0], by=paul.account_id)
    assert state(paul, profile_id) == "suspended"


def test_link_of_a_delegation_that_was_ended_is_held(paul: Person, zoe: tuple[str, dict[str, str]]) -> None:
    profile_id, _tokens = zoe
    with unit_in(paul.app) as session:
        ended = server_clock.now() - timedelta(seconds=1)
        session.execute(update(Delegation).where(Delegation.profile_id == profile_id).values(until_at=ended))
    works(paul)
    assert state(paul, profile_id) == "paused"


def test_link_of_ones_own_space_is_left_alone(alice: Person, glucoapp: Partner) -> None:
    alice.pairs(glucoapp)
    works(alice)
    assert state(alice, alice.profile_id()) == "active"
