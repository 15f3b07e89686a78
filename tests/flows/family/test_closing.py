"""A space that closes takes its invitations and its birthdays with it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from authz import clock as now
from authz.identity import closures, delegation
from authz.identity.models import AgeStep, Invitation
from authz.pairing import closing, erasing
from connectors.proofs.waiting import ProofRow
from tests.actors import Person
from tests.clock import Clock
from tests.flows.family.conftest import Inviting, answers, opens
from tests.flows.family.test_proofs import proofs, works
from tests.standing import unit_in


def closes(person: Person) -> None:
    """Close somebody's account as the operator does."""
    with unit_in(person.app):
        closing.close(person.account_id, by="olga", erase=True)


def states(person: Person) -> list[str]:
    """List what became of all invitations."""
    with unit_in(person.app) as session:
        return list(session.scalars(select(Invitation.state).order_by(Invitation.id)))


def test_guest_of_a_closed_space_finds_no_door(alice: Person, mallory: Person) -> None:
    alice.signs_in()
    mallory.signs_in()
    code = Inviting(alice).sends(mallory)
    closes(alice)
    assert states(alice) == ["withdrawn"]
    assert "Ce code ne vous ouvre rien" in answers(mallory, code).text
    with mallory.app.app_context():
        assert not delegation.may_act(mallory.account_id, alice.profile_id(), now.now())


def test_invitations_that_a_parent_sent_for_a_child_go_too(paul: Person, nadia: Person, mallory: Person) -> None:
    for person in (paul, nadia, mallory):
        person.signs_in()
    opens(paul, "Zoé")
    answers(nadia, Inviting(paul).sends(nadia, "legal_representative"))
    code = Inviting(paul).sends(mallory)
    opens(nadia, "Zoé")
    closes(paul)
    assert states(nadia) == ["accepted", "withdrawn"]
    assert "Ce code ne vous ouvre rien" in answers(mallory, code).text
    works(nadia.app)
    assert [one.title.count("n’agit plus") for one in proofs(nadia, nadia.profile_id("Zoé"))] == [0, 1]


def test_answer_that_crossed_the_closure_is_ended(alice: Person, carer: Person) -> None:
    """It was on its way when the space closed; the worker ends it."""
    closes(alice)
    with unit_in(alice.app):
        delegation.add(
            carer.account_id, alice.profile_id(), kind=delegation.CARER, relation="relative", now=now.now()
        )  # fmt: skip
    with unit_in(alice.app):
        closing.end_late()
    with carer.app.app_context():
        assert not delegation.may_act(carer.account_id, alice.profile_id(), now.now())


def test_erasure_leaves_no_invitation_birthday_or_proof(alice: Person, mallory: Person, clock: Clock) -> None:
    alice.signs_in()
    mallory.signs_in()
    answers(mallory, Inviting(alice).sends(mallory))
    Inviting(alice).sends("someone@example.org")
    hers = alice.profile_id()
    with unit_in(alice.app) as session:
        session.add(AgeStep(profile_id=hers, step="adolescence"))
    works(alice.app)
    assert len(proofs(mallory, hers)) == 1
    closes(alice)  # the proof of the carer's end is not made yet
    with alice.app.app_context():
        row = closures.find(alice.account_id)
        assert row
        clock.move_to(row.due_at + timedelta(days=2))
        erasing.work()
        clock.advance(days=2)
        erasing.work()
    with unit_in(alice.app) as session:
        left = [session.scalars(select(row.profile_id).where(row.profile_id == hers)).all()
                for row in (Invitation, AgeStep, ProofRow)]  # fmt: skip
        assert left == [[], [], []]
    assert proofs(mallory, hers) == []
